"""A catalog of one million trajectories of about 1 KB: how long a page, a filter and a search take.

python bench/serve_catalog.py [--count 1000000] [--rounds 300]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from serve_load import HEADERS, PROGRAM, connect, peak_of, percentile, print_times, start, unfinished

GOAL = 200  # milliseconds
FIRST_DAY = 1_764_000_000


def trajectory(rng: random.Random, number: int, words: list[str]) -> dict[str, object]:
    def text(size: int) -> str:
        return " ".join(words[min(int(rng.paretovariate(0.8)), len(words)) - 1] for _ in range(size))

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
    rng, connection, begun = random.Random(1), connect(url), time.monotonic()
    for first in range(0, count, 1000):
        many = [trajectory(rng, n, words) for n in range(first, min(first + 1000, count))]
        body = json.dumps({"dataset": "million", "trajectories": many}).encode()
        connection.request("POST", "/api/v1/trajectories/upload", body, HEADERS)
        told = json.loads(connection.getresponse().read())
        assert told["uploaded"] == len(many), told
    print(f"uploaded {count:,} in {time.monotonic() - begun:.0f} s", flush=True)


def questions(rng: random.Random, words: list[str]) -> dict[str, dict[str, object]]:
    """One question of each kind, another each time."""
    common, rare = words[rng.randrange(30)], words[rng.randrange(1000, len(words))]
    low = rng.random()
    return {
        "first page": {},
        "any page": {"cursor": rng.randrange(1, 1_000_000)},
        "model": {"model": f"m{rng.randrange(20)}"},
        "source, tool": {"source": f"source{rng.randrange(5)}", "tool": f"tool{rng.randrange(50)}"},
        "error": {"error": "true"},
        "reward range": {"reward_min": low, "reward_max": low + 0.001},
        "tokens, rare": {"tokens_min": rng.randrange(30_000, 60_000)},
        "nothing": {"tokens_min": 10_000_000},
        "time": {"since": "2025-11-25T00:00:00Z", "until": "2025-11-25T01:00:00Z"},
        "common word": {"q": common},
        "rare word": {"q": rare},
        "two words": {"q": f"{common} {rare}"},
        "word, filter": {"q": common, "model": f"m{rng.randrange(20)}", "error": "true"},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 10))) for _ in range(20_000)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        announce = folder / "announce.json"
        command = [str(PROGRAM), "serve", "--data", str(folder / "data"), "--port", "0", "--announce", str(announce)]
        server, url = start([*command, "--quiet"], announce)
        fill(url, options.count, words)
        begun = time.monotonic()
        while unfinished(url, "million") > 0:
            time.sleep(0.5)
        print(f"search index ready {time.monotonic() - begun:.0f} s later", flush=True)
        connection, times = connect(url), dict[str, list[float]]()
        for _ in range(options.rounds):
            for kind, parameters in questions(rng, words).items():
                path = "/api/v1/trajectories?" + urlencode({"dataset": "million", "limit": 50, **parameters})
                start_time = time.perf_counter()
                connection.request("GET", path, headers=HEADERS)
                answer = connection.getresponse()
                body = answer.read()
                times.setdefault(kind, []).append(time.perf_counter() - start_time)
                assert answer.status == 200, body
        for kind, all_times in times.items():
            print_times(kind, all_times)
        every = [t for all_times in times.values() for t in all_times]
        size = sum(f.stat().st_size for f in (folder / "data").rglob("*") if f.is_file()) / 1e6
        print(
            f"p95 of all {percentile(every, 0.95):.1f} ms (goal: below {GOAL}); {size:,.0f} MB on disk, "
            f"peak memory {peak_of(server.pid):,.0f} MB"
        )
        server.terminate()
        assert server.wait() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
