"""Measures imports of synthetic exports beside their peers, prints the gates and writes bench/results.md.

Whole processes in turn, one round to warm up, then --rounds rounds; the ratios are of runs in the same round. Peak
memory comes from one more run of each, sampled. Sets are made when they are first asked for, and kept.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))  # compat.release makes the environment of release 0.5.3

from bucket import bucket_lines  # noqa: E402
from commands import BARE, CALL, DATASET, LIMITED, PROGRAM, PYTHON, WAYS, command_of  # noqa: E402
from gates import gate_lines, memory_line, ratios  # noqa: E402
from linear import linear_lines  # noqa: E402
from live_rate import live_lines  # noqa: E402
from make_export import SETS, figures_of, source_of  # noqa: E402
from measure import Peak, Sample, note, run_sampled, run_timed  # noqa: E402

RESULTS = ROOT / "bench" / "results.md"
OUT = ROOT / "build" / "bench-out"
START_ROUNDS = 20
START_GATE = 0.030

Samples = dict[str, list[Sample]]
BESIDE: dict[str, Callable[[int], list[str]]] = {
    "bucket": lambda rounds: bucket_lines(source_of("medium"), rounds),
    "live": lambda _: live_lines(),
    "linear": linear_lines,
}
"""What is measured beside the sets, by the number of rounds."""


def in_fresh_folder(way: str, source: Path, run: Callable[[Sequence[str]], object]) -> object:
    """Runs a way into a folder that is not there, after earlier writes have reached the disk.

    Gigabytes that it wrote would fill the page cache and slow what comes next: only what is compared later stays.
    """
    out = OUT / re.sub(r"\W+", "-", way)
    shutil.rmtree(out, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    os.sync()
    measured = run(command_of(way, source, out))
    if way not in (DATASET, LIMITED):
        shutil.rmtree(out, ignore_errors=True)
    return measured


def measure_times(ways: Sequence[str], source: Path, rounds: int, warm: bool) -> Samples:
    samples: Samples = {way: [] for way in ways}
    for turn in range(-1 if warm else 0, rounds):
        for way in ways:
            sample = in_fresh_folder(way, source, run_timed)
            assert isinstance(sample, Sample)
            note(
                f"{'warm-up' if turn < 0 else f'round {turn + 1}'}: {way}: {sample.wall:.2f} s, {sample.cpu:.2f} cpu s"
            )
            if turn >= 0:
                samples[way].append(sample)
    if PYTHON in samples:
        samples[CALL] = [Sample(float(sample.printed), sample.cpu, "") for sample in samples[PYTHON]]
    return samples


def table(name: str, samples: Samples, peaks: dict[str, Peak]) -> list[str]:
    figures = figures_of(name)
    rows, text = figures["rows"], figures["text_bytes"] / 1e6
    lines = [
        "| | wall s | cpu s | rows/s | MB/s | peak MB | with mapped files | over bare read: min, median, max |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for way, taken in samples.items():
        wall = statistics.median(sample.wall for sample in taken)
        cpu = statistics.median(sample.cpu for sample in taken)
        spread = sorted(ratios(taken, samples[BARE], "wall")) if BARE in samples else []
        shown = f"{spread[0]:.2f}, {statistics.median(spread):.2f}, {spread[-1]:.2f}" if spread else ""
        peak = peaks.get(way)
        memory = f"{peak.own:,.0f} | {peak.total:,.0f}" if peak else " | "
        cells = f"{wall:.2f} | {'' if way == CALL else f'{cpu:.2f}'} | {rows / wall:,.0f} | {text / wall:,.0f}"
        lines.append(f"| {way} | {cells} | {memory} | {shown} |")
    return lines


def same_records() -> str:
    """Compares the files that the run with a memory limit wrote with those of the run without."""
    plain, limited = (OUT / re.sub(r"\W+", "-", way) for way in (DATASET, LIMITED))
    names = [sorted(path.name for path in folder.glob("*.parquet")) for folder in (plain, limited)]
    different = names[0] != names[1] or filecmp.cmpfiles(plain, limited, names[0], shallow=False)[1:] != ([], [])
    return f"- Files of the dataset with the memory limit and without: {'**different**' if different else 'the same'}"


def start_lines() -> list[str]:
    """How long the program takes to start, and the package to load."""
    commands = {
        "program": [PROGRAM, "--version"],
        "pyarrow": [sys.executable, "-c", "import pyarrow"],
        "package": [sys.executable, "-c", "import trajectory_sdk"],
    }
    samples: Samples = {name: [] for name in commands}
    for _ in range(START_ROUNDS):
        for name, command in commands.items():
            samples[name].append(run_timed(command))
    wall, cpu = (
        {name: statistics.median(getattr(sample, field) for sample in taken) for name, taken in samples.items()}
        for field in ("wall", "cpu")
    )
    least = min(sample.wall for sample in samples["program"])
    kept = "kept" if wall["program"] < START_GATE else "**missed**"
    return [
        "",
        f"- `trajectory --version`: {wall['program'] * 1000:.1f} ms median, {least * 1000:.1f} ms least, "
        f"{cpu['program'] * 1000:.1f} ms cpu; under {START_GATE * 1000:.0f} ms: {kept}",
        f"- `import trajectory_sdk` beyond `import pyarrow` ({wall['pyarrow'] * 1000:.0f} ms): "
        f"{(wall['package'] - wall['pyarrow']) * 1000:.0f} ms, {(cpu['package'] - cpu['pyarrow']) * 1000:.0f} ms cpu",
    ]


def measure_set(name: str, rounds: int, only: Sequence[str]) -> list[str]:
    source = source_of(name)
    figures = figures_of(name)
    ways = [way for way in WAYS[name] if not only or any(word in way for word in only)]
    files = [source] if source.is_file() else list(source.rglob("*.parquet"))
    parquet = sum(file.stat().st_size for file in files)
    once = name == "huge"
    samples = measure_times(ways, source, 1 if once else rounds, warm=not once)
    same = [same_records()] if {DATASET, LIMITED} <= samples.keys() else []
    peaks = {}
    for way in ways:
        note(f"memory: {way}")
        peak = in_fresh_folder(way, source, run_sampled)
        assert isinstance(peak, Peak)
        peaks[way] = peak
    shutil.rmtree(OUT, ignore_errors=True)
    limited = [memory_line(peaks[LIMITED])] if LIMITED in peaks else []
    return [
        "",
        f"{figures['rows']:,} rows, {figures['conversations']:,} conversations, {figures['text_bytes'] / 1e6:,.0f} MB "
        f"of JSON text in {parquet / 1e6:,.1f} MB of Parquet, {len(files)} file{'s' if len(files) > 1 else ''}. "
        f"{1 if once else rounds} rounds, medians.",
        "",
        *table(name, samples, peaks),
        "",
        *gate_lines(name, samples),
        "",
        *limited,
        *same,
    ]


def machine() -> str:
    """Where and when the figures of a section were taken."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=ROOT)
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, commit {commit.stdout.strip()}, "
        f"{len(os.sched_getaffinity(0))} cores{' of ' + model[1] if model else ''}, "
        f"load before the run {os.getloadavg()[0]:.1f}"
    )


def write_results(sections: dict[str, list[str]]) -> None:
    """Replaces the sections that were measured, keeps the others."""
    old = RESULTS.read_text(encoding="utf-8").split("\n## ")[1:] if RESULTS.exists() else []
    kept = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in old}
    kept |= {name: re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() for name, lines in sections.items()}
    text = (
        "# Benchmark\n\nWritten by `make bench` (`bench/run.py`), a section a set; the ways are in "
        "`bench/commands.py`, the gates in `bench/gates.py`.\n"
    )
    text += "".join(f"\n## {name}\n\n{kept[name]}\n" for name in ["start", *SETS, *BESIDE] if name in kept)
    RESULTS.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sets", default="small,medium,mixed,bucket,live", help=f"a comma list of {', '.join([*SETS, *BESIDE])}"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the ways whose names hold one of these words, a comma list")
    parser.add_argument("--keep", action="store_true", help="print, and leave bench/results.md as it is")
    arguments = parser.parse_args()
    names = arguments.sets.split(",")
    if unknown := set(names) - SETS.keys() - BESIDE.keys():
        parser.error(f"no such set: {', '.join(unknown)}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -10)  # other work on the machine disturbs less
    sections = {"start": [machine(), *start_lines()]}
    only = list(filter(None, arguments.only.split(",")))
    for name in names:
        about = machine()
        note(f"measuring {name}")
        if name in BESIDE:
            sections[name] = [about, "", *BESIDE[name](arguments.rounds)]
        else:
            sections[name] = [about, *measure_set(name, arguments.rounds, only)]
    for name, lines in sections.items():
        print(f"## {name}\n\n" + "\n".join(lines) + "\n")
    if not arguments.keep:
        write_results(sections)


if __name__ == "__main__":
    main()
