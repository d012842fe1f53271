"""What `source=` may be: paths, globs, and tables that speak Arrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .errors import UsageError

Stream = tuple[str, Callable[[], object]]


def split_sources(source: Any) -> tuple[list[str], list[Stream]]:
    """Tells paths from tables.

    Args:
        source: A path or glob; a pyarrow table, record batch reader or dataset; any object with the Arrow PyCapsule
            interface (a polars or pandas frame, a DuckDB relation, ...); a Hugging Face dataset; or a list of these.

    Returns:
        Paths, and named functions that open a table's stream anew at each call. Tables and pyarrow datasets are read
        batch by batch; a stream that can be read only once is held in memory.

    Raises:
        ValueError: It is something else, or an empty list.
    """
    paths: list[str] = []
    streams: list[Stream] = []
    items = source if isinstance(source, list | tuple) else [source]
    if not items:
        raise UsageError("source is an empty list: name an export or give a table")
    for number, item in enumerate(items, 1):
        if isinstance(item, str | os.PathLike):
            paths.append(os.fspath(item))
        else:
            name = f"table {number}" if len(items) > 1 else "the table"
            streams.append((f"{name} ({type(item).__name__})", _opener(item)))
    return paths, streams


def _opener(table: Any) -> Callable[[], object]:
    import pyarrow
    import pyarrow.dataset

    if isinstance(table, pyarrow.dataset.Dataset):
        return lambda: table.scanner().to_reader().__arrow_c_stream__()
    if isinstance(table, pyarrow.Table):
        return lambda: table.__arrow_c_stream__()
    if isinstance(table, pyarrow.RecordBatch):
        return _opener(pyarrow.Table.from_batches([table]))
    if hasattr(table, "with_format"):  # Hugging Face datasets
        return _opener(table.with_format("arrow")[:])
    if hasattr(table, "__arrow_c_stream__"):
        return _opener(pyarrow.RecordBatchReader.from_stream(table).read_all())
    raise UsageError(
        f"source cannot be a {type(table).__name__}: give a path, a pyarrow table or dataset, or an object with "
        "__arrow_c_stream__"
    )
