"""The import report: what was read, used, left out and why."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from typing import Any

from .errors import RefusedDataWarning, SourceError


@dataclass(frozen=True)
class Problem:
    """Something wrong in the data, counted. `severity`: note, warning or refused; `examples`: place and detail."""

    kind: str
    count: int
    severity: str
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ImportReport:
    """What was read, used, left out and why: rows_read = used + set aside + rows_refused.

    Attributes:
        files: Of each file `path`, `bytes`, `rows`, `missing_columns`.
        rows_read: Rows met in the source.
        rows_refused: Rows that are no runs.
        runs_used: Runs by use: model_call, tool_run, structure.
        runs_set_aside: Runs by the rule that left them out.
        adds_up: Whether the numbers add up; anything else is a bug of this package.
        conversations: Trajectories made.
        turns: Traces in them.
        messages: Messages of main lines.
        messages_beside_main_line: Messages of sub-agents, helpers and alternatives.
        model_calls: Model calls of all lines.
        failed_model_calls: Of them, those without an answer.
        tool_calls: Calls that models asked for.
        total_tokens: Tokens of all model calls, each counted once.
        total_cost: US dollars.
        calls_by_shape: Model calls by payload shape.
        calls_replayed_exactly_by_shape: Of them, those whose input can be regenerated exactly.
        text_under_unknown_keys: Bytes of text under keys that no reader knows, by key.
        problems: Problems by kind.
        seconds: Wall time.
        peak_memory_bytes: Of this process.
        details: The whole report, as `report.json` holds it.
    """

    files: list[dict[str, Any]]
    rows_read: int
    rows_refused: int
    runs_used: dict[str, int]
    runs_set_aside: dict[str, int]
    adds_up: bool
    conversations: int
    turns: int
    messages: int
    messages_beside_main_line: int
    model_calls: int
    failed_model_calls: int
    tool_calls: int
    total_tokens: int
    total_cost: float
    calls_by_shape: dict[str, int]
    calls_replayed_exactly_by_shape: dict[str, int]
    text_under_unknown_keys: dict[str, int]
    problems: dict[str, Problem]
    seconds: float
    peak_memory_bytes: int
    details: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        """A page for people."""
        used = sum(self.runs_used.values())
        aside = sum(self.runs_set_aside.values())
        replayed = sum(self.calls_replayed_exactly_by_shape.values())
        lines = [
            f"rows read         {self.rows_read:,} = {used:,} used + {aside:,} set aside"
            f" + {self.rows_refused:,} refused",
            f"conversations     {self.conversations:,} with {self.turns:,} turns and {self.messages:,} messages",
            f"model calls       {self.model_calls:,}, of which {replayed:,} replay exactly",
            f"tokens            {self.total_tokens:,}, {self.total_cost} USD",
            *(f"{problem.severity + ':':17} {kind} {problem.count:,}" for kind, problem in self.problems.items()),
            f"time              {self.seconds:.2f} s",
        ]
        return "\n".join(lines)


def warn_of_refused(report: ImportReport, stacklevel: int) -> None:
    """Says that data was refused: a result alone does not show it. `stacklevel` counts as in `warnings.warn`."""
    refused = [problem for problem in report.problems.values() if problem.severity == "refused"]
    if refused:
        counts = ", ".join(
            f"{problem.kind} {problem.count:,} (first in {problem.examples[0]['place']})" for problem in refused
        )
        warnings.warn(
            f"some data was refused: {counts}; see the report of the result", RefusedDataWarning, stacklevel + 1
        )


def read_report(text: str) -> ImportReport:
    """A report from its JSON.

    Raises:
        SourceError: It is none.
    """
    try:
        data = json.loads(text)
        known = {name: data[name] for name in ImportReport.__dataclass_fields__ if name in data}
        known["problems"] = {kind: Problem(kind=kind, **problem) for kind, problem in data["problems"].items()}
        return ImportReport(**known, details=data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f"report.json is no report of an import: {error}") from error
