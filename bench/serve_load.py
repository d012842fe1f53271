"""A server under load: 8 uploading clients and 32 readers for two minutes, then its cpu beside a server that appends.

python bench/serve_load.py [--seconds 120] [--peer-seconds 20] [--load-only] [--program FILE]

Prints what was uploaded and read, errors, what was lost, latencies of reads, cpu seconds a megabyte of bodies, and the
memory that eight bodies of 128 MiB at once take. The
uploads are conversations of 12 turns in the contract's form, which repeats the history in every step; each body is new.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing as mp
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".venv" / "bin" / "trajectory"
UPLOADERS, READERS, READER_PROCESSES = 8, 32, 4
TRAJECTORIES = 8  # a body
LARGE = 128 << 20
NAME = "@@@@@@@@@@@@@@@@"  # where the name of a body stands in a prepared one
HEADERS = {"X-API-Key": "bench", "Content-Type": "application/json"}


def sentence(rng: random.Random, words: list[str], size: int) -> str:
    return " ".join(words[min(int(rng.paretovariate(0.9)), len(words)) - 1] for _ in range(size))


def prepared_body(seed: int, count: int = TRAJECTORIES) -> list[bytes]:
    """A body in pieces: between two of them stands its name."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 11))) for _ in range(6000)]
    trajectories = []
    for place in range(count):
        messages: list[Any] = [{"role": "system", "content": sentence(rng, words, 120)}]
        steps = []
        for turn in range(12):
            call = {"name": f"tool{turn % 4}", "arguments": {"query": sentence(rng, words, 12)}, "id": f"call{turn}"}
            messages.append({"role": "user", "content": f"{NAME} {sentence(rng, words, 60)}"})
            messages.append({"role": "assistant", "tool_calls": [call], "metadata": {"model": f"model{turn % 3}"}})
            result = {"id": call["id"], "name": call["name"], "arguments": {}, "response": sentence(rng, words, 150)}
            messages.append({"role": "tool", "tool_response": result})
            messages.append({"role": "assistant", "content": sentence(rng, words, 100), "metadata": {"model": "m"}})
            steps += [{"messages": messages[:-1]}, {"messages": list(messages)}]
        task = {
            "id": NAME,
            "data_source": "bench",
            "conversation_id": f"{NAME}-{place}",
            "total_tokens": rng.randint(1, 9000),
        }
        reward = {"aggregated_value": rng.random(), "aggregation_method": "mean", "components": []}
        trajectories.append({"task": task, "steps": steps, "reward": reward})
    return json.dumps({"dataset": "load", "trajectories": trajectories}).encode().split(NAME.encode())


def connect(url: str) -> http.client.HTTPConnection:
    host, port = url.removeprefix("http://").split(":")
    return http.client.HTTPConnection(host, int(port), timeout=120)


def upload(number: int, url: str, seconds: float, peer: bool, out: Any) -> None:
    """Uploads bodies until the time is over: megabytes, acknowledged conversations, errors."""
    pieces = prepared_body(number)
    connection = connect(url)
    done, errors, sent, count = [], 0, 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        count += 1
        name = f"{number:06d}-{count:09d}"
        body = name.encode().join(pieces)
        connection.request("POST", "/api/v1/trajectories/upload", body, HEADERS)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        sent += len(body)
        if answer.status != 200 or (not peer and told["uploaded"] != TRAJECTORIES):
            errors += 1
        else:
            done += [f"{name}-{place}" for place in range(TRAJECTORIES)]
    out.put((sent / 1e6, done, errors))


def read(number: int, url: str, seconds: float, out: Any) -> None:
    """Readers in turn: a page, a filter, a search, a trajectory whole, a window."""
    times: dict[str, list[float]] = {}
    errors = [0]

    def work(seed: int) -> None:
        rng = random.Random(seed)
        connection = connect(url)
        until = time.monotonic() + seconds
        one = ""
        while time.monotonic() < until:
            kind = rng.choice(("page", "filter", "search", "whole", "window"))
            path = f"/api/v1/trajectories?dataset=load&limit=50&cursor={rng.randint(1, 2000)}"
            if kind == "filter":
                path += (
                    f"&model=model{rng.randrange(3)}&tokens_min={rng.randint(1, 9000)}&reward_min={rng.random():.3f}"
                )
            elif kind == "search":
                path += f"&q={rng.randrange(8):06d}"
            elif kind in ("whole", "window") and one:
                path = f"/api/v1/trajectories/{one}" + ("/messages?limit=20&cursor=10" if kind == "window" else "")
            begun = time.perf_counter()
            connection.request("GET", path, headers={"X-API-Key": "bench"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
            times.setdefault(kind, []).append(time.perf_counter() - begun)
            errors[0] += answer.status != 200
            if told.get("trajectories"):
                one = rng.choice(told["trajectories"])["trajectory_id"]

    threads = [threading.Thread(target=work, args=(number * 1000 + n,)) for n in range(READERS // READER_PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put((times, errors[0]))


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int, field: str) -> float:
    """A field of the process's status, in MiB."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith(field))
    return int(line.split()[1]) / 1024


def peak_of(pid: int) -> float:
    return memory_of(pid, "VmHWM")


def start(command: list[str], announce: Path) -> tuple[subprocess.Popen[bytes], str]:
    process = subprocess.Popen(command)
    while not announce.exists() or not announce.read_text():
        assert process.poll() is None, "the server does not start"
        time.sleep(0.01)
    return process, json.loads(announce.read_text())["url"]


def upload_large(number: int, url: str, out: Any) -> None:
    """Uploads one body of almost 128 MiB."""
    one = len(NAME.encode().join(prepared_body(number, 4))) / 4
    body = f"large{number:011d}".encode().join(prepared_body(number, int(LARGE / one * 0.97)))
    assert 0.9 * LARGE < len(body) <= LARGE
    connection = connect(url)
    connection.request("POST", "/api/v1/trajectories/upload", body, HEADERS)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    out.put((len(body) / 1e6, answer.status, told))


def run_all(targets: list[tuple[Any, tuple[Any, ...]]]) -> list[Any]:
    queue: Any = mp.Queue()
    processes = [mp.Process(target=target, args=(*arguments, queue)) for target, arguments in targets]
    for process in processes:
        process.start()
    results = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return results


def lost(url: str, names: set[str]) -> set[str]:
    """Acknowledged conversations that no page of the dataset shows."""
    connection, cursor, shown = connect(url), "", set()
    while True:
        connection.request("GET", f"/api/v1/trajectories?dataset=load&limit=1000{cursor}", headers=HEADERS)
        page = json.loads(connection.getresponse().read())
        shown |= {item["conversation_id"] for item in page["trajectories"]}
        if page["next"] is None:
            return names - shown
        cursor = f"&cursor={page['next']}"


def unfinished(url: str, dataset: str = "load") -> int:
    """How many uploads the search does not know yet."""
    connection = connect(url)
    connection.request("GET", f"/api/v1/trajectories?dataset={dataset}&limit=1&q=x", headers=HEADERS)
    return int(json.loads(connection.getresponse().read())["not_indexed"])


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[int(share * (len(times) - 1))] * 1000


def print_times(name: str, times: list[float]) -> None:
    middle, high = percentile(times, 0.5), percentile(times, 0.95)
    print(f"  {name:14} {len(times):7,} answers, median {middle:7.1f} ms, p95 {high:7.1f} ms")


def under_load(url: str, pid: int, seconds: float) -> int:
    """How much went wrong."""
    connection = connect(url)  # readers want a dataset to read
    connection.request("POST", "/api/v1/trajectories/upload", b"first".join(prepared_body(0)), HEADERS)
    assert connection.getresponse().status == 200
    results = run_all(
        [(upload, (n, url, seconds, False)) for n in range(UPLOADERS)]
        + [(read, (n, url, seconds)) for n in range(READER_PROCESSES)]
    )
    uploads = [r for r in results if len(r) == 3]
    reads = [r for r in results if len(r) == 2]
    names = {name for _, done, _ in uploads for name in done}
    errors = sum(r[2] for r in uploads) + sum(r[1] for r in reads)
    megabytes = sum(r[0] for r in uploads)
    missing = len(lost(url, names))
    print(f"uploaded {megabytes:,.0f} MB, {len(names):,} trajectories; errors {errors}; lost {missing}")
    every: list[float] = []
    for kind in sorted({kind for times, _ in reads for kind in times}):
        times = [t for r, _ in reads for t in r.get(kind, [])]
        every += times
        print_times(kind, times)
    print_times("all", every)
    print(f"  peak memory of the server {peak_of(pid):,.0f} MB", flush=True)
    return errors + missing


def large_bodies(command: list[str], folder: Path) -> None:
    announce = folder / "large.json"
    server, url = start([*command, "--data", str(folder / "large"), "--announce", str(announce)], announce)
    begun = time.monotonic()
    results = run_all([(upload_large, (n, url)) for n in range(UPLOADERS)])
    assert all(status == 200 for _, status, _ in results), results
    megabytes = sum(size for size, _, _ in results)
    print(
        f"8 bodies at once, {megabytes:,.0f} MB in {time.monotonic() - begun:.0f} s: peak {peak_of(server.pid):,.0f} MB"
    )
    server.send_signal(signal.SIGTERM)
    assert server.wait() == 0


def cpu_a_megabyte(url: str, pid: int, seconds: float, peer: bool, first: int) -> float:
    before = cpu_of(pid)
    results = run_all([(upload, (first + n, url, seconds, peer)) for n in range(UPLOADERS)])
    answered = cpu_of(pid) - before
    assert sum(r[2] for r in results) == 0
    megabytes = sum(r[0] for r in results)
    behind = ""
    if not peer:
        while unfinished(url) > 0:
            time.sleep(0.1)
        behind = f"; with the search index behind it {1000 * (cpu_of(pid) - before) / megabytes:.2f}"
    who = "appending" if peer else "ours"
    print(f"{who:9} {megabytes:,.0f} MB: {1000 * answered / megabytes:.2f} ms of cpu a MB{behind}")
    return answered / megabytes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--peer-seconds", type=float, default=20)
    parser.add_argument("--load-only", action="store_true", help="leave out what is measured beside the load")
    parser.add_argument("--program", type=Path, default=PROGRAM)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        announce = folder / "ours.json"
        command = [str(options.program), "serve", "--port", "0", "--quiet"]
        ours, url = start([*command, "--data", str(folder / "data"), "--announce", str(announce)], announce)
        wrong = under_load(url, ours.pid, options.seconds)
        while unfinished(url) > 0:
            time.sleep(0.1)
        mine = 0.0 if options.load_only else cpu_a_megabyte(url, ours.pid, options.peer_seconds, False, 100)
        ours.send_signal(signal.SIGTERM)
        assert ours.wait() == 0 and wrong == 0
        if options.load_only:
            return 0
        announce = folder / "peer.json"
        here = str(Path(__file__).with_name("serve_peer.py"))
        peer, url = start([sys.executable, here, str(folder / "bodies"), str(announce)], announce)
        theirs = cpu_a_megabyte(url, peer.pid, options.peer_seconds, True, 200)
        peer.kill()
        large_bodies(command, folder)
        print(f"ratio {mine / theirs:.2f} (goal: at most 4)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
