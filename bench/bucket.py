"""Measures the import of an export from a bucket server on loopback against that of the same file on disk.

Whole processes in turn, one warm-up, then RUNS rounds; the ratio is that of each round's pair. The server runs on the
same processors as the import, which a real bucket does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the double's parts, and the tests' bucket servers

from bucket_servers import start_server  # noqa: E402
from commands import PROGRAM  # noqa: E402
from gates import BUCKET_GATE  # noqa: E402
from make_export import source_of  # noqa: E402
from measure import Sample, run_timed  # noqa: E402

SCHEMES = ["gs", "s3"]


def measure(export: Path, scheme: str, runs: int) -> tuple[list[Sample], list[Sample]]:
    """Samples of imports from disk and from the bucket, round by round."""
    out = ROOT / "build" / "bench-out"
    arguments = ["--out", str(out), "--force", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(scheme, Path(folder))
        try:
            os.environ.update(server.variables)
            server.put(export.name, export.read_bytes())
            local = [PROGRAM, "import", str(export), *arguments]
            bucket = [PROGRAM, "import", server.uri(export.name), *arguments, *server.flags()]
            rounds = [(run_timed(local), run_timed(bucket)) for _ in range(runs + 1)][1:]
        finally:
            server.stop()
    shutil.rmtree(out, ignore_errors=True)
    return [one for one, _ in rounds], [other for _, other in rounds]


def bucket_lines(export: Path, schemes: Sequence[str], runs: int) -> list[str]:
    """A table with a line a kind of bucket: medians of the wall times, and least, median and greatest ratio."""
    lines = [
        f"`{export.parent.name}/{export.name}`, {runs} rounds.",
        "",
        "| bucket on loopback | wall s | from disk, wall s | ratio: min, median, max | gate | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for scheme in schemes:
        local, bucket = measure(export, scheme, runs)
        ratios = [b.wall / a.wall for a, b in zip(local, bucket, strict=True)]
        middle = statistics.median(ratios)
        walls = [statistics.median(sample.wall for sample in samples) for samples in (bucket, local)]
        lines.append(
            f"| {scheme}:// | {walls[0]:.2f} | {walls[1]:.2f} | {min(ratios):.2f}, {middle:.2f}, {max(ratios):.2f} "
            f"| at most {BUCKET_GATE:g} | {'kept' if middle <= BUCKET_GATE else '**missed**'} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=["small", "medium", "large"], default="medium")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scheme", choices=SCHEMES, nargs="*", default=SCHEMES)
    arguments = parser.parse_args()
    export = source_of(arguments.set)
    print("\n".join(bucket_lines(export, arguments.scheme, arguments.runs)))


if __name__ == "__main__":
    main()
