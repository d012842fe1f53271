"""Writes runs as LangSmith's bulk export does: the default columns in both flavours, and what was seen to go wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .feedback_stats import feedback_stats
from .json_text import dumps
from .run import COSTS, TOKENS, Run
from .settings import Quirks
from .store import Store
from .times import render_run_time

COMPRESSIONS = {"none": "NONE", "gzip": "GZIP", "snappy": "SNAPPY", "zstandard": "ZSTD"}
IDS = ("id", "trace_id", "tenant_id", "session_id", "parent_run_id", "reference_example_id")
TIMES = {"start_time": "start", "end_time": "end", "first_token_time": "first_token"}
"""Columns and the attributes of a run they show."""
# fmt: off
DEFAULT_COLUMNS = (
    "id", "tenant_id", "session_id", "trace_id", "parent_run_id", "parent_run_ids", "name", "run_type", "status",
    "is_root", "dotted_order", "start_time", "end_time", "first_token_time", "inputs", "outputs", "error", "extra",
    "events", "tags", "feedback_stats", "reference_example_id", "trace_tier", "total_tokens", "prompt_tokens",
    "completion_tokens", "total_cost", "prompt_cost", "completion_cost",
)
# fmt: on
EXTRA_COLUMNS = ("feedbacks",)
"""Columns that only `export_fields` brings."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    version: str
    compression: str
    fields: tuple[str, ...] | None
    tenant_id: str


def make_table(store: Store, runs: Sequence[Run], form: Form, quirks: Quirks) -> Any:
    """The columns of a file."""
    names = [name for name in form.fields or DEFAULT_COLUMNS if name not in quirks.missing_columns]
    columns = {
        name: pa.array(_values(store, runs, name, form, quirks), type=_type(name, form, quirks)) for name in names
    }
    if quirks.extra_columns:
        columns["zz_shard"] = pa.array([7] * len(runs), type=pa.int16())
        columns["zz_labels"] = pa.array([["a", None]] * len(runs), type=pa.list_(pa.string()))
    return pa.table(columns)


def write_table(table: Any, form: Form, rows_per_group: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression=COMPRESSIONS[form.compression],
        row_group_size=rows_per_group,
        store_schema=False,
        version="2.6",
    )
    return buffer.getvalue()


def _type(name: str, form: Form, quirks: Quirks) -> Any:
    if name in TIMES:
        return pa.timestamp("us", tz="UTC") if form.version == "v2_beta" else pa.timestamp("ns")
    if name in TOKENS:
        return pa.int64()
    if name in COSTS:
        return pa.float64()
    if name == "is_root":
        return pa.bool_()
    return pa.binary() if quirks.binary_text else pa.string()


def _values(store: Store, runs: Sequence[Run], name: str, form: Form, quirks: Quirks) -> list[Any]:
    if name in TOKENS:
        return [store.figures(run).get(name) for run in runs]
    if name in COSTS:
        costs = [store.figures(run).get(name) for run in runs]
        return [None if cost is None else float(cost) for cost in costs]
    if name in TIMES:
        times = [getattr(run, TIMES[name]) for run in runs]
        if form.version == "v2_beta":
            return [None if instant is None else instant // 1000 for instant in times]
        return times
    if name == "is_root":
        return [run.is_root for run in runs]
    texts = [_text(run, name, form, quirks) for run in runs]
    if name == "inputs" and quirks.invalid_json_every:
        for place in range(quirks.invalid_json_every - 1, len(texts), quirks.invalid_json_every):
            texts[place] = (texts[place] or '{"cut":')[: max(len(texts[place] or "") // 2, 1)]
    if quirks.quoted_ids and name in IDS:
        texts = [None if text is None else f'"{text}"' for text in texts]
    return (
        [None if text is None else text.encode("utf-8", "replace") for text in texts] if quirks.binary_text else texts
    )


def _text(run: Run, name: str, form: Form, quirks: Quirks) -> str | None:
    if name == "tenant_id":
        return form.tenant_id
    if name == "inputs" and quirks.double_encoded_inputs:
        return _double_encoded(run.documents.get("inputs"))
    if name in ("inputs", "outputs", "extra", "events"):
        text = run.documents.get(name)
        return None if text == "null" else text
    render = _RENDERED.get(name)
    value = render(run) if render else run.values.get(name)
    text = value if value is None or isinstance(value, str) else dumps(value)
    return None if text is None else text.encode("utf-8", "replace").decode()


def _double_encoded(text: str | None) -> str | None:
    value = json.loads(text) if text else None
    if not isinstance(value, dict) or not isinstance(value.get("input"), (dict, list)):
        return text
    return json.dumps({**value, "input": json.dumps(value["input"])})


def _feedbacks(run: Run) -> list[dict[str, Any]]:
    return [{**point.values, "id": point.id, "run_id": point.run_id} for point in run.feedback]


_RENDERED: dict[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "session_id": lambda run: run.project_id,
    "trace_id": lambda run: run.trace_id,
    "parent_run_id": lambda run: run.parent_id,
    "parent_run_ids": lambda run: run.parent_ids,
    "name": lambda run: run.name,
    "run_type": lambda run: run.run_type,
    "status": lambda run: run.status,
    "dotted_order": lambda run: run.dotted_order,
    "error": lambda run: run.error,
    "tags": lambda run: run.tags,
    "feedback_stats": feedback_stats,
    "feedbacks": _feedbacks,
    "trace_tier": lambda run: run.values.get("trace_tier") or "longlived",
    "inserted_at": lambda run: render_run_time(run.received),
}
