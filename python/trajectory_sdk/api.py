"""The functions of the package that need `init`: `import_conversations` and `iter_conversations`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .dataset import Trajectories
from .errors import ArgumentTypeError, NotInitializedError, UsageError
from .importing import ImportOptions, TrajectoryIterator, import_all
from .primitives.primitives import ConversationSummary, SDKConfig
from .report import warn_of_refused
from .transforms.base_transform import BaseTransform

_PROVIDERS = ("langsmith",)


class _State:
    """What `init` set; one per process."""

    config: SDKConfig | None = None


def init(
    *,
    project_id: str,
    provider: str | None = None,
    api_key: str | None = None,
    workspace_id: str | None = None,
    destination_id: str | None = None,
    trajectory_api_key: str | None = None,
    transforms: Sequence[BaseTransform] | None = None,
    debug: bool = False,
) -> None:
    """Says where conversations come from and what is done with them. Call it once, before anything else.

    Args:
        project_id: The project that conversations belong to. It never filters a local source.
        provider: Where runs were recorded: "langsmith".
        api_key: Key of the provider; reading a local source needs none.
        workspace_id: The provider's workspace; a local source needs none.
        destination_id: Where the provider writes bulk exports to; a local source needs none.
        trajectory_api_key: Key of the platform that trajectories are uploaded to.
        transforms: What changes trajectories before anything is written, in order (redaction, for example).
        debug: Whether imports print their report to standard error.

    Raises:
        ValueError: The provider is unknown, or the project is empty.
        TypeError: A transform is none.
    """
    if not project_id:
        raise UsageError("init needs a project_id")
    if provider is not None and provider not in _PROVIDERS:
        raise UsageError(f"unknown provider {provider!r}: known are {', '.join(_PROVIDERS)}")
    if isinstance(transforms, BaseTransform) or not isinstance(transforms or (), Iterable):
        raise ArgumentTypeError(f"transforms must be a list, not {type(transforms).__name__}")
    for transform in transforms or ():
        if not isinstance(transform, BaseTransform):
            raise ArgumentTypeError(f"transforms must be BaseTransform instances, not {type(transform).__name__}")
    _State.config = SDKConfig(
        project_id=project_id,
        provider=provider,
        api_key=api_key,
        workspace_id=workspace_id,
        destination_id=destination_id,
        trajectory_api_key=trajectory_api_key,
        transforms=list(transforms or ()),
        debug=debug,
    )


def _config(operation: str) -> SDKConfig:
    config = _State.config
    if config is None:
        raise NotInitializedError(f"{operation} needs init: call trajectory_sdk.init(project_id=...) first")
    if config.provider is None:
        raise NotInitializedError(f"{operation} needs a provider: call init(provider='langsmith', ...)")
    return config


def _need_source(operation: str, bulk: bool, source: Any) -> None:
    if not bulk:
        raise UsageError(f"{operation} needs bulk=True: other routes are not part of this version")
    if source is None:
        raise UsageError(f"{operation}(bulk=True) needs a source: a Parquet file, an export folder, a glob or a table")


def import_conversations(
    conversations: Sequence[str | ConversationSummary] | None = None,
    *,
    bulk: bool = False,
    source: Any = None,
    limit: int | None = None,
    since: timedelta | datetime | None = None,
    until: timedelta | datetime | None = None,
    keys: Sequence[str] | None = None,
    feedback: bool = True,
    out: str | Path | None = None,
    force: bool = False,
    threads: int | None = None,
    memory: int | None = None,
    max_value: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> Trajectories:
    """Imports conversations from a LangSmith export on disk or from a table in memory.

    The trajectories are light handles over a dataset: a temporary one that lives as long as they do, or `out`. Their
    fields appear when they are first looked at; transforms of `init` run before anything is written.

    Args:
        conversations: Only these conversations, by id or summary; None takes all.
        bulk: Must be True: a bulk export is read.
        source: A Parquet file, an export folder, a glob, JSON / JSON lines of runs, also in a bucket (gs://, s3://,
            abfs://); a pyarrow table or dataset, or any object with the Arrow PyCapsule interface; or a list of these.
        limit: Keep the first so many conversations, in sorted order of their id.
        since: Keep traces whose root starts within this time before now, or at or after this moment (naive: UTC).
        until: Keep traces whose root starts before this moment, or this time before now.
        keys: Metadata keys that name the conversation, best first; None means conversation_id, thread_id, session_id.
        feedback: Whether feedback becomes `reward`.
        out: A folder to keep the dataset in; it appears whole or not at all.
        force: Whether a folder `out` that is not empty is replaced.
        threads: Threads to use; None means all that the process may.
        memory: Bytes to get along with; None means half of what the process may use.
        max_value: Bytes of a value (a cell, a JSON run): rows with a larger one are refused; None means a 32nd of the
            memory, at least 16 MiB.
        storage_options: How buckets are reached, by the names that gcsfs, s3fs and adlfs use: `endpoint_url`, `token`,
            `key`, `secret`, `anon`, `client_kwargs`, `account_name`, `account_key`, `sas_token`, ...; what is not given
            is taken from the environment variables of these libraries.
        progress: Whether a progress bar is shown; None means on terminals and in notebooks.

    Returns:
        One trajectory per conversation, sorted by conversation id: a list whose `report` says what was read, used and
        left out. A `RefusedDataWarning` says when some of it was refused.

    Raises:
        RuntimeError: `init` was not called, or without a provider; the source cannot be read; `out` cannot be written.
        ValueError: `bulk` or `source` is missing, or the source is of no known kind.
        TypeError: `since` or `until` is neither a timedelta nor a datetime.
    """
    config = _config("import_conversations")
    _need_source("import_conversations", bulk, source)
    options = ImportOptions(
        source=source,
        limit=limit,
        since=since,
        until=until,
        conversations=() if conversations is None else conversations,
        keys=keys,
        feedback=feedback,
        threads=threads,
        memory=memory,
        max_value=max_value,
        storage_options=storage_options,
    )
    result = import_all(options, config.transforms, out=out, force=force, progress=progress)
    if config.debug:
        print(result.report, file=sys.stderr)
    if result.report is not None:
        warn_of_refused(result.report, 2)
    return result


def iter_conversations(
    conversations: Sequence[str | ConversationSummary] | None = None,
    *,
    bulk: bool = False,
    source: Any = None,
    limit: int | None = None,
    since: timedelta | datetime | None = None,
    until: timedelta | datetime | None = None,
    keys: Sequence[str] | None = None,
    feedback: bool = True,
    threads: int | None = None,
    memory: int | None = None,
    max_value: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> TrajectoryIterator:
    """Imports conversations one after the other, in order of conversation id, in bounded memory.

    Nothing is written to disk. Leaving the loop early ends the import. Arguments and errors are those of
    `import_conversations`; a transform's `transform_batch` is given one trajectory at a time.

    Returns:
        An iterator over trajectories. After the last one its `report` says what was read, used and left out, and a
        `RefusedDataWarning` when some of it was refused.
    """
    config = _config("iter_conversations")
    _need_source("iter_conversations", bulk, source)
    options = ImportOptions(
        source=source,
        limit=limit,
        since=since,
        until=until,
        conversations=() if conversations is None else conversations,
        keys=keys,
        feedback=feedback,
        threads=threads,
        memory=memory,
        max_value=max_value,
        storage_options=storage_options,
    )
    return TrajectoryIterator(options, config.transforms, progress=progress, debug=config.debug)
