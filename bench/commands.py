"""What is measured: one command line a way."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
from compat.release import release_python

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
PROGRAM = str(ROOT / ".venv" / "bin" / "trajectory")
BARE_READ = (
    "import sys, pyarrow.parquet as pq; pq.read_table(sys.argv[1], columns=sys.argv[2].split(','), partitioning=None)"
)
LIMIT = "512MiB"

DATASET = "ours, dataset"
LIMITED = f"ours, dataset, --memory {LIMIT}"
JSON = "ours, contract JSON"
PYTHON = "ours, Python, whole process"
CALL = "ours, Python, the call alone"
BARE = "pyarrow, bare read"
RIVAL_DELTA = "rival, delta form"
RIVAL_JSON = "rival, contract JSON"
TUNED_DELTA = "rival tuned to the sets, delta form"
TUNED_JSON = "rival tuned to the sets, contract JSON"
RELEASE = "release 0.5.3, import and save"

GIGABYTE = [BARE, DATASET, JSON, PYTHON, RIVAL_DELTA, RIVAL_JSON, TUNED_DELTA, TUNED_JSON]
WAYS = {
    "small": [BARE, DATASET, JSON, PYTHON, RIVAL_DELTA, RIVAL_JSON, RELEASE],
    "medium": GIGABYTE,
    "mixed": GIGABYTE,
    "third": [BARE, DATASET],
    "large": [BARE, DATASET, LIMITED, RIVAL_DELTA],
    "huge": [DATASET, LIMITED],
}


def command_of(way: str, source: Path, out: Path) -> list[str]:
    """The command line of a way; it writes into the folder `out`, which does not exist yet."""
    ours = [PROGRAM, "import", str(source), "--out", str(out), "--quiet"]
    rival = [sys.executable, str(BENCH / "rival.py")]
    commands = {
        BARE: [sys.executable, "-c", BARE_READ, str(source), ",".join(columns_of(source))],
        DATASET: ours,
        LIMITED: [*ours, "--memory", LIMIT],
        JSON: [*ours, "--format", "json"],
        PYTHON: [sys.executable, str(BENCH / "python_import.py"), str(source), str(out)],
        RIVAL_DELTA: [*rival, "delta", str(source), str(out)],
        RIVAL_JSON: [*rival, "json", str(source), str(out)],
        TUNED_DELTA: [*rival, "delta", str(source), str(out), "--tuned"],
        TUNED_JSON: [*rival, "json", str(source), str(out), "--tuned"],
    }
    if way == RELEASE:
        os.environ.setdefault("LANGSMITH_API_KEY", "none")  # 0.5.3 asks for one, to read a local file too
        return [str(release_python()), str(BENCH / "release_import.py"), str(source), str(out)]
    return commands[way]


def columns_of(source: Path) -> list[str]:
    """The columns of an export that the engine reads, from the list it reads them by."""
    text = (ROOT / "src" / "langsmith" / "columns.h").read_text(encoding="utf-8")
    file = source if source.is_file() else next(source.rglob("*.parquet"))
    names = pq.read_schema(file).names
    return [name for name in re.findall(r'\{"(\w+)", ColumnUse::', text) if name in names]
