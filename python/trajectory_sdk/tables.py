"""Trajectories as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from . import _core
from .dataset import Dataset, DatasetRow, RowKind, batches_of, trajectories_of
from .errors import SourceError, TrajectoryError, UsageError
from .primitives.native import record_text
from .primitives.primitives import Trajectory


def to_arrow(trajectories: Dataset | Trajectory | Iterable[Trajectory], rows: RowKind = "message") -> Any:
    """Trajectories as a `pyarrow.Table` of messages, trajectories or model calls.

    Args:
        trajectories: A dataset, a trajectory, or several.
        rows: What one row stands for.
            "message": a message at its place (`index`) in a line of messages: `conversation_id`, `line` (main,
            subagent, auxiliary, alternative), `line_id`, `agent`, `parent_tool_call_id`, `role`, `content`, `parts`
            (JSON), `tool_calls` (id, name, arguments as JSON text), `tool_call_id`, `name`, `reasoning`, `error`,
            `trainable_status`, `time`, `run_id`, `seen_only_as_input`.
            "call": a model call: `context` (the messages that the model saw, in the form in which it saw them),
            `answer`, `tools` (definitions as JSON), `parameters` (JSON), `model`, `finish_reason`, tokens, `cost` (US
            dollars), `trainable_status` of the answer, `incomplete_context`, `error`, `run_id`, `trace_id`, times.
            "trajectory": the columns of a dataset's files.

    Returns:
        The table, in the order of the trajectories. `Dataset.to_arrow` gives the same rows as a stream.

    Raises:
        ValueError: `rows` is none of these.
        TypeError: Something else than trajectories is given.
        RuntimeError: The dataset behind them cannot be read.
    """
    import pyarrow

    if rows not in ("message", "trajectory", "call"):
        raise UsageError(f'rows must be "trajectory", "message" or "call", not {rows!r}')
    try:
        return pyarrow.concat_tables([batches_of(capsule).read_all() for capsule in _streams(trajectories, rows)])
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, TrajectoryError):
            raise
        raise SourceError(f"the trajectories cannot be read: {' '.join(str(error).split())}") from error


def _streams(trajectories: Dataset | Trajectory | Iterable[Trajectory], rows: RowKind) -> Iterator[object]:
    """Streams that make up the rows: untouched handles of one dataset go through the engine alone."""
    if isinstance(trajectories, Dataset):
        yield trajectories._reader.stream(rows, None)
        return
    items = trajectories_of("to_arrow", trajectories)
    if not items:
        yield _core.stream_records([], rows)
    for dataset, group in groupby(items, key=_dataset_of):
        if dataset is None:
            yield _core.stream_records([record_text(item) for item in group], rows)
        else:
            yield dataset._reader.stream(rows, [item.__dict__["_record"].row for item in group])


def _dataset_of(trajectory: Trajectory) -> Dataset | None:
    """The dataset that holds an untouched trajectory."""
    source = trajectory._source()
    return source.dataset if trajectory._is_untouched() and isinstance(source, DatasetRow) else None
