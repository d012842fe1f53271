"""One run as it was sent, and what LangSmith derives from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .json_text import MalformedError, loads, members
from .times import now, parse_time

# Kept as the text that was sent.
DOCUMENTS = ("inputs", "outputs", "extra", "events", "serialized")
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
COSTS = ("prompt_cost", "completion_cost", "total_cost")
STATUSES = ("success", "error", "pending")


Place = tuple[str, str, int, bool]
"""Where a run stands: project, trace, start time, whether it is a root."""


@dataclass(slots=True)
class Feedback:
    """One point of feedback on a run."""

    id: str
    run_id: str
    values: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.values.get("key", ""))

    @property
    def score(self) -> Any:
        return self.values.get("score")


@dataclass(slots=True)
class Attachment:
    content_type: str
    data: bytes


@dataclass(slots=True)
class Run:
    """A run. Times are nanoseconds since 1970; `documents` hold verbatim JSON text."""

    id: str
    project_id: str = ""
    trace_id: str = ""
    parent_id: str | None = None
    dotted_order: str = ""
    name: str = ""
    run_type: str = "chain"
    start: int = 0
    end: int | None = None
    first_token: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    usage: dict[str, Any] | None = None
    feedback: list[Feedback] = field(default_factory=list)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    received: int = field(default_factory=now)

    @property
    def place(self) -> Place:
        return self.project_id, self.trace_id, self.start, self.is_root

    @property
    def is_root(self) -> bool:
        return self.parent_id is None

    @property
    def error(self) -> str | None:
        error = self.values.get("error")
        return error if error is None or isinstance(error, str) else str(error)

    @property
    def tags(self) -> list[Any]:
        return self.values.get("tags") or []

    @property
    def status(self) -> str:
        sent = self.values.get("status")
        if sent in STATUSES:
            return str(sent)
        if self.error is not None:
            return "error"
        return "pending" if self.end is None else "success"

    @property
    def latency(self) -> float | None:
        return None if self.end is None else (self.end - self.start) / 1e9

    @property
    def parent_ids(self) -> list[str]:
        """Ids of the runs above, the root first, as the dotted order names them."""
        return [segment.partition("Z")[2] for segment in self.dotted_order.split(".")[:-1]]

    def set_document(self, name: str, text: str) -> None:
        self.documents[name] = text
        if name == "extra":
            self.metadata = _member(text, "metadata") or {}
        if name in ("extra", "outputs") and '"usage_metadata"' in text:
            self.usage = self.metadata.get("usage_metadata") or _member(self.documents.get("outputs"), "usage_metadata")

    def set_value(self, name: str, value: Any) -> None:
        """Takes one of the members that are no document."""
        if name == "parent_run_id":
            self.parent_id = value and str(value)
        elif name in ("trace_id", "dotted_order", "name", "run_type"):
            setattr(self, name, "" if value is None else str(value))
        elif name == "start_time":
            self.start = parse_time(value) or self.start
        elif name == "end_time":
            self.end = parse_time(value)
        elif name == "first_token_time":
            self.first_token = parse_time(value)
        else:
            self.values[name] = value

    def own_figures(self) -> dict[str, Any]:
        """Tokens and costs of this run alone: those that were sent, else those that its usage tells."""
        figures = {name: self.values[name] for name in TOKENS + COSTS if self.values.get(name) is not None}
        usage = self.usage if self.run_type == "llm" else None
        if usage:
            names = {"prompt": "input", "completion": "output", "total": "total"}
            for ours, theirs in names.items():
                for unit in ("tokens", "cost"):
                    if usage.get(f"{theirs}_{unit}") is not None:
                        figures.setdefault(f"{ours}_{unit}", usage[f"{theirs}_{unit}"])
        for unit in ("tokens", "cost"):
            parts = [figures[f"{part}_{unit}"] for part in ("prompt", "completion") if f"{part}_{unit}" in figures]
            if parts and f"total_{unit}" not in figures:
                figures[f"total_{unit}"] = sum(map(to_decimal, parts))
        for name, value in figures.items():
            figures[name] = to_decimal(value) if name in COSTS else int(value)
        return figures


def to_decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def add_figures(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total[name] + value if name in total else value
    return total


def _member(text: str | None, key: str) -> Any:
    """The value of one member of a JSON object, when it is an object itself."""
    if not text or f'"{key}"' not in text:
        return None
    try:
        value = loads(text)
    except MalformedError:
        return None
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None


def take_members(run: Run, text: str) -> None:
    """Puts every member of a sent run into it. Raises MalformedError."""
    for name, verbatim, value in members(text):
        if name in DOCUMENTS:
            if value is not None or name not in run.documents:
                run.set_document(name, verbatim)
        elif name not in ("id", "session_id", "session_name", "project_id", "project_name"):
            run.set_value(name, value)
