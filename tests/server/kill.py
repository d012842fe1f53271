"""Servers that are killed while clients upload: a few rounds in the tests, many by hand.

python tests/server/kill.py 100
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from trajectory_sdk import _core

PROGRAM = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "trajectory"
UPLOADERS = 4


@dataclass
class Client:
    """One uploader: what was acknowledged, and what may be there without its answer."""

    number: int
    acknowledged: dict[str, str] = field(default_factory=dict)  # conversation to upload hash
    unanswered: dict[str, set[str]] = field(default_factory=dict)  # whatever was sent since: any may be there
    count: int = 0

    def body(self, rng: random.Random) -> tuple[bytes, dict[str, str]]:
        trajectories, hashes = [], {}
        for _ in range(rng.choice((1, 5, 40))):
            self.count += 1
            known = list(self.acknowledged)
            name = rng.choice(known) if known and rng.random() < 0.3 else f"{self.number}-{self.count}"
            size = rng.choice((10, 300, 40_000))  # the largest does not fit into a row
            text = " ".join(str(rng.getrandbits(40)) for _ in range(max(1, size // 12)))
            message = {"role": "user", "content": f"{self.count} {text}"}
            tree = {"task": {"conversation_id": name}, "steps": [{"messages": [message]}]}
            trajectories.append(tree)
            hashes[name] = _core.upload_hash(json.dumps(tree).encode())
        return json.dumps({"dataset": "d", "trajectories": trajectories}).encode(), hashes

    def upload(self, url: str, seed: int, stop: threading.Event) -> None:
        rng = random.Random(seed)
        headers = {"X-API-Key": "k", "Content-Type": "application/json"}
        with requests.Session() as session:
            while not stop.is_set():
                body, hashes = self.body(rng)
                for name, upload_hash in hashes.items():
                    self.unanswered.setdefault(name, set()).add(upload_hash)
                try:
                    answer = session.post(url + "/api/v1/trajectories/upload", data=body, headers=headers, timeout=30)
                except requests.RequestException:
                    return
                assert answer.status_code == 200, answer.text
                self.acknowledged.update(hashes)
                for name in hashes:
                    del self.unanswered[name]


def serve(data: Path, announce: Path) -> tuple[subprocess.Popen[bytes], str]:
    announce.unlink(missing_ok=True)
    command = [str(PROGRAM), "serve", "--data", str(data), "--port", "0", "--announce", str(announce), "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not announce.exists():
        assert process.poll() is None, "the server does not start again"
        time.sleep(0.005)
    return process, json.loads(announce.read_text())["url"]


def known(url: str, hashes: list[tuple[str, str]]) -> set[str]:
    """Conversations of which one of these contents is the latest version."""
    found = set()
    for at in range(0, len(hashes), 10_000):
        asked = [{"conversation_id": n, "upload_hash": h} for n, h in hashes[at : at + 10_000]]
        body: Any = {"dataset": "d", "trajectories": asked}
        answer = requests.post(url + "/api/v1/trajectories/known", json=body, headers={"X-API-Key": "k"}, timeout=60)
        found |= {asked[item["request_index"]]["conversation_id"] for item in answer.json()["known"]}
    return found


def kill_servers(folder: Path, rounds: int, seed: int = 1) -> dict[str, int]:
    """Kills a server at random moments of uploads, on one folder. After each kill every acknowledged trajectory is the
    latest of its conversation, unless an upload without an answer came later, and the examination finds no fault."""
    rng = random.Random(seed)
    data, announce = folder / "data", folder / "announce.json"
    clients = [Client(number) for number in range(UPLOADERS)]
    for _ in range(rounds):
        process, url = serve(data, announce)
        stop = threading.Event()
        threads = [threading.Thread(target=client.upload, args=(url, rng.getrandbits(32), stop)) for client in clients]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.02, 0.6))
        process.kill()
        process.wait()
        stop.set()
        for thread in threads:
            thread.join()
        checked = subprocess.run([str(PROGRAM), "check", str(data)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
    process, url = serve(data, announce)
    acknowledged: dict[str, str] = {}
    unanswered: list[tuple[str, str]] = []
    for client in clients:
        acknowledged |= client.acknowledged
        unanswered += [(name, one) for name, hashes in client.unanswered.items() for one in hashes]
    lost = set(acknowledged) - known(url, list(acknowledged.items())) - known(url, unanswered)
    assert not lost, f"{len(lost)} acknowledged trajectories are not there"
    process.terminate()
    assert process.wait() == 0
    return {"rounds": rounds, "acknowledged": len(acknowledged), "unanswered": len(unanswered), "lost": len(lost)}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        met: Any = kill_servers(Path(folder), int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
        print(met)


if __name__ == "__main__":
    main()
