"""Imports one kind of source in three sizes, 1 to 2 to 4: time and memory have to grow no faster than the source."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))  # test_large makes long conversations and large traces

from commands import PROGRAM  # noqa: E402
from conftest import write_lines  # noqa: E402
from make_export import FLAT, make  # noqa: E402
from measure import note, run_timed  # noqa: E402
from test_large import large_trace, long_conversation  # noqa: E402

STEPS = (1, 2, 4)
GATE = 1.2  # seconds and bytes an item, over those of half as many


def export(folder: Path, conversations: int) -> Path:
    make(folder, conversations, FLAT, note=lambda _: None)
    return folder / "runs.parquet"


def one_trace(folder: Path, runs: int) -> Path:
    folder.mkdir()
    return write_lines(folder / "runs.jsonl", list(large_trace(runs)))


def one_conversation(folder: Path, turns: int) -> Path:
    folder.mkdir()
    return write_lines(folder / "runs.jsonl", long_conversation(turns))


KINDS: dict[str, tuple[int, Callable[[Path, int], Path]]] = {
    "conversations of an export": (500, export),
    "runs of one trace": (25_000, one_trace),
    "turns of one conversation": (1250, one_conversation),
}


def measured(source: Path, out: Path, rounds: int) -> tuple[float, float]:
    """Median cpu seconds and median peak memory in MB."""
    seconds, peaks = [], []
    for turn in range(rounds):
        sample = run_timed([PROGRAM, "import", str(source), "--out", str(out / str(turn)), "--json"])
        seconds.append(sample.cpu)
        peaks.append(json.loads(sample.printed)["peak_memory_bytes"] / 1e6)
    return statistics.median(seconds), statistics.median(peaks)


def lines_of(kind: str, rounds: int) -> list[str]:
    base, source_of = KINDS[kind]
    lines: list[str] = []
    before: tuple[float, float] | None = None
    for step in STEPS:
        with tempfile.TemporaryDirectory() as folder:
            source = source_of(Path(folder) / "source", base * step)
            now = measured(source, Path(folder), rounds)
        growth = [a / b for a, b in zip(now, before, strict=True)] if before else []
        kept = "" if not growth else "kept" if max(growth) <= 2 * GATE else "**missed**"
        shown = [f"{ratio:.2f}" for ratio in growth] or ["", ""]
        lines.append(f"| {base * step:,} {kind} | {now[0]:.2f} | {now[1]:,.0f} | {' | '.join(shown)} | {kept} |")
        note(lines[-1])
        before = now
    return lines


def linear_lines(rounds: int) -> list[str]:
    """The section of the results."""
    lines = [
        f"Medians of {rounds} imports to a dataset. Twice as much may take {2 * GATE:g} times as long, and as much "
        "memory.",
        "",
        "| | cpu s | peak MB | cpu over half | peak over half | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind in KINDS:
        lines += lines_of(kind, rounds)
    return lines
