"""Measures the import of a synthetic export against pyarrow's bare read of the same columns, in one run.

Whole processes in turn, one warm-up, then RUNS rounds. Medians are printed, and of the ratio of each round's pair the
least, the median and the greatest: on a shared machine rounds differ more than commands. The export is made once and
kept in build/bench.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from make_export import SETS, make

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
PROGRAM = ROOT / ".venv" / "bin" / "trajectory"
BARE_READ = "import sys, pyarrow.parquet as pq; pq.read_table(sys.argv[1], columns=sys.argv[2].split(','))"


def engine_columns() -> list[str]:
    """The columns that the engine reads, from the list it reads them by."""
    text = (ROOT / "src" / "langsmith" / "columns.h").read_text(encoding="utf-8")
    return re.findall(r'\{"(\w+)", ColumnUse::', text)


@dataclass
class Sample:
    """One run of one command: seconds and the peak memory of its largest process in MB."""

    wall: float
    cpu: float
    memory: float


def run_once(command: Sequence[str]) -> Sample:
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} failed: {errors.decode(errors='replace')[-500:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def median(samples: list[Sample], field: str) -> float:
    return statistics.median(getattr(sample, field) for sample in samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="medium")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    export = WORK / f"{arguments.set}.parquet"
    if not export.exists():
        print(f"making {export.relative_to(ROOT)} ...", file=sys.stderr)
        megabytes, shapes = SETS[arguments.set]
        make(export, megabytes, shapes)
    file = pq.ParquetFile(export)
    metadata = file.metadata
    columns = [name for name in engine_columns() if name in file.schema_arrow.names]
    text = sum(
        metadata.row_group(g).column(c).total_uncompressed_size
        for g in range(metadata.num_row_groups)
        for c in range(metadata.num_columns)
    )

    out = WORK / "out"
    commands = {
        "pyarrow bare read": [sys.executable, "-c", BARE_READ, str(export), ",".join(columns)],
        "import to dataset": [str(PROGRAM), "import", str(export), "--out", str(out), "--force", "--quiet"],
        "import to jsonl": [
            str(PROGRAM),
            "import",
            str(export),
            "--out",
            str(out),
            "--force",
            "--quiet",
            "--format",
            "jsonl",
        ],
    }
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(arguments.runs + 1):
        for name, command in commands.items():
            sample = run_once(command)
            if turn > 0:
                samples[name].append(sample)
    shutil.rmtree(out, ignore_errors=True)

    lines = [
        f"set {arguments.set}: {metadata.num_rows} rows, {text / 1e6:.0f} MB of column data in "
        f"{export.stat().st_size / 1e6:.1f} MB of Parquet, {len(columns)} columns read, {arguments.runs} runs, medians",
        "",
        "| | wall s | cpu s | rows/s | MB/s | peak MB | wall, times the bare read of the round: min, median, max |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    bare = samples["pyarrow bare read"]
    for name, taken in samples.items():
        wall = median(taken, "wall")
        ratios = [a.wall / b.wall for a, b in zip(taken, bare, strict=True)]
        spread = f"{min(ratios):.2f}, {statistics.median(ratios):.2f}, {max(ratios):.2f}"
        lines.append(
            f"| {name} | {wall:.2f} | {median(taken, 'cpu'):.2f} | {metadata.num_rows / wall:,.0f} "
            f"| {text / 1e6 / wall:,.0f} | {median(taken, 'memory'):,.0f} | {spread} |"
        )
    page = "\n".join(lines) + "\n"
    print(page)
    (ROOT / "bench" / "results.md").write_text(
        "# Benchmark\n\nPrinted by `make bench` (`bench/run.py`). The peer is pyarrow reading the same columns with "
        "all cores, in the same run.\n\n" + page,
        encoding="utf-8",
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
