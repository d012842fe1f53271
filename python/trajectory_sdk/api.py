"""`init`, and the imports: `import_conversations` and `iter_conversations`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .arguments import text_bytes
from .dataset import Trajectories
from .errors import ArgumentTypeError, NotInitializedError, UsageError
from .importing import ImportOptions, TrajectoryIterator, import_all
from .live import LiveSource, TraceFilters, find_access, read_runs_query
from .primitives.primitives import ConversationSummary, SDKConfig
from .report import warn_of_refused
from .sources import flat_options
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
    base_url: str | None = None,
    langsmith_url: str | None = None,
    route: str = "auto",
    api_version: str = "auto",
    storage_options: Mapping[str, Any] | None = None,
    bucket: str | None = None,
    export_timeout: timedelta | None = None,
    state: str | Path | None = None,
) -> None:
    """Says where conversations come from and what is done with them. Call it once, before anything else.

    Args:
        project_id: The project that conversations belong to, by its id or exact name. It never filters a local source.
        provider: Where runs were recorded: "langsmith".
        api_key: Key of the provider; None takes LANGSMITH_API_KEY, else LANGCHAIN_API_KEY. A local source needs none.
        workspace_id: The provider's workspace; None takes LANGSMITH_WORKSPACE_ID.
        destination_id: Where the provider writes bulk exports to.
        trajectory_api_key: Key of the platform that trajectories are uploaded to; None takes TRAJECTORY_API_KEY.
        transforms: What changes trajectories before anything is written, in order (redaction, for example).
        debug: Whether imports print their report to standard error.
        base_url: Address of the platform; None takes TRAJECTORY_BASE_URL, else that of `trajectory serve` on this
            machine.
        langsmith_url: Address of LangSmith; None takes LANGSMITH_ENDPOINT, else the US cloud.
        route: How runs are brought here: "bulk" (a bulk export), "api" (queries), or "auto": bulk where it is possible.
        api_version: The version of the queries: "v1", "v2" or "auto".
        storage_options: How buckets are reached: see `import_conversations`.
        bucket: Where the destination's bucket is read, when not as it is written: "gs://NAME" or "s3://NAME".
        export_timeout: How long to wait without a bulk export ending; None means two hours. It is left running then.
        state: The folder that an interrupted import is gone on with from; None takes one below ~/.local/state.

    Raises:
        ValueError: The provider is unknown, the project is empty, or an argument cannot be.
        TypeError: A transform is none, or another argument is of a type that cannot be.
    """
    if not project_id:
        raise UsageError("init needs a project_id")
    for name, text in (
        ("project_id", project_id),
        ("api_key", api_key),
        ("workspace_id", workspace_id),
        ("destination_id", destination_id),
        ("langsmith_url", langsmith_url),
        ("bucket", bucket),
        ("base_url", base_url),
        ("trajectory_api_key", trajectory_api_key),
    ):
        if text is not None:
            text_bytes(name, text)
    _core.check_routes(route=text_bytes("route", route), api_version=text_bytes("api_version", api_version))
    if export_timeout is not None and not isinstance(export_timeout, timedelta):
        raise ArgumentTypeError(f"export_timeout must be a timedelta, not {type(export_timeout).__name__}")
    flat_options(storage_options)
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
        base_url=base_url,
        langsmith_url=langsmith_url,
        route=route,
        api_version=api_version,
        storage_options=storage_options,
        bucket=bucket,
        export_timeout=export_timeout,
        state=state,
    )


def platform_access(operation: str) -> tuple[bytes, bytes]:
    """Address and key of the platform; an empty address is the usual one.

    Raises:
        RuntimeError: `init` was not called.
        ValueError: There is no key.
    """
    config = _State.config
    if config is None:
        raise NotInitializedError(f"{operation} needs init: call trajectory_sdk.init(project_id=...) first")
    key = config.trajectory_api_key or os.environ.get("TRAJECTORY_API_KEY")
    if not key:
        raise UsageError(
            f"{operation} needs the platform's API key: give init(trajectory_api_key=...), or set TRAJECTORY_API_KEY"
        )
    url = config.base_url or os.environ.get("TRAJECTORY_BASE_URL") or ""
    return text_bytes("base_url", url), text_bytes("trajectory_api_key", key)


def config_for(operation: str) -> SDKConfig:
    """What `init` was given.

    Raises:
        RuntimeError: `init` was not called, or without a provider.
    """
    config = _State.config
    if config is None:
        raise NotInitializedError(f"{operation} needs init: call trajectory_sdk.init(project_id=...) first")
    if config.provider is None:
        raise NotInitializedError(f"{operation} needs a provider: call init(provider='langsmith', ...)")
    return config


def live_source(
    config: SDKConfig,
    operation: str,
    *,
    route: str | None = None,
    keep_export: str | Path | None = None,
    filters: TraceFilters | None = None,
) -> LiveSource:
    """The project of `init` as a source.

    Args:
        config: What `init` was given.
        operation: Who asks, for messages.
        route: In place of `init`'s.
        keep_export: Folder that exported files are kept in.
        filters: Which traces.

    Raises:
        ValueError: There is no key.
    """
    chosen = config.route if route is None else route
    return LiveSource(find_access(config, operation), config, chosen, keep_export, filters or TraceFilters())


def _import_options(
    operation: str,
    config: SDKConfig,
    conversations: Sequence[str | ConversationSummary] | None,
    *,
    bulk: bool,
    runs_query: bool,
    source: Any,
    limit: int | None,
    since: timedelta | datetime | None,
    until: timedelta | datetime | None,
    keys: Sequence[str] | None,
    feedback: bool,
    threads: int | None,
    memory: int | None,
    max_value: int | None,
    storage_options: Mapping[str, Any] | None,
    route: str | None,
    keep_export: str | Path | None,
    query: Mapping[str, Any],
) -> ImportOptions:
    """What an import does, with its source, once it is clear that the arguments go together."""
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
        storage_options=storage_options or config.storage_options,
    )
    if bulk and runs_query:
        raise UsageError(f"{operation} takes bulk=True or runs_query=True, not both")
    if query and not runs_query:
        raise ArgumentTypeError(
            f"{operation} got an unexpected argument {next(iter(query))!r}: did you mean runs_query=True?"
        )
    if source is not None:
        if not bulk:
            raise UsageError(f"{operation} needs bulk=True to read a source")
        if route is not None or keep_export is not None:
            raise UsageError("route and keep_export are for imports from LangSmith: a source is read as it is")
        return options
    if not bulk and not runs_query and not options.conversations:
        raise UsageError(f"{operation} needs bulk=True, runs_query=True, or conversations (ids or summaries)")
    by_queries = not bulk or (config.route if route is None else route) == "api"
    if not bulk and route not in (None, "api"):
        raise UsageError("only bulk=True has a choice of routes: other imports go by queries")
    if by_queries and keep_export is not None:
        raise UsageError("keep_export keeps what a bulk export writes: imports by queries make none")
    if by_queries and storage_options is not None:
        raise UsageError("storage_options say how buckets are reached: imports by queries read none")
    asker = f"{operation} without a source"
    if runs_query:
        filters, start = read_runs_query(operation, query)
        if start is not None and since is not None:
            raise UsageError("since and start_time are the same: give one of them")
        live = live_source(config, asker, route="api", filters=filters)
        return replace(options, since=since if start is None else start, live=live)
    live = live_source(config, asker, route=route if bulk else "api", keep_export=keep_export)
    if not by_queries:
        missing = {"workspace_id": live.access.workspace, "destination_id": config.destination_id}
        for name, value in missing.items():
            if not value:
                raise UsageError(f'{operation}(bulk=True) needs a {name}: give it to init, or take route="api"')
    return replace(options, live=live)


def import_conversations(
    conversations: Sequence[str | ConversationSummary] | None = None,
    *,
    bulk: bool = False,
    runs_query: bool = False,
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
    route: str | None = None,
    keep_export: str | Path | None = None,
    progress: bool | None = None,
    **query: Any,
) -> Trajectories:
    """Imports conversations: from LangSmith itself, from an export of it, or from a table in memory.

    From LangSmith (without `source`) either all of the project (`bulk=True`), or the conversations that are named, or
    those in which a query of runs finds one (`runs_query=True`). Every route gives the same trajectories. When such an
    import is interrupted, the same call goes on with it.

    The trajectories are light handles over a dataset: a temporary one that lives as long as they do, or `out`. Their
    fields appear when they are first looked at; transforms of `init` run before anything is written.

    Args:
        conversations: Only these conversations, by id or summary; None takes all.
        bulk: A whole project, or a source, is imported.
        runs_query: The traces are imported of which a query finds a run. The further arguments say which: `filter` (in
            LangSmith's filter language), `run_type`, `error`, `query` (words), with `is_root` only as the root or only
            as another run; `trace_filter` is a condition on the root, `tree_filter` on any run; the root's
            `start_time` is the earliest, its `end_time` the latest.
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
            is taken from the environment variables of these libraries. None takes those of `init`.
        route: "auto", "bulk" or "api", in place of `init`'s: with `bulk=True` alone.
        keep_export: A folder to keep the exported Parquet files in, when a bulk export is made.
        progress: Whether a progress bar is shown; None means on terminals and in notebooks.
        **query: With `runs_query=True`.

    Returns:
        One trajectory per conversation, sorted by conversation id (conversations that were named without `bulk`: in
        their order): a list whose `report` says what was read, used and left out. A `RefusedDataWarning` says when
        some of it was refused.

    Raises:
        RuntimeError: `init` was not called, or without a provider; the source cannot be read; LangSmith cannot be
            reached, refuses, or has nothing of the kind; `out` cannot be written.
        ValueError: Arguments that do not go together; the source is of no known kind; there is no key of LangSmith;
            `bulk=True` without `workspace_id` or `destination_id`, where an export may be made.
        TypeError: `since` or `until` is neither a timedelta nor a datetime.
    """
    config = config_for("import_conversations")
    options = _import_options(
        "import_conversations",
        config,
        conversations,
        bulk=bulk,
        runs_query=runs_query,
        source=source,
        limit=limit,
        since=since,
        until=until,
        keys=keys,
        feedback=feedback,
        threads=threads,
        memory=memory,
        max_value=max_value,
        storage_options=storage_options,
        route=route,
        keep_export=keep_export,
        query=query,
    )
    result = import_all(options, config.transforms, out=out, force=force, progress=progress)
    if not bulk and not runs_query:
        result = _in_order_of(options.conversations, result)
    if config.debug:
        print(result.report, file=sys.stderr)
    if result.report is not None:
        warn_of_refused(result.report, 2)
    return result


def _in_order_of(named: Sequence[str | ConversationSummary], found: Trajectories) -> Trajectories:
    """Trajectories as they were asked for; those whose ids transforms changed come last."""
    places = {one if isinstance(one, str) else one.conversation_id: place for place, one in enumerate(named)}
    return Trajectories(
        sorted(found, key=lambda one: places.get(str(one.task.conversation_id), len(places))), found.report
    )


def iter_conversations(
    conversations: Sequence[str | ConversationSummary] | None = None,
    *,
    bulk: bool = False,
    runs_query: bool = False,
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
    route: str | None = None,
    keep_export: str | Path | None = None,
    progress: bool | None = None,
    **query: Any,
) -> TrajectoryIterator:
    """Imports conversations one after the other, in order of conversation id, in bounded memory.

    Nothing is written to disk. Leaving the loop early ends the import. Arguments and errors are those of
    `import_conversations`; a transform's `transform_batch` is given one trajectory at a time.

    Returns:
        An iterator over trajectories. After the last one its `report` says what was read, used and left out, and a
        `RefusedDataWarning` when some of it was refused.
    """
    config = config_for("iter_conversations")
    options = _import_options(
        "iter_conversations",
        config,
        conversations,
        bulk=bulk,
        runs_query=runs_query,
        source=source,
        limit=limit,
        since=since,
        until=until,
        keys=keys,
        feedback=feedback,
        threads=threads,
        memory=memory,
        max_value=max_value,
        storage_options=storage_options,
        route=route,
        keep_export=keep_export,
        query=query,
    )
    return TrajectoryIterator(options, config.transforms, progress=progress, debug=config.debug)
