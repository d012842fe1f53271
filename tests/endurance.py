"""Imports that are killed, and imports under load: a few rounds in the tests, many by hand.

python tests/endurance.py kill 200
python tests/endurance.py load 50
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conftest import ROOT, TRUTH, files_of

PROGRAM = ROOT / ".venv" / "bin" / "trajectory"
EXPORT = TRUTH / "export.parquet"
FORMATS = ("--format", "parquet,jsonl,json")


def start(source: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [PROGRAM, "import", source, "--out", out, *FORMATS, "--quiet", *options]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if ".trajectory-" in path.name]


def kill_imports(folder: Path, rounds: int, seed: int = 1) -> dict[str, int]:
    """Kills imports at random moments. What stands under the output's name is whole after each, or not there; nothing
    else is left once an import has come to its end. Returns how often what was met."""
    rng = random.Random(seed)
    out = folder / "out"
    began = time.monotonic()
    assert start(EXPORT, out).wait() == 0
    length = time.monotonic() - began
    whole = files_of(out)
    met = {"killed": 0, "finished": 0, "left_something": 0, "whole_afterwards": 0}
    for number in range(rounds):
        if number % 2 == 0 and out.exists():
            out.rename(folder / "old")
            subprocess.run(["rm", "-r", str(folder / "old")], check=True)
        had_one = out.exists()
        process = start(EXPORT, out, "--force")
        time.sleep(rng.uniform(0, 1.1 * length))
        process.send_signal(signal.SIGKILL)
        met["killed" if process.wait() == -signal.SIGKILL else "finished"] += 1
        met["left_something"] += len(leftovers(folder)) > 0
        if out.exists():
            met["whole_afterwards"] += 1
            assert files_of(out) == whole, f"round {number}: a folder that looks complete and is not"
        else:
            assert not had_one, f"round {number}: the earlier output is gone"
    assert start(EXPORT, out, "--force").wait() == 0
    assert files_of(out) == whole
    assert [path.name for path in folder.iterdir()] == ["out"], "an import has left something behind"
    return met


def import_under_load(folder: Path, rounds: int, seed: int = 1) -> int:
    """The same bytes with any number of threads, rows a batch and memory, while other programs want the processor."""
    rng = random.Random(seed)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        forms = set()
        for number in range(rounds):
            options = {
                "--threads": str(rng.randint(1, 9)),
                "--batch-rows": str(rng.choice([1, 2, 7, 64, 128, 1000])),
                "--memory": rng.choice(["1kB", "300kB", "1MB", "4MB", "1GB"]),
            }
            out = folder / f"out-{number}"
            assert start(EXPORT, out, *(word for option in options.items() for word in option)).wait() == 0
            forms.add(json.dumps({name: hash(content) for name, content in files_of(out).items()}))
            subprocess.run(["rm", "-r", str(out)], check=True)
        return len(forms)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def main() -> None:
    what, rounds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        if what == "kill":
            print(
                f"{rounds} imports: {kill_imports(Path(folder), rounds)}, no output half-written, nothing left behind"
            )
        else:
            forms = import_under_load(Path(folder), rounds)
            assert forms == 1, f"{forms} different outputs of {rounds} imports"
            print(f"{rounds} imports: the same bytes")


if __name__ == "__main__":
    main()
