"""Datasets on disk: opened, read in any order, handed to other tools as Arrow streams."""

from __future__ import annotations

import json
import operator
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, SupportsIndex, overload

from . import _core
from .arguments import file_path, flag
from .errors import ArgumentTypeError, MissingAttributeError, MissingSourceError, OutputError
from .primitives.lazy import with_source
from .primitives.primitives import Trajectory
from .report import ImportReport, read_report

RowKind = Literal["trajectory", "message", "call"]


class TemporaryFolder:
    """A folder that is removed when the last reference to it goes, by the process that made it alone."""

    def __init__(self) -> None:
        try:
            self.path = Path(tempfile.mkdtemp(prefix="trajectory-"))
        except OSError as error:
            raise OutputError(f"cannot make a temporary folder: {error}") from error
        self._remove = weakref.finalize(self, _remove_in, os.getpid(), str(self.path))


def _remove_in(process: int, path: str) -> None:
    if os.getpid() == process:  # not in a fork of it
        shutil.rmtree(path, ignore_errors=True)


class DatasetRow:
    """The record of a trajectory in a dataset on disk."""

    __slots__ = ("dataset", "row")

    def __init__(self, dataset: Dataset, row: int) -> None:
        self.dataset = dataset
        self.row = row

    def name(self) -> tuple[str, str]:
        """The ids of conversation and project."""
        return self.dataset._names[self.row]

    def record(self) -> bytes:
        """The native record as JSON."""
        return self.dataset._reader.record(self.row)

    def contract(self) -> bytes:
        """The contract's form as JSON, each message once."""
        return self.dataset._reader.contract(self.row)

    def save(self, path: bytes) -> None:
        """Writes the contract's file."""
        self.dataset._reader.save(self.row, path)


class Dataset:
    """A dataset on disk: its trajectories in order of conversation id, as light handles.

    It keeps the files that it opened: handles and streams stay what they are when the folder is replaced or removed.
    `len`, indices, slices and `for` work. It is an Arrow stream of trajectories, so pandas, polars, DuckDB and pyarrow
    take it as it is; `to_arrow` gives messages and model calls, too. Only what is looked at is read.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: str | Path, *, verify: bool = False, keep: object = None) -> None:
        """Opens a dataset.

        Args:
            path: The folder that an import wrote, or one that holds it as `parquet`.
            verify: Whether every file is held against its checksum, which reads all of them once.
            keep: An object that lives as long as this one does.

        Raises:
            SourceError: No dataset is there, it is damaged, or a newer version wrote it.
        """
        self.path = _dataset_folder(Path(os.fsdecode(file_path("path", path))))
        self._keep = keep
        self._reader = _core.Dataset(os.fsencode(self.path), verify=flag("verify", verify))
        self._report = _report_text(self.path)

    def __len__(self) -> int:
        """Number of trajectories."""
        return len(self._reader)

    @overload
    def __getitem__(self, index: int) -> Trajectory: ...
    @overload
    def __getitem__(self, index: slice) -> list[Trajectory]: ...
    def __getitem__(self, index: int | slice) -> Trajectory | list[Trajectory]:
        """The trajectory at a place, or those of a slice."""
        if isinstance(index, slice):
            return [self._handle(row) for row in range(*index.indices(len(self)))]
        try:
            place = operator.index(index)
        except TypeError:
            raise ArgumentTypeError(f"a dataset's index must be a whole number, not {type(index).__name__}") from None
        row = place + len(self) if place < 0 else place
        if not 0 <= row < len(self):
            raise IndexError(f"the dataset has {len(self)} trajectories: there is no {index}")
        return self._handle(row)

    def __iter__(self) -> Iterator[Trajectory]:
        """The trajectories in order."""
        return (self._handle(row) for row in range(len(self)))

    def _handle(self, row: int) -> Trajectory:
        return with_source(Trajectory, _record=DatasetRow(self, row))

    def get(self, conversation_id: str) -> Trajectory:
        """The trajectory of a conversation (the first, when several projects have one of that id).

        Raises:
            KeyError: There is none.
        """
        for row, name in enumerate(self.conversation_ids):
            if name == conversation_id:
                return self._handle(row)
        raise KeyError(conversation_id)

    @cached_property
    def conversation_ids(self) -> list[str]:
        """The ids, in order."""
        return [conversation_id for conversation_id, _ in self._names]

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        """Ids of conversation and project, in order."""
        return [(conversation_id, project_id) for conversation_id, project_id in json.loads(self._reader.names())]

    @property
    def report(self) -> ImportReport | None:
        """The report of the import that made it; None where it was not kept."""
        return None if self._report is None else read_report(self._report)

    @property
    def manifest(self) -> dict[str, Any]:
        """Files with checksums, engine version, options of the import."""
        manifest: dict[str, Any] = json.loads(self._reader.manifest())
        return manifest

    def to_arrow(self, rows: RowKind = "trajectory") -> Any:
        """A `pyarrow.RecordBatchReader` of one row a trajectory, message or call: see `trajectory_sdk.to_arrow`.

        Its batches are read as they are asked for; a file that is damaged then raises pyarrow's own error.
        """
        return batches_of(self._reader.stream(rows, None))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Trajectories as an Arrow stream: the PyCapsule interface."""
        return self._reader.stream("trajectory", None)

    def __repr__(self) -> str:
        """Folder and size."""
        return f"Dataset({str(self.path)!r}, {len(self):,} trajectories)"

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: where it is. A temporary dataset has no place that outlives it."""
        if self._keep is not None:
            raise ArgumentTypeError(
                "a temporary dataset cannot be pickled: its trajectories can, and a dataset with out=DIR"
            )
        return {"path": self.path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Opens it again."""
        self.__init__(state["path"])  # type: ignore[misc]


def batches_of(capsule: object) -> Any:
    """A `pyarrow.RecordBatchReader` of the stream in an `arrow_array_stream` capsule."""
    import pyarrow

    return pyarrow.RecordBatchReader.from_stream(_CapsuleHolder(capsule))


class _CapsuleHolder:
    """An object with the Arrow PyCapsule interface around a capsule."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


class Trajectories(list[Trajectory]):
    """A list of trajectories with the report of the import that made them; a slice has the report, too."""

    def __init__(self, items: Iterable[Trajectory] = (), report: ImportReport | None = None) -> None:
        super().__init__(items)
        self.report = report

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Trajectory: ...
    @overload
    def __getitem__(self, index: slice, /) -> Trajectories: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> Trajectory | Trajectories:
        """The trajectory at a place, or those of a slice with the report of the whole import."""
        if isinstance(index, slice):
            return Trajectories(super().__getitem__(index), self.report)
        return super().__getitem__(index)


def trajectories_of(operation: str, given: Any) -> list[Trajectory]:
    """The trajectories that were given: one, or several.

    Raises:
        TypeError: Something else was given (also an AttributeError); the sentence names its place.
    """
    if isinstance(given, Trajectory):
        return [given]
    if not isinstance(given, Iterable):
        raise MissingAttributeError(f"{operation} needs a trajectory or a list of them, not {type(given).__name__}")
    items = list(given)
    for place, item in enumerate(items):
        if not isinstance(item, Trajectory):
            raise MissingAttributeError(f"{operation} needs trajectories: entry {place} is a {type(item).__name__}")
    return items


def _report_text(folder: Path) -> str | None:
    """The report beside a dataset, or beside the folder of an import in several formats."""
    for file in (folder / "report.json", folder.parent / "report.json"):
        try:
            return file.read_text(encoding="utf-8")
        except OSError:
            continue
    return None


def _dataset_folder(path: Path) -> Path:
    if not path.exists():
        raise MissingSourceError(f"no such dataset: check the path ({path})")
    if not (path / "manifest.json").exists() and (path / "parquet" / "manifest.json").exists():
        return path / "parquet"
    return path


def open_dataset(path: str | Path, *, verify: bool = False) -> Dataset:
    """Opens a dataset or a file of native JSON lines, without reading it through.

    Args:
        path: A folder that an import wrote, or a file of JSON lines (read once, into a temporary dataset).
        verify: Whether every file is held against its checksum first.

    Returns:
        The dataset: a sequence of trajectories in order of conversation id, and an Arrow stream.

    Raises:
        SourceError: Nothing is there, it is damaged, or a newer version wrote it.
    """
    path = Path(os.fsdecode(file_path("path", path)))
    lines = path if path.is_file() else path / "trajectories.jsonl"
    if not lines.is_file():
        return Dataset(path, verify=verify)
    folder = TemporaryFolder()
    _core.convert(os.fsencode(lines), os.fsencode(folder.path / "dataset"), force=False, progress=None)
    return Dataset(folder.path / "dataset", keep=folder)


def load(path: str | Path) -> Trajectories:
    """Loads a dataset (or native JSON lines) as a list of light handles; its files are held against their checksums.

    Args:
        path: A folder that an import wrote, or a file of JSON lines.

    Returns:
        The trajectories in order of conversation id, with the import's `report` where it was kept.

    Raises:
        SourceError: Nothing is there, it is damaged, or a newer version wrote it.
    """
    dataset = open_dataset(path, verify=True)
    return Trajectories(dataset, dataset.report)
