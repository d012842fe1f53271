"""Projects of LangSmith as sources of imports: how they are reached, and which of their traces are wanted."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .arguments import file_path, text_bytes
from .errors import ArgumentTypeError, UsageError
from .primitives.primitives import SDKConfig
from .progress import Progress

# Lines that a person should read while LangSmith is waited for, such as why there is no bulk export.
_log = logging.getLogger("trajectory_sdk")

# The operators of https://docs.langchain.com/langsmith/trace-query-syntax
_CONDITION = re.compile(r"\s*(and|or|not|eq|neq|gt|gte|lt|lte|has|in|search)\(.*\)\s*", re.DOTALL)


@dataclass(frozen=True)
class TraceFilters:
    """Conditions in LangSmith's filter language that hold together."""

    runs: list[str] = field(default_factory=list)
    """On one of a trace's runs."""
    roots: list[str] = field(default_factory=list)
    """On its root."""


@dataclass(frozen=True)
class LiveSource:
    """A project as the source of an import."""

    access: _core.Access
    config: SDKConfig
    route: str
    keep_export: str | Path | None = None
    filters: TraceFilters = field(default_factory=TraceFilters)

    def project(
        self,
        *,
        target: str | Path | None = None,
        since: timedelta | datetime | None = None,
        until: timedelta | datetime | None = None,
    ) -> _core.Project:
        """What the engine fetches from.

        Args:
            target: The output that it is for: an interrupted import is gone on with by the same one.
            since: As it was asked for: a span means another moment each time.
            until: Likewise.

        Raises:
            ValueError: An argument cannot be.
        """
        config = self.config
        spans = any(isinstance(moment, timedelta) for moment in (since, until))
        timeout = config.export_timeout
        return _core.Project(
            self.access,
            text_bytes("project_id", config.project_id),
            route=text_bytes("route", self.route),
            api_version=text_bytes("api_version", config.api_version),
            destination=text_bytes("destination_id", config.destination_id or ""),
            bucket=text_bytes("bucket", config.bucket or ""),
            keep_export=_path("keep_export", self.keep_export),
            timeout=None if timeout is None else timeout // timedelta(milliseconds=1),
            state=_path("state", config.state),
            target=_path("out", target),
            window_as_asked=f"{since} to {until}" if spans else "",
            run_filters=[text_bytes("filter", one) for one in self.filters.runs],
            trace_filters=[text_bytes("filter", one) for one in self.filters.roots],
        )


def fetch(
    request: _core.ImportRequest, project: _core.Project, bar: Progress, folder: _core.SyncFolder | None = None
) -> bool:
    """Brings the runs here, or finds where a bulk export wrote them, and makes them the source of a request.

    Returns:
        False when a synchronized `folder` has all of them.

    Raises:
        RuntimeError: LangSmith cannot be reached, does not take the key, refuses or fails.
        ValueError: The export has no destination, or several to choose from.
    """
    news = request.fetch(project, folder, progress=bar.listener(), notes=_log.warning)
    _log.info("fetched %s", request.how_fetched())
    return news


def find_access(config: SDKConfig, operation: str) -> _core.Access:
    """The key, address and workspace of `init`, else of the environment, else of the config file.

    Raises:
        ValueError: There is no key.
    """
    access = _core.Access(
        key=text_bytes("api_key", config.api_key or ""),
        url=text_bytes("langsmith_url", config.langsmith_url or ""),
        workspace=text_bytes("workspace_id", config.workspace_id or ""),
    )
    if not access.has_key:
        raise UsageError(f"{operation} needs a LangSmith API key: give api_key to init, or set LANGSMITH_API_KEY")
    return access


def condition(query: Any) -> str:
    """A query as a condition: one of the filter language as it is, anything else as words to search for.

    Raises:
        TypeError: It is no text.
    """
    if not isinstance(query, str):
        raise ArgumentTypeError(f"query must be a text, not {type(query).__name__}")
    return query if _CONDITION.fullmatch(query) else f"search({json.dumps(query)})"


_RUNS_QUERY = {
    "filter": str,
    "trace_filter": str,
    "tree_filter": str,
    "query": str,
    "run_type": str,
    "is_root": bool,
    "error": bool,
    "start_time": datetime,
    "end_time": datetime,
}


def read_runs_query(operation: str, arguments: Mapping[str, Any]) -> tuple[TraceFilters, datetime | None]:
    """The traces that a query of runs finds a run of: conditions, and the earliest start of their roots.

    Args:
        operation: Who asks, for messages.
        arguments: `filter`, `run_type`, `error` and `query` say which run is looked for, `is_root` whether it is the
            root or another one; `trace_filter` is a condition on the root, `tree_filter` on any run of the trace;
            `start_time` and `end_time` bound the root's start and end. None counts as not given.

    Raises:
        TypeError: An argument is unknown or of another type.
        ValueError: The query is one of two different runs.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    for name, value in given.items():
        if name not in _RUNS_QUERY:
            raise ArgumentTypeError(f"{operation} does not know {name!r}: a query of runs has {', '.join(_RUNS_QUERY)}")
        if not isinstance(value, _RUNS_QUERY[name]):
            raise ArgumentTypeError(f"{name} must be a {_RUNS_QUERY[name].__name__}, not {type(value).__name__}")
    looked_for = [given["filter"]] if "filter" in given else []
    if "query" in given:
        looked_for.append(condition(given["query"]))
    if "run_type" in given:
        looked_for.append(f"eq(run_type, {json.dumps(given['run_type'])})")
    if "error" in given:
        looked_for.append(f'{"eq" if given["error"] else "neq"}(status, "error")')
    roots = [given["trace_filter"]] if "trace_filter" in given else []
    if "end_time" in given:
        end = given["end_time"]
        end = end.replace(tzinfo=UTC) if end.tzinfo is None else end.astimezone(UTC)
        roots.append(f"lte(end_time, {json.dumps(end.isoformat())})")
    is_root = given.get("is_root")
    if is_root is True:
        roots, looked_for = looked_for + roots, []
    elif is_root is False:
        looked_for.append("eq(is_root, false)")
    if "tree_filter" in given:
        if looked_for:
            raise UsageError("tree_filter and a filter of other runs cannot be asked for at once: give is_root=True")
        looked_for = [given["tree_filter"]]
    return TraceFilters(looked_for, roots), given.get("start_time")


def _path(name: str, value: str | Path | None) -> bytes:
    return b"" if value is None else file_path(name, value)
