"""Runs one command and measures it: seconds, or the peak memory of all its processes; says how far it has come."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02


@dataclass
class Sample:
    """One timed run: seconds, those of child processes included, and what the command printed."""

    wall: float
    cpu: float
    printed: str


@dataclass
class Peak:
    """Peak memory in MB summed over all processes, shared pages counted once."""

    own: float  # anonymous and shared memory
    total: float  # pages of mapped files too


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run_timed(command: Sequence[str]) -> Sample:
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        printed, errors = process.stdout, process.stderr
        assert printed is not None
        assert errors is not None
        text = printed.read().decode()
        trouble = errors.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    fail_on(process.returncode, command, trouble)
    return Sample(wall, usage.ru_utime + usage.ru_stime, text)


def run_sampled(command: Sequence[str]) -> Peak:
    """Slows the command down: not for times."""
    peak = Peak(0, 0)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            sums = [memory_of(pid) for pid in family_of(process.pid)]
            peak.own = max(peak.own, sum(own for own, _ in sums))
            peak.total = max(peak.total, sum(total for _, total in sums))
            time.sleep(SAMPLE_SECONDS)
        assert process.stderr is not None
        fail_on(process.returncode, command, process.stderr.read().decode(errors="replace"))
    return peak


def fail_on(status: int, command: Sequence[str], trouble: str) -> None:
    if status != 0:
        sys.exit(f"bench: {' '.join(command)[:300]} failed with {status}: {trouble[-500:]}")


def family_of(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def memory_of(pid: int) -> tuple[float, float]:
    """Its share of memory in MB: anonymous and shared, and with mapped files."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0, 0
    sizes = {name: float(rest.split()[0]) * 1024 / 1e6 for name, _, rest in (line.partition(":") for line in lines)}
    return sizes.get("Pss_Anon", 0) + sizes.get("Pss_Shmem", 0), sizes.get("Pss", 0)
