"""Imports: from sources to trajectories, with transforms on the way."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from . import _core
from .arguments import file_path, flag, listed, microseconds, text_bytes, whole_number
from .dataset import Dataset, DatasetRow, TemporaryFolder, Trajectories
from .errors import ArgumentTypeError, UsageError
from .live import LiveSource, fetch
from .primitives.lazy import with_source
from .primitives.native import stored_text, unchanged_source
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
    max_value: int | None = None
    storage_options: Mapping[str, Any] | None = None
    live: LiveSource | None = None
    """The source, in place of `source`."""

    def request(self) -> _core.ImportRequest:
        """The engine's request; it names what is wrong with an argument before anything is read."""
        for name, value, least, most in (
            ("limit", self.limit, 0, _MOST),
            ("threads", self.threads, 1, 1024),
            ("memory", self.memory, 1000, _MOST),
            ("max_value", self.max_value, 1, _MOST),
        ):
            whole_number(name, value, least, most)
        conversations = [_conversation_id(one) for one in listed("conversations", self.conversations)]
        keys = key_bytes(self.keys)
        since, until = microseconds("since", self.since), microseconds("until", self.until)
        feedback = flag("feedback", self.feedback)
        paths, streams = ([], []) if self.live is not None else split_sources(self.source)
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
            max_value=self.max_value,
            storage=flat_options(self.storage_options),
        )

    def project(self, target: str | Path | None = None) -> _core.Project | None:
        """The project to fetch from, for an output; None when the source is none."""
        if self.live is None:
            return None
        return self.live.project(target=target, since=self.since, until=self.until)


_MOST = 2**63 - 1


def key_bytes(keys: Sequence[str] | None) -> list[bytes] | None:
    """Names of metadata keys as the engine takes them.

    Raises:
        ValueError: There is none in the list, or an empty one.
        TypeError: One is no text.
    """
    if keys is None:
        return None
    names = [text_bytes("keys", key) for key in listed("keys", keys)]
    if not names or not all(names):
        raise UsageError("keys must name at least one metadata key, and none of them may be empty")
    return names


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
    request = options.request()
    project = options.project(out)
    with Progress(progress) as bar, journalled(request):
        if project is not None:
            if out is not None:  # one that cannot be written is better known before the fetching than after it
                with _writing(out, force):
                    pass
            fetch(request, project, bar)
        return import_fetched(request, transforms, out=out, force=force, bar=bar)


@contextmanager
def journalled(request: _core.ImportRequest) -> Iterator[None]:
    """An import whose fetching is forgotten when it is done or left by choice, and kept to go on from when it fails."""
    try:
        yield
    except GeneratorExit:
        request.finish()
        raise
    except BaseException:
        request.leave()
        raise
    request.finish()


def import_fetched(
    request: _core.ImportRequest,
    transforms: Sequence[BaseTransform],
    *,
    out: str | Path | None,
    force: bool,
    bar: Progress,
) -> Trajectories:
    """An import whose source is at hand: see `import_all`."""
    on_records = _on_records(transforms)
    if on_records is None:
        return _import_transformed(request, transforms, out=out, force=force, bar=bar)
    if on_records:
        return _import_records(request, on_records, out=out, force=force, bar=bar)
    folder = TemporaryFolder() if out is None else None
    path = str(folder.path / "dataset") if folder is not None else out
    report = _core.import_dataset(request, file_path("out", path), force=flag("force", force), progress=bar.listener())
    return Trajectories(Dataset(str(path), keep=folder), read_report(report))


def _import_records(
    request: _core.ImportRequest,
    transforms: Sequence[RecordTransform],
    *,
    out: str | Path | None,
    force: bool,
    bar: Progress,
) -> Trajectories:
    """An import with transforms of records, one by one; ids that they change are put in order afterwards."""
    folder = TemporaryFolder()
    path = str(folder.path / "dataset") if out is None else out
    made = str(folder.path / "as-made")
    with _writing(path, force) as writer:
        with _Records(request, bar) as records, _writing(made, False) as maker:
            for record in records:
                maker.add(_transform_record(record, transforms))
            report = _transform_report(records.report(), transforms)
            maker.commit(lineage="{}", report=report)
        rows = [DatasetRow(dataset, row) for dataset in [Dataset(made)] for row in range(len(dataset))]
        for row in sorted(rows, key=DatasetRow.name):
            writer.add(row.record())
        writer.commit(lineage=request.lineage(), report=report)
    rmtree(made)
    return Trajectories(Dataset(str(path), keep=folder if out is None else None), read_report(report))


class TrajectoryIterator(Iterator[Trajectory]):
    """Trajectories as they are built, in order of the conversation ids of the source; nothing is written to disk.

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
        self._items = self._made(options.request(), options.project(), transforms, progress)

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
        self,
        request: _core.ImportRequest,
        project: _core.Project | None,
        transforms: Sequence[BaseTransform],
        progress: bool | None,
    ) -> Generator[Trajectory]:
        on_records = _on_records(transforms)
        with Progress(progress) as bar, journalled(request):
            if project is not None:
                fetch(request, project, bar)
            with _Records(request, bar) as records:
                for record in records:
                    if on_records is None:
                        yield from apply_transforms([_handle(record)], transforms)
                    else:
                        yield _handle(_transform_record(record, on_records))
                self.report = read_report(_transform_report(records.report(), transforms))


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
    for transform in transforms:
        record = transform.transform_record(record)
    return record


def _transform_report(report: str, transforms: Sequence[BaseTransform]) -> str:
    for transform in transforms:
        report = transform.transform_report(report)
    return report


def _handle(record: bytes) -> Trajectory:
    return with_source(Trajectory, _record=LooseRecord(record))


def _import_transformed(
    request: _core.ImportRequest,
    transforms: Sequence[BaseTransform],
    *,
    out: str | Path | None,
    force: bool,
    bar: Progress,
) -> Trajectories:
    with nullcontext() if out is None else _writing(out, force) as writer:
        with _Records(request, bar) as records:
            made = [_handle(record) for record in records]
            report = records.report()
        items = sorted(apply_transforms(made, transforms), key=_order)
        report = _transform_report(_with_number(report, len(items)), transforms)
        if writer is None:
            return Trajectories(items, read_report(report))
        for item in items:
            writer.add(stored_text(item))
        writer.commit(lineage=request.lineage(), report=report)
    return Trajectories(Dataset(str(out)), read_report(report))


def _order(trajectory: Trajectory) -> tuple[str, str]:
    source = trajectory._source()
    return source.name() if source is not None else (str(trajectory.task.conversation_id or ""), "")


def _with_number(report: str, conversations: int) -> str:
    """The report with the number of trajectories that transforms left; the other figures are those of the import."""
    return json.dumps({**json.loads(report), "conversations": conversations}, indent=2)


def apply_transforms(items: list[Trajectory], transforms: Sequence[BaseTransform]) -> list[Trajectory]:
    """Runs transforms in order on the whole list, and takes hashes anew where the content changed.

    What a transform returns as it was given keeps its record. What it changed knows only what the transforms saw:
    nothing of the record behind it, which holds what a transform may have removed.

    Raises:
        TypeError: A transform returns something else.
    """
    from .canonical import rehashed

    for transform in transforms:
        items = _checked(transform, transform.transform_batch(items))
    return [item if unchanged_source(item) is not None else rehashed(replace(item)) for item in items]


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
