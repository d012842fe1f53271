"""`make sandbox` as a newcomer meets it: what it prints is copied, and works; a signal ends all of it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import wait_until

ROOT = Path(__file__).resolve().parents[2]
MAKE = ["/usr/bin/make", "--no-print-directory", "sandbox"]
DIRECTLY = [sys.executable, "-m", "testbench.langsmith.sandbox", "--conversations", "3", "--pause", "0.2"]


def family(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for parent in found:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
        )
        found += [int(line) for line in listed.stdout.split()]
    return found


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@contextmanager
def sandbox(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The sandbox in a session of its own, as in a terminal, and what it printed once it was up."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C stops it" not in printed:
            line = process.stdout.readline()
            assert line, printed + (process.stderr.read() if process.stderr else "")
            printed += line
        yield process, printed
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=30)


def copied(printed: str, wanted: str | tuple[str, ...]) -> list[str]:
    """The indented lines that begin so, whole, as one would copy them."""
    lines = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    return [line for line in lines if line.startswith(wanted)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def run(lines: list[str], folder: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    script = "set -e\n" + "\n".join(lines)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_printed_lines_work_and_ctrl_c_ends_everything(folder: Path) -> None:
    with sandbox(MAKE) as (process, printed):
        exports, commands = copied(printed, "export "), copied(printed, "trajectory ")
        assert len(commands) == 4
        out = run([*exports, *commands], folder)
        program = "\n".join(copied(printed, ("import ", "tj.", "trajectories")))
        run([*exports, f".venv/bin/python -c {shlex.quote(program)}"], folder)
        assert len(list((folder / "build/sandbox/saved").glob("*.json"))) >= 12
        assert "FAILS" not in out
        assert "Where is my order 1014?" in out
        report = json.loads((folder / "build/sandbox/dataset/report.json").read_text(encoding="utf-8"))
        assert report["conversations"] >= 12
        key = next(line.partition("=")[2] for line in exports if "API_KEY" in line)
        written = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(folder / ".venv")]
        assert not [path for path in written if key.encode() in path.read_bytes()]
        processes = family(process.pid)
        assert len(processes) >= 4
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert "The sandbox has stopped." in rest
    assert "Traceback" not in errors
    assert not any(map(is_running, processes))


def test_agents_go_on_recording_and_a_termination_ends_them(folder: Path) -> None:
    with sandbox(DIRECTLY) as (process, printed):
        exports = copied(printed, "export ")
        sync = copied(printed, "trajectory sync")[0].replace(" --out", " --json --out")
        assert len(json.loads(run([*exports, sync], folder))) >= 3
        wait_until(lambda: json.loads(run([*exports, sync], folder)))
        processes = family(process.pid)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert not any(map(is_running, processes))
