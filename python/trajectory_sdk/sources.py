"""What `source=` may be: paths, globs, and tables that speak Arrow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from .arguments import file_path
from .errors import ArgumentTypeError, SourceError, TrajectoryError, UsageError

Stream = tuple[str, Callable[[], object]]


def split_sources(source: Any) -> tuple[list[bytes], list[Stream]]:
    """Tells paths from tables.

    Args:
        source: A path or glob, or one in a bucket (gs://, s3://, abfs://); a pyarrow table, record batch reader or
            dataset; any object with the Arrow PyCapsule interface (a polars or pandas frame, a DuckDB relation, ...); a
            Hugging Face dataset; or a list of these.

    Returns:
        Paths, and named functions that open a table's stream anew at each call. Tables and pyarrow datasets are read
        batch by batch; a stream that can be read only once is held in memory.

    Raises:
        ValueError: It is something else, or an empty list.
    """
    paths: list[bytes] = []
    streams: list[Stream] = []
    items = source if isinstance(source, list | tuple) else [source]
    if not items:
        raise UsageError("source is an empty list: name an export or give a table")
    for number, item in enumerate(items, 1):
        if isinstance(item, str | os.PathLike):
            paths.append(file_path("source", item))
        else:
            name = f"table {number}" if len(items) > 1 else "the table"
            title = f"{name} ({type(item).__name__})"
            streams.append((title, _opener(item, title)))
    return paths, streams


def flat_options(options: Mapping[str, Any] | None) -> dict[str, str]:
    """Storage options as the engine takes them: texts, nested ones under names with a dot.

    Args:
        options: Options by the names that gcsfs, s3fs and adlfs give them. A `token` that is a mapping is the content
            of a service account's key file.

    Raises:
        TypeError: `options` is no mapping, or a value is neither a text, a number nor a mapping. The message holds no
            value.
    """
    flat: dict[str, str] = {}
    if options is not None and not isinstance(options, Mapping):
        raise ArgumentTypeError(f"storage_options must be a mapping, not {type(options).__name__}")
    for name, value in (options or {}).items():
        if value is None:
            continue
        if name == "token" and isinstance(value, Mapping):
            flat[name] = json.dumps(dict(value))
        elif isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": text for inner, text in flat_options(value).items()})
        elif isinstance(value, bool):
            flat[name] = str(value).lower()
        elif isinstance(value, str | int | os.PathLike):
            flat[name] = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
        else:
            raise ArgumentTypeError(f"storage option {name} cannot be a {type(value).__name__}")
    return flat


def _opener(table: Any, title: str) -> Callable[[], object]:
    import pyarrow
    import pyarrow.dataset

    if isinstance(table, pyarrow.dataset.Dataset):
        return lambda: table.scanner().to_reader().__arrow_c_stream__()
    if isinstance(table, pyarrow.Table):
        return lambda: table.__arrow_c_stream__()
    if isinstance(table, pyarrow.RecordBatch):
        return _opener(pyarrow.Table.from_batches([table]), title)
    try:
        held = _held(table)
    except TrajectoryError:
        raise
    except Exception as error:  # whatever the object's own code raises
        raise SourceError(f"{title} cannot be read: {' '.join(f'{type(error).__name__}: {error}'.split())}") from error
    return _opener(held, title)


def _held(table: Any) -> Any:
    """The rows of an object as a pyarrow table."""
    import pyarrow

    if isinstance(table, dict) and hasattr(table, "with_format"):  # a Hugging Face DatasetDict
        raise UsageError(f"source holds several data sets: give one of them, or a list ({', '.join(map(repr, table))})")
    if hasattr(table, "with_format"):  # Hugging Face datasets
        if not hasattr(table, "__len__"):  # an iterable one
            rows = list(table.with_format("arrow"))
            return pyarrow.concat_tables(rows, promote_options="default") if rows else pyarrow.table({})
        return table.with_format("arrow")[:]
    if hasattr(table, "__arrow_c_stream__"):
        return pyarrow.RecordBatchReader.from_stream(table).read_all()
    raise UsageError(
        f"source cannot be a {type(table).__name__}: give a path, a pyarrow table or dataset, or an object with "
        "__arrow_c_stream__"
    )
