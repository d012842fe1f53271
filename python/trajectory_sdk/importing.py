"""Imports: from sources to trajectories, with transforms on the way."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .arguments import file_path, flag, listed, microseconds, text_bytes, whole_number
from .dataset import Dataset, TemporaryFolder, Trajectories
from .errors import ArgumentTypeError, UsageError
from .primitives.lazy import with_source
from .primitives.native import record_text
from .primitives.primitives import ConversationSummary, Trajectory
from .primitives.recorded import LooseRecord
from .progress import Progress
from .report import ImportReport, read_report, warn_of_refused
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
        """The engine's request; it names what is wrong with an argument before anything is read."""
        for name, value, least, most in (
            ("limit", self.limit, 0, _MOST),
            ("threads", self.threads, 1, 1024),
            ("memory", self.memory, 1000, _MOST),
        ):
            whole_number(name, value, least, most)
        conversations = [_conversation_id(one) for one in listed("conversations", self.conversations)]
        keys = None if self.keys is None else [text_bytes("keys", key) for key in listed("keys", self.keys)]
        if keys is not None and (not keys or not all(keys)):
            raise UsageError("keys must name at least one metadata key, and none of them may be empty")
        since, until = microseconds("since", self.since), microseconds("until", self.until)
        feedback = flag("feedback", self.feedback)
        paths, streams = split_sources(self.source)
        return _core.ImportRequest(
            sources=paths,
            streams=streams,
            limit=self.limit,
            since=since,
            until=until,
            conversations=conversations,
            keys=keys,
            feedback=feedback,
            threads=self.threads,
            memory=self.memory,
            storage=flat_options(self.storage_options),
        )


_MOST = 2**63 - 1


def _conversation_id(given: Any) -> bytes:
    if not isinstance(given, str | ConversationSummary):
        raise ArgumentTypeError(f"conversations must hold ids or summaries, not {type(given).__name__}")
    return text_bytes("conversations", given if isinstance(given, str) else given.conversation_id)


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
    path = str(folder.path / "dataset") if folder is not None else out
    with Progress(progress) as bar:
        if not on_records:
            report = _core.import_dataset(
                options.request(), file_path("out", path), force=flag("force", force), progress=bar.listener()
            )
        else:
            with _writing(path, force) as writer, _Records(options.request(), bar) as records:
                for record in records:
                    writer.add(_transform_record(record, on_records))
                report = records.report()
                writer.commit(lineage="{}", report=report)
    dataset = Dataset(str(path), keep=folder)
    return Trajectories(dataset, read_report(report))


class TrajectoryIterator(Iterator[Trajectory]):
    """Trajectories as they are built, in order of conversation id; nothing is written to disk.

    A `RefusedDataWarning` at the end says when some of the source was refused.

    Attributes:
        report: What was read, used and left out; None before the end.
    """

    def __init__(
        self,
        options: ImportOptions,
        transforms: Sequence[BaseTransform],
        *,
        progress: bool | None,
        debug: bool = False,
        warn: bool = True,
    ) -> None:
        """Begins with the first trajectory that is asked for; wrong arguments are told at once."""
        self.report: ImportReport | None = None
        self._debug = debug
        self._told = not warn
        self._items = self._made(options.request(), transforms, progress)

    def __next__(self) -> Trajectory:
        """The next trajectory."""
        try:
            return next(self._items)
        except StopIteration:
            self._tell_end()
            raise

    def close(self) -> None:
        """Ends the import."""
        self._items.close()

    def _tell_end(self) -> None:
        if self.report is None or self._told:
            return
        self._told = True
        if self._debug:
            print(self.report, file=sys.stderr)
        warn_of_refused(self.report, 3)

    def _made(
        self, request: _core.ImportRequest, transforms: Sequence[BaseTransform], progress: bool | None
    ) -> Generator[Trajectory]:
        on_records = _on_records(transforms)
        with Progress(progress) as bar, _Records(request, bar) as records:
            for record in records:
                if on_records is None:
                    yield from apply_transforms([_handle(record)], transforms)
                else:
                    yield _handle(_transform_record(record, on_records))
            self.report = read_report(records.report())


class _Records:
    """The records of an import, one after the other; the import ends with the `with` block."""

    def __init__(self, request: _core.ImportRequest, bar: Progress) -> None:
        self._stream = _core.RecordStream(request)
        self._bar = bar

    def __enter__(self) -> _Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[bytes]:
        while (record := self._stream.next(self._bar.listener())) is not None:
            yield record

    def report(self) -> str:
        """The report as JSON; after the last record."""
        return self._stream.report()


@contextmanager
def _writing(folder: Any, force: bool) -> Iterator[_core.DatasetWriter]:
    """A writer of a dataset; nothing is left of it unless it is committed inside."""
    writer = _core.DatasetWriter(file_path("out", folder), force=flag("force", force))
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
        with Progress(progress) as bar, _Records(options.request(), bar) as records:
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
        items = _checked(transform, transform.transform_batch(items))
    return [rehashed(replace(item)) for item in items]


def _checked(transform: BaseTransform, items: Any) -> list[Trajectory]:
    """What a transform gave back, when it is trajectories."""
    name = type(transform).__name__
    if not isinstance(items, Iterable):
        raise ArgumentTypeError(f"{name}.transform_batch must return a list, not {type(items).__name__}")
    checked: list[Trajectory] = list(items)
    for item in checked:
        if not isinstance(item, Trajectory):
            raise ArgumentTypeError(f"{name} must return trajectories, not {type(item).__name__}")
    return checked


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
