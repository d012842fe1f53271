"""Measures the import of an export from a bucket server on loopback against that of the same file on disk.

Whole processes in turn, one warm-up, then the rounds; the ratio is that of each round's pair. The server runs on the
same processors as the import, which a real bucket does not.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the double's parts, and the tests' bucket servers

from bucket_servers import start_server  # noqa: E402
from commands import PROGRAM  # noqa: E402
from gates import BUCKET_GATE  # noqa: E402
from measure import Sample, run_timed  # noqa: E402

SCHEMES = ["gs", "s3"]


def measure(export: Path, scheme: str, rounds: int) -> tuple[list[Sample], list[Sample]]:
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
            pairs = [(run_timed(local), run_timed(bucket)) for _ in range(rounds + 1)][1:]
        finally:
            server.stop()
    shutil.rmtree(out, ignore_errors=True)
    return [one for one, _ in pairs], [other for _, other in pairs]


def bucket_lines(export: Path, rounds: int) -> list[str]:
    """A table with a line a kind of bucket: medians of the wall times, and least, median and greatest ratio."""
    lines = [
        f"`{export.parent.name}/{export.name}`, {rounds} rounds.",
        "",
        "| bucket on loopback | wall s | from disk, wall s | ratio: min, median, max | gate | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for scheme in SCHEMES:
        local, bucket = measure(export, scheme, rounds)
        ratios = [b.wall / a.wall for a, b in zip(local, bucket, strict=True)]
        middle = statistics.median(ratios)
        walls = [statistics.median(sample.wall for sample in samples) for samples in (bucket, local)]
        lines.append(
            f"| {scheme}:// | {walls[0]:.2f} | {walls[1]:.2f} | {min(ratios):.2f}, {middle:.2f}, {max(ratios):.2f} "
            f"| at most {BUCKET_GATE:g} | {'kept' if middle <= BUCKET_GATE else '**missed**'} |"
        )
    return lines
