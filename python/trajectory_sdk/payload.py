"""A trajectory from runs that were fetched already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .build import build_trajectory_from_parsed
from .errors import ArgumentTypeError, NestingError, UsageError
from .importing import ImportOptions, TrajectoryIterator
from .primitives.json_text import write_json
from .primitives.primitives import ParsedConversation, Trajectory
from .report import warn_of_refused

_Run = dict[str, Any]

_TEXT_COLUMNS = (
    "id",
    "trace_id",
    "parent_run_id",
    "session_id",
    "name",
    "run_type",
    "status",
    "error",
    "dotted_order",
    "start_time",
    "end_time",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "total_cost",
)
_JSON_COLUMNS = ("inputs", "outputs", "extra", "parent_run_ids", "feedback_stats")
_BELOW = ("child_runs", "children")


def transform(
    raw_data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    provider: str = "langsmith",
    api_key: str = "",
    project_id: str = "",
) -> Trajectory:
    """Builds the trajectory of one conversation whose runs were fetched already. Needs neither `init` nor a network.

    A NaN or an infinity in a payload, which JSON cannot hold, becomes its name as text. A `RefusedDataWarning` says
    when some of the data was refused.

    Args:
        raw_data: `{"conversation_id": ..., "turns": [{"runs": [...]}, ...]}` with runs in the shape of the LangSmith
            API, flat or as trees (below `child_runs` or `children`); or a list of runs.
        provider: Where they were recorded: "langsmith".
        api_key: Not looked at.
        project_id: The project of runs that name none.

    Returns:
        The trajectory; without any runs, one without steps. Transforms of `init` are not applied.

    Raises:
        ValueError: The provider is unknown, or a list of runs belongs to several conversations.
        TypeError: The data has another shape; the message names the place.
    """
    if provider != "langsmith":
        raise UsageError(f"unknown provider {provider!r}: known are langsmith")
    conversation_id = None
    if isinstance(raw_data, Mapping):
        conversation_id = raw_data.get("conversation_id")
        turns = _listed(raw_data.get("turns", []), "turns")
        runs = _taken(run for at, turn in enumerate(turns) for run in _runs_of_turn(turn, f"turns[{at}]"))
    else:
        runs = _taken(_flat(_listed(raw_data, "the data"), "run", None, None))
    if not runs:
        name = "" if conversation_id is None else str(conversation_id)
        return build_trajectory_from_parsed(
            ParsedConversation(conversation_id=name, data_source="langsmith", num_turns=0, turns=[])
        )
    table = _table([_row(run, conversation_id, project_id) for run in runs])
    read = TrajectoryIterator(ImportOptions(source=table), [], progress=False, warn=False)
    found = list(read)
    if read.report is not None:
        warn_of_refused(read.report, 2)
    if len(found) != 1:
        names = ", ".join(repr(one.task.conversation_id) for one in found[:3])
        raise UsageError(
            f"the runs make {len(found)} conversations ({names}): give one, or import_conversations(source=...) a table"
        )
    return found[0]


def _taken(runs: Iterable[_Run]) -> list[_Run]:
    try:
        return list(runs)
    except RecursionError:
        raise NestingError("the tree of runs is nested too deeply, or holds itself") from None


def _listed(value: Any, place: str) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ArgumentTypeError(f"{place} must be a list, not {type(value).__name__}")
    return list(value)


def _runs_of_turn(turn: Any, place: str) -> Iterator[_Run]:
    if not isinstance(turn, Mapping):
        raise ArgumentTypeError(f"{place} must be an object, not {type(turn).__name__}")
    trace = turn.get("trace_id") or turn.get("id")
    runs = _listed(turn.get("runs") or [], f"{place}.runs")
    yield from _flat(runs, f"{place}.runs", str(trace or place), None)


def _flat(runs: list[Any], place: str, trace: str | None, parent: str | None) -> Iterator[_Run]:
    """The runs and those below them; a run without an id, trace or parent gets what its place says."""
    for at, given in enumerate(runs):
        if not isinstance(given, Mapping):
            raise ArgumentTypeError(f"{place}[{at}] must be an object, not {type(given).__name__}")
        run = dict(given)
        run["id"] = str(run.get("id") or f"{trace or ''}{place}[{at}]")
        run["trace_id"] = str(run.get("trace_id") or trace or run["id"])
        run["parent_run_id"] = run.get("parent_run_id") or parent
        below = {name: _listed(run.pop(name, None) or [], f"{place}[{at}].{name}") for name in _BELOW}
        yield run
        for name, runs_below in below.items():
            yield from _flat(runs_below, f"{place}[{at}].{name}", run["trace_id"], run["id"])


def _row(run: _Run, conversation_id: Any, project_id: str) -> _Run:
    extra = run.get("extra")
    extra = dict(extra) if isinstance(extra, Mapping) else {}
    metadata = extra.get("metadata") or run.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    if conversation_id is not None:
        metadata["conversation_id"] = str(conversation_id)
    if not run.get("session_id"):
        run["session_id"] = run.get("project_id") or project_id or None
    return {**run, "extra": {**extra, "metadata": metadata}}


def _table(rows: list[_Run]) -> Any:
    import pyarrow

    columns = {name: [None if row.get(name) is None else str(row[name]) for row in rows] for name in _TEXT_COLUMNS}
    columns |= {
        name: [_json_text(row.get(name), f"{name} of run {row['id']!r}") for row in rows] for name in _JSON_COLUMNS
    }
    return pyarrow.table({name: pyarrow.array(values, pyarrow.string()) for name, values in columns.items()})


def _json_text(value: Any, place: str) -> str | None:
    return value if value is None or isinstance(value, str) else write_json(value, place)
