"""What a LangSmith workspace holds: conversations, projects, destinations, bulk exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import _core
from .api import config_for
from .arguments import microseconds, text_bytes, whole_number
from .importing import key_bytes
from .live import condition, find_access
from .primitives.primitives import ConversationSummary


@dataclass(frozen=True)
class Workspace:
    """A workspace that the key sees."""

    id: str
    name: str
    handle: str
    is_personal: bool
    read_only: bool


@dataclass(frozen=True)
class Project:
    """A project: what LangSmith calls a tracing project, or session. Times are ISO 8601."""

    id: str
    name: str
    workspace_id: str
    start_time: str | None
    last_run_start_time: str | None
    run_count: int | None


@dataclass(frozen=True)
class Destination:
    """A bucket that bulk exports can be written to; an empty `endpoint_url` is Amazon's."""

    id: str
    name: str
    bucket: str
    prefix: str
    endpoint_url: str
    region: str


@dataclass(frozen=True)
class BulkExport:
    """A bulk export. Times are ISO 8601, `start_time` and `end_time` those of its window on the starts of runs.

    Attributes:
        status: Created, Running, Completed, Failed, Cancelled, TimedOut, IntervalScheduled or unknown.
    """

    id: str
    status: str
    project_id: str
    destination_id: str
    start_time: str | None
    end_time: str | None
    filter: str
    created_at: str | None
    finished_at: str | None


def list_conversations(
    *,
    limit: int = 50,
    query: str | None = None,
    since: timedelta | datetime | None = None,
    until: timedelta | datetime | None = None,
    keys: Sequence[str] | None = None,
) -> list[ConversationSummary]:
    """The newest conversations of the project.

    Args:
        limit: How many at most.
        query: Only those with a trace whose root run is so: a condition of LangSmith's filter language, as in
            `eq(name, "chat")`, or words to search for.
        since: Only traces whose root starts within this time before now, or at or after this moment (naive: UTC).
        until: Only traces whose root starts before this moment, or this time before now.
        keys: Metadata keys that name the conversation, best first; None means conversation_id, thread_id, session_id.

    Returns:
        Summaries, newest first, for `import_conversations`.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached or refuses.
        ValueError: There is no key.
    """
    config = config_for("list_conversations")
    whole_number("limit", limit, 0)
    found = _core.list_conversations(
        find_access(config, "list_conversations"),
        text_bytes("project_id", config.project_id),
        limit=limit,
        since=microseconds("since", since),
        until=microseconds("until", until),
        keys=key_bytes(keys),
        trace_filter=text_bytes("query", "" if query is None else condition(query)),
    )
    return [ConversationSummary(**one) for one in found]


def workspaces() -> list[Workspace]:
    """The workspaces that the key sees.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached or refuses.
        ValueError: There is no key.
    """
    return [Workspace(**one) for one in _core.list_workspaces(_access("workspaces"))]


def projects(name_contains: str = "") -> list[Project]:
    """The projects of the workspace, newest first.

    Args:
        name_contains: Only those with this in their name.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached or refuses.
        ValueError: There is no key.
    """
    part = text_bytes("name_contains", name_contains)
    return [Project(**one) for one in _core.list_projects(_access("projects"), part)]


def destinations() -> list[Destination]:
    """The buckets that bulk exports can be written to: `destination_id` of `init` is the id of one.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached, or the key has no right
            to bulk exports.
        ValueError: There is no key.
    """
    return [Destination(**one) for one in _core.list_destinations(_access("destinations"))]


def exports() -> list[BulkExport]:
    """The bulk exports of the workspace.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached, or the key has no right
            to bulk exports.
        ValueError: There is no key.
    """
    return [BulkExport(**one) for one in _core.list_exports(_access("exports"))]


def cancel_export(export_id: str) -> BulkExport:
    """Stops a bulk export.

    Returns:
        The export as it is then.

    Raises:
        RuntimeError: `init` was not called, or without a provider; LangSmith cannot be reached, refuses, or knows no
            such export.
        ValueError: There is no key.
    """
    one = text_bytes("export_id", export_id)
    return BulkExport(**_core.cancel_export(_access("cancel_export"), one))


def _access(operation: str) -> _core.Access:
    return find_access(config_for(operation), operation)
