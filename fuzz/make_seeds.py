"""Makes the seeds of fuzz/corpus out of the golden cases: `python fuzz/make_seeds.py`, after a change of their format.

What fuzzers found beside them stays where it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"
PROGRAM = Path(sys.prefix) / "bin" / "trajectory"
MOST_BYTES = 8_000
Row = dict[str, Any]


def keep(target: str, name: str, content: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(content)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rows_of(runs: Path) -> list[Row]:
    """The runs of a golden case; none where it holds broken lines."""
    try:
        return [json.loads(line) for line in runs.read_text(encoding="utf-8").split("\n") if line]
    except ValueError:
        return []


def payload_seed(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        begins = "+" if row["id"] == row["trace_id"] and lines else ""
        name = f"{row['error']}!".replace("\n", " ") if row.get("error") else row.get("name") or ""
        lines.append(f"{begins}{row.get('run_type') or 'unknown'} {name}")
        extra = {**(row.get("extra") or {}), **(row.get("feedback_stats") or {})}
        lines += [compact(row.get("inputs")), compact(row.get("outputs")), compact(extra)]
    return "\n".join(lines)


def parquet_seed(rows: list[Row], **options: Any) -> bytes:
    names = sorted({name for row in rows for name in row})
    columns = {
        name: [
            row.get(name) if row.get(name) is None or isinstance(row[name], str) else compact(row[name]) for row in rows
        ]
        for name in names
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), sink, **options)
    return bytes(sink.getvalue())


def dataset_seeds(runs: Path, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [PROGRAM, "import", runs, "--out", f"{folder}/out", "--format", "jsonl,parquet", "--quiet"]
        subprocess.run([str(part) for part in command], check=False)
        for number, line in enumerate(Path(f"{folder}/out/jsonl/trajectories.jsonl").read_bytes().split(b"\n")):
            if number < 2 and 0 < len(line) < MOST_BYTES:
                keep("dataset", f"{name}-{number}", line)
        (row, *_) = pq.read_table(f"{folder}/out/parquet/train-00000.parquet").to_pylist()
        if len(row["details"]) < MOST_BYTES:
            keep("dataset", f"{name}-row", row_seed(row).encode())


def row_seed(row: Row) -> str:
    """The values of a dataset's row, depth first, one a line."""
    lines = ["row"]

    def add(value: object) -> None:
        if isinstance(value, list):
            lines.append(str(len(value)))
            for item in value:
                add(item)
        elif isinstance(value, dict):
            for item in value.values():
                add(item)
        else:
            lines.append("~" if value is None else str(value).replace("\n", " "))

    for value in row.values():
        add(value)
    return "\n".join(lines)


def main() -> None:
    for runs in sorted((ROOT / "tests/golden").glob("*/*/runs.jsonl")):
        name = f"{runs.parent.parent.name}-{runs.parent.name}"
        rows = rows_of(runs)
        if 0 < len(seed := payload_seed(rows[:24]).encode()) < MOST_BYTES:
            keep("payload", name, seed)
        if runs.stat().st_size < MOST_BYTES and len(name) % 2:
            keep("runs", name, runs.read_bytes())
        if len(name) % 3 == 0:
            dataset_seeds(runs, name)
    rows = rows_of(ROOT / "tests/golden/openai/refusals/runs.jsonl")
    keep("runs", "array", json.dumps(rows[:3], indent=1).encode())
    keep("runs", "page", compact({"runs": [{**rows[0], "child_runs": rows[1:3]}], "cursors": {}}).encode())
    rows = [{key: row.get(key) for key in rows[0] if key != "events"} for row in rows[:3]]
    for number, options in enumerate(
        [
            {"compression": "none"},
            {"compression": "none", "use_dictionary": False},
            {"compression": "none", "data_page_version": "2.0", "use_dictionary": False},
            {"compression": "snappy", "row_group_size": 1},
            {"compression": "zstd", "write_page_checksum": True},
            {"compression": "gzip", "column_encoding": "DELTA_BYTE_ARRAY", "use_dictionary": False},
            {"compression": "none", "column_encoding": "DELTA_LENGTH_BYTE_ARRAY", "use_dictionary": False},
        ]
    ):
        keep("parquet", str(number), parquet_seed(rows, **options))


if __name__ == "__main__":
    main()
