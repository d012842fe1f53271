"""Imports: from sources to trajectories, with transforms on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .dataset import Dataset, TemporaryFolder, Trajectories
from .errors import ArgumentTypeError, UsageError
from .primitives.lazy import with_source
from .primitives.native import record_text
from .primitives.primitives import ConversationSummary, Trajectory
from .primitives.recorded import LooseRecord
from .progress import Progress
from .report import read_report
from .sources import flat_options, split_sources
from .transforms.base_transform import BaseTransform
from .transforms.record_transform import RecordTransform


@dataclass(frozen=True)
class ImportOptions:
    """What `import_conversations` and `iter_conversations` share; their docstrings say what each means."""

    source: Any
    limit: int | None = None
    since: timedelta | datetime | None = None
    until: timedelta | datetime | None = None
    conversations: Sequence[str | ConversationSummary] = ()
    keys: Sequence[str] | None = None
    feedback: bool = True
    threads: int | None = None
    memory: int | None = None
    storage_options: Mapping[str, Any] | None = None

    def request(self) -> _core.ImportRequest:
        """The engine's request."""
        paths, streams = split_sources(self.source)
        for name, value, least in (("limit", self.limit, 0), ("threads", self.threads, 1), ("memory", self.memory, 1)):
            _check_count(name, value, least)
        return _core.ImportRequest(
            sources=paths,
            streams=streams,
            limit=self.limit,
            since=_microseconds("since", self.since),
            until=_microseconds("until", self.until),
            conversations=[one if isinstance(one, str) else one.conversation_id for one in self.conversations],
            keys=None if self.keys is None else list(self.keys),
            feedback=self.feedback,
            threads=self.threads,
            memory=self.memory,
            storage=flat_options(self.storage_options),
        )


def _check_count(name: str, value: object, least: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < least:
        raise UsageError(f"{name} must be at least {least}, not {value}")


def _microseconds(name: str, moment: timedelta | datetime | None) -> int | None:
    """A moment, or a span before now, in microseconds since 1970."""
    if moment is None:
        return None
    if isinstance(moment, timedelta):
        try:
            moment = datetime.now(UTC) - moment
        except OverflowError:
            raise UsageError(f"{name} reaches back before the year 1: {moment}") from None
    if not isinstance(moment, datetime):
        raise ArgumentTypeError(
            f"{name} must be a timedelta or a datetime, as timedelta(days=7), not {type(moment).__name__}"
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def import_all(
    options: ImportOptions,
    transforms: Sequence[BaseTransform],
    *,
    out: str | Path | None = None,
    force: bool = False,
    progress: bool | None = None,
) -> Trajectories:
    """Imports a source into a dataset, a temporary one without `out`, and returns light handles over it.

    Transforms run before anything is written. Those that know records alone work on records; others see whole
    trajectories, which then stay in memory.
    """
    on_records = _on_records(transforms)
    if on_records is None:
        return _import_transformed(options, transforms, out=out, force=force, progress=progress)
    folder = TemporaryFolder() if out is None else None
    path = folder.path / "dataset" if folder is not None else Path(str(out))
    with Progress(progress) as bar:
        if not on_records:
            report = _core.import_dataset(options.request(), str(path), force=force, progress=bar.listener())
        else:
            with _writing(path, force) as writer:
                records = _Records(options, bar)
                for record in records:
                    writer.add(_transform_record(record, on_records))
                report = records.report()
                writer.commit(lineage="{}", report=report)
    dataset = Dataset(path, keep=folder)
    return Trajectories(dataset, read_report(report))


def iterate(
    options: ImportOptions, transforms: Sequence[BaseTransform], progress: bool | None = None
) -> Iterator[Trajectory]:
    """Trajectories as they are built, in order of conversation id; nothing is written to disk."""
    on_records = _on_records(transforms)
    with Progress(progress) as bar:
        for record in _Records(options, bar):
            if on_records is None:
                yield from apply_transforms([_handle(record)], transforms)
            else:
                yield _handle(_transform_record(record, on_records))


class _Records:
    """The records of an import, one after the other."""

    def __init__(self, options: ImportOptions, bar: Progress) -> None:
        self._stream = _core.RecordStream(options.request())
        self._bar = bar

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (record := self._stream.next(self._bar.listener())) is not None:
                yield record
        finally:
            self._stream.close()

    def report(self) -> str:
        """The report as JSON; after the last record."""
        return self._stream.report()


@contextmanager
def _writing(folder: str | Path, force: bool) -> Iterator[_core.DatasetWriter]:
    """A writer of a dataset; nothing is left of it unless it is committed inside."""
    writer = _core.DatasetWriter(str(folder), force=force)
    try:
        yield writer
    finally:
        writer.discard()


def _on_records(transforms: Sequence[BaseTransform]) -> list[RecordTransform] | None:
    """The transforms, when all of them can change records."""
    chosen = [transform for transform in transforms if isinstance(transform, RecordTransform)]
    return chosen if len(chosen) == len(transforms) else None


def _transform_record(record: bytes, transforms: Sequence[RecordTransform]) -> bytes:
    if not transforms:
        return record
    data = json.loads(record)
    for transform in transforms:
        data = transform.transform_record(data)
    return json.dumps(data, separators=(",", ":")).encode()


def _handle(record: bytes) -> Trajectory:
    return with_source(Trajectory, _record=LooseRecord(record))


def _import_transformed(
    options: ImportOptions,
    transforms: Sequence[BaseTransform],
    *,
    out: str | Path | None,
    force: bool,
    progress: bool | None,
) -> Trajectories:
    with nullcontext() if out is None else _writing(out, force) as writer:
        with Progress(progress) as bar:
            records = _Records(options, bar)
            items = [_handle(record) for record in records]
            report = records.report()
        items = apply_transforms(items, transforms)
        if writer is not None:
            for item in items:
                writer.add(record_text(item))
            writer.commit(lineage="{}", report=report)
    return Trajectories(items, read_report(report))


def apply_transforms(items: list[Trajectory], transforms: Sequence[BaseTransform]) -> list[Trajectory]:
    """Runs transforms in order on the whole list, and takes hashes anew where the content changed.

    The results know only what the transforms saw: nothing of the records behind them, which hold what a transform may
    have removed.
    """
    for transform in transforms:
        items = list(transform.transform_batch(items))
    return [rehashed(replace(item)) for item in items]


def rehashed(trajectory: Trajectory) -> Trajectory:
    """The trajectory with hash and key of the content that it has now, where it had a hash."""
    from .canonical import content_hash, idempotency_key

    if trajectory.telemetry is None or "content_hash" not in trajectory.telemetry.data:
        return trajectory
    digest = content_hash(trajectory)
    if trajectory.telemetry.data["content_hash"] == digest:
        return trajectory
    task = trajectory.task
    data = {
        **trajectory.telemetry.data,
        "content_hash": digest,
        "idempotency_key": idempotency_key(task.data_source, task.conversation_id, digest),
    }
    return replace(trajectory, telemetry=replace(trajectory.telemetry, data=data))
