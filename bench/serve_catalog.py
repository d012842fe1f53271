"""A catalog of one million trajectories of about 1 KB: how long a page, a filter and a search take.

python bench/serve_catalog.py [--count 1000000] [--rounds 100] [--data DIR] [--program FILE]

With --data the catalog stays in that folder; one that is there is filled up to the count and asked again.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from serve_load import HEADERS, PROGRAM, connect, memory_of, peak_of, percentile, print_times, start, unfinished

DATASET = "million"
GOAL = 200  # milliseconds
FIRST_DAY = 1_764_000_000
AT_ONCE = 1000


def trajectory(rng: random.Random, number: int, words: list[str], shares: list[float]) -> dict[str, object]:
    def text(size: int) -> str:
        return " ".join(rng.choices(words, cum_weights=shares, k=size))

    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST_DAY + number * 10))
    user = {"role": "user", "content": text(40), "metadata": {"time": day}}
    call = {"name": f"tool{rng.randrange(50)}", "arguments": {}, "id": "c"}
    answer = {
        "role": "assistant",
        "content": text(60),
        "tool_calls": [call],
        "metadata": {"model": f"m{rng.randrange(20)}"},
    }
    task = {
        "id": f"s:{number}",
        "data_source": f"source{rng.randrange(5)}",
        "conversation_id": f"{number:09d}",
        "total_tokens": int(rng.lognormvariate(7, 1)),
    }
    tree: dict[str, object] = {"task": task, "steps": [{"messages": [user]}, {"messages": [user, answer]}]}
    if rng.random() < 0.5:
        tree["reward"] = {"aggregated_value": rng.random(), "aggregation_method": "mean", "components": []}
    if rng.random() < 0.02:
        tree["error"] = "it broke"
    return tree


def fill(url: str, count: int, words: list[str]) -> None:
    """Uploads what is not there yet."""
    connection, begun = connect(url), time.monotonic()
    connection.request("GET", "/api/v1/datasets", headers=HEADERS)
    there = sum(one["conversations"] for one in json.loads(connection.getresponse().read())["datasets"])
    shares = [1 - (place + 2) ** -0.8 for place in range(len(words) - 1)] + [1.0]  # a few words stand everywhere
    made = 0.0
    for first in range(there, count, AT_ONCE):
        rng, start_time = random.Random(first), time.monotonic()
        many = [trajectory(rng, n, words, shares) for n in range(first, min(first + AT_ONCE, count))]
        body = json.dumps({"dataset": DATASET, "trajectories": many}).encode()
        made += time.monotonic() - start_time
        connection.request("POST", "/api/v1/trajectories/upload", body, HEADERS)
        told = json.loads(connection.getresponse().read())
        assert told["uploaded"] == len(many), told
        if first // AT_ONCE % 50 == 49:
            print(f"{first + AT_ONCE:,} after {time.monotonic() - begun:.0f} s", flush=True)
    print(f"uploaded {count - there:,} in {time.monotonic() - begun:.0f} s, {made:.0f} s of them to make them")


def questions(rng: random.Random, words: list[str], count: int) -> dict[str, dict[str, object]]:
    """One question of each kind, another each time."""
    common, rare = words[rng.randrange(30)], words[rng.randrange(1000, len(words))]
    low, model = rng.random(), f"m{rng.randrange(20)}"
    return {
        "first page": {},
        "any page": {"cursor": rng.randrange(1, count)},
        "model": {"model": model},
        "model, any page": {"model": model, "cursor": rng.randrange(1, count)},
        "source, tool": {"source": f"source{rng.randrange(5)}", "tool": f"tool{rng.randrange(50)}"},
        "error": {"error": "true"},
        "error, tool": {"error": "true", "tool": f"tool{rng.randrange(50)}"},
        "reward range": {"reward_min": low, "reward_max": low + 0.001},
        "tokens, rare": {"tokens_min": rng.randrange(30_000, 60_000)},
        "tokens, model": {"tokens_min": rng.randrange(10_000, 30_000), "model": model},
        "nothing": {"tokens_min": 10_000_000},
        "nothing, error": {"error": "true", "reward_min": 0.9, "tokens_max": 20},
        "time": {"since": "2025-11-25T00:00:00Z", "until": "2025-11-25T01:00:00Z"},
        "time, model": {"since": "2025-11-25T00:00:00Z", "until": "2025-11-28T00:00:00Z", "model": model},
        "a version": {"version": rng.randrange(1, count // AT_ONCE + 1)},
        "common word": {"q": common},
        "common, any page": {"q": common, "cursor": rng.randrange(1, count)},
        "rare word": {"q": rare},
        "beginning": {"q": rare[:2] + "*"},
        "two words": {"q": f"{common} {rare}"},
        "in order": {"q": f'"{words[rng.randrange(10)]} {common}"'},
        "word, model": {"q": common, "model": model},
        "word, two filters": {"q": common, "model": model, "error": "true"},
        "word, nothing": {"q": common, "tokens_min": 10_000_000},
    }


def ask(connection: HTTPConnection, path: str, method: str = "GET", **parameters: object) -> tuple[float, bytes]:
    """Seconds that an answer took, and it."""
    begun = time.perf_counter()
    connection.request(method, f"/api/v1/{path}?{urlencode(parameters)}", headers=HEADERS)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, parameters, body[:500])
    return time.perf_counter() - begun, body


def ask_pages(url: str, count: int, rounds: int, words: list[str]) -> None:
    connection, times, rng = connect(url), dict[str, list[float]](), random.Random(7)
    for _ in range(rounds):
        for kind, parameters in questions(rng, words, count).items():
            taken, _ = ask(connection, "trajectories", dataset=DATASET, limit=50, **parameters)
            times.setdefault(kind, []).append(taken)
    for kind, all_times in times.items():
        print_times(kind, all_times)
    every = [t for all_times in times.values() for t in all_times]
    print(f"p95 of all {percentile(every, 0.95):.1f} ms (goal: below {GOAL})", flush=True)


def ask_much(url: str, count: int, words: list[str]) -> None:
    """What is asked now and then: figures, differences, export, removal."""
    connection, last = connect(url), (count + AT_ONCE - 1) // AT_ONCE
    for name, path, parameters in (
        ("figures", "figures", {}),
        ("figures of a model", "figures", {"model": "m3"}),
        ("figures of a word", "figures", {"q": words[5]}),
        ("figures of errors", "figures", {"error": "true"}),
        ("diff of all", "diff", {"from": 0, "to": last, "limit": 1000}),
        ("diff of one", "diff", {"from": last - 1, "to": last, "limit": 1000}),
        ("versions", "versions", {}),
    ):
        taken, body = ask(connection, path, dataset=DATASET, **parameters)
        print(f"  {name:18} {1000 * taken:9.1f} ms, {len(body):,} bytes", flush=True)
    for form in ("jsonl", "parquet", "arrow"):
        taken, body = ask(connection, "export", dataset=DATASET, format=form, tool="tool7")
        print(f"  export {form:11} {1000 * taken:9.1f} ms, {len(body):,} bytes", flush=True)
    for number in range(3):
        taken, _ = ask(connection, "conversations", "DELETE", conversation_id=f"{number * 1000:09d}")
        print(f"  removal            {1000 * taken:9.1f} ms", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--check", action="store_true", help="examine the folder at the end")
    options = parser.parse_args()
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 10))) for _ in range(20_000)]
    with tempfile.TemporaryDirectory() as name:
        data = options.data or Path(name) / "data"
        announce = Path(name) / "announce.json"
        begun = time.monotonic()
        command = [str(options.program), "serve", "--data", str(data), "--port", "0", "--announce", str(announce)]
        server, url = start([*command, "--quiet", "--rate", "0"], announce)
        print(f"listens after {time.monotonic() - begun:.2f} s")
        try:
            fill(url, options.count, words)
            begun = time.monotonic()
            while unfinished(url, DATASET) > 0:
                time.sleep(0.5)
            print(f"search index ready {time.monotonic() - begun:.0f} s later", flush=True)
            ask_pages(url, options.count, options.rounds, words)
            ask_much(url, options.count, words)
            size = sum(f.stat().st_size for f in data.rglob("*") if f.is_file()) / 1e6
            print(
                f"{size:,.0f} MB on disk; peak memory {peak_of(server.pid):,.0f} MB with the pages of mapped files, "
                f"{memory_of(server.pid, 'RssAnon'):,.0f} MB of its own at the end",
                flush=True,
            )
        finally:
            server.terminate()
        assert server.wait() == 0
        if options.check:
            begun = time.monotonic()
            subprocess.run([str(options.program), "check", str(data)], check=True)
            print(f"examined in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
