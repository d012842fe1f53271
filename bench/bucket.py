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
from pathlib import Path

from commands import PROGRAM, ROOT
from make_export import source_of
from measure import Sample, run_timed

sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from bucket_servers import start_server  # noqa: E402


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


def bucket_line(export: Path, scheme: str, runs: int) -> str:
    """One line: medians of the wall times, and least, median and greatest ratio."""
    local, bucket = measure(export, scheme, runs)
    ratios = [b.wall / a.wall for a, b in zip(local, bucket, strict=True)]
    walls = [statistics.median(sample.wall for sample in samples) for samples in (local, bucket)]
    return (
        f"import from {scheme}:// on loopback: {walls[1]:.2f} s, from disk {walls[0]:.2f} s, "
        f"ratio {min(ratios):.2f}, {statistics.median(ratios):.2f}, {max(ratios):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=["small", "medium", "large"], default="medium")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scheme", choices=["gs", "s3"], default="gs")
    arguments = parser.parse_args()
    export = source_of(arguments.set)
    print(bucket_line(export, arguments.scheme, arguments.runs))


if __name__ == "__main__":
    main()
