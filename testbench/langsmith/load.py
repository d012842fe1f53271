"""Fills the double with runs from files: JSON, JSON lines, and Parquet as bulk exports write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .ingest import take_run
from .json_text import dumps, elements
from .parquet import TIMES
from .run import DOCUMENTS
from .store import Store
from .times import render_utc

_JSON_COLUMNS = ("tags", "feedback_stats", "parent_run_ids")


def load_folder(store: Store, folder: Path) -> int:
    """Takes every run of the files below a folder; returns how many.

    A file `projects.json` in the folder maps project ids to names. Raises ValueError with the file's name.
    """
    names = folder / "projects.json"
    if names.exists():
        for project_id, name in json.loads(names.read_text(encoding="utf-8")).items():
            store.make_project(name, project_id)
    count = 0
    for path in sorted(folder.rglob("*")):
        if path == names or path.suffix not in (".json", ".jsonl", ".parquet"):
            continue
        try:
            count += _load(store, path)
        except Exception as reason:
            raise ValueError(f"{path}: {reason}") from reason
    return count


def _load(store: Store, path: Path) -> int:
    if path.suffix == ".parquet":
        rows = [_parquet_run(row) for row in pq.ParquetFile(path).read().to_pylist()]
    elif path.suffix == ".jsonl":
        rows = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    else:
        text = path.read_text(encoding="utf-8")
        rows = elements(text) if text.lstrip().startswith("[") else [text]
    for row in rows:
        take_run(store, row)
    return len(rows)


def _parquet_run(row: dict[str, Any]) -> str:
    """A row as the run that was sent."""
    texts = []
    for name, value in row.items():
        if value is None or name in ("is_root", "tenant_id", "parent_run_ids"):
            continue
        if name in TIMES:
            nanoseconds = value.value if hasattr(value, "value") else int(value.timestamp() * 1_000_000) * 1000
            value = render_utc(nanoseconds)
        elif name in DOCUMENTS or name in _JSON_COLUMNS:
            texts.append(f"{json.dumps(name)}:{value}")
            continue
        texts.append(f"{json.dumps(name)}:{dumps(value)}")
    return "{" + ",".join(texts) + "}"
