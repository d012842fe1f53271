"""The functions of the package: `init`, `import_conversations`, `save`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .errors import NotInitializedError, UsageError
from .primitives.primitives import SDKConfig, Trajectory, from_dict

_PROVIDERS = ("langsmith",)


class _State:
    """What `init` set; one per process."""

    config: SDKConfig | None = None


def init(*, project_id: str, provider: str | None = None, debug: bool = False) -> None:
    """Says where conversations come from. Call it once, before anything else.

    Args:
        project_id: The project that conversations belong to. It never filters a local source.
        provider: Where runs were recorded: "langsmith".
        debug: Whether imports print their report to standard error.

    Raises:
        ValueError: The provider is unknown, or the project is empty.
    """
    if not project_id:
        raise UsageError("init needs a project_id")
    if provider is not None and provider not in _PROVIDERS:
        raise UsageError(f"unknown provider {provider!r}: known are {', '.join(_PROVIDERS)}")
    _State.config = SDKConfig(project_id=project_id, provider=provider, debug=debug)


def _config(operation: str) -> SDKConfig:
    if _State.config is None:
        raise NotInitializedError(f"{operation} needs init: call trajectory_sdk.init(project_id=...) first")
    return _State.config


def _start_of_window(since: timedelta | datetime | None) -> int | None:
    """The earliest start of a trace in microseconds since 1970, or None."""
    if since is None:
        return None
    if isinstance(since, timedelta):
        since = datetime.now(UTC) - since
    if not isinstance(since, datetime):
        raise TypeError(f"since must be a timedelta or a datetime, not {type(since).__name__}")
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return (since - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def import_conversations(
    *,
    bulk: bool = False,
    source: str | Path | None = None,
    limit: int | None = None,
    since: timedelta | datetime | None = None,
) -> list[Trajectory]:
    """Imports conversations from a LangSmith export on disk.

    Args:
        bulk: Must be True: a bulk export is read.
        source: A Parquet file, an export folder, a glob, or JSON / JSON lines of runs.
        limit: Keep the first so many conversations, in sorted order of their id.
        since: Keep traces whose root starts within this time before now, or at or after this moment (naive: UTC).

    Returns:
        One trajectory per conversation, sorted by conversation id.

    Raises:
        RuntimeError: `init` was not called, or without a provider; or the source cannot be read.
        ValueError: `bulk` or `source` is missing.
        TypeError: `since` is neither a timedelta nor a datetime.
    """
    config = _config("import_conversations")
    if config.provider is None:
        raise NotInitializedError("import_conversations needs a provider: call init(provider='langsmith', ...)")
    if not bulk:
        raise UsageError("import_conversations needs bulk=True: other routes are not part of this version")
    if source is None:
        raise UsageError("import_conversations(bulk=True) needs a source: a Parquet file, an export folder or a glob")
    texts, report = _core.import_conversations([str(source)], limit=limit, since=_start_of_window(since))
    if config.debug:
        print(report, end="", file=sys.stderr)
    return [from_dict(json.loads(text)) for text in texts]


def _file_name(trajectory: Trajectory) -> str:
    name = trajectory.task.conversation_id or trajectory.task.id or "trajectory"
    return name.replace("/", "_").replace("\\", "_")


def save(trajectories: Trajectory | Sequence[Trajectory], output_dir: str | Path) -> None:
    r"""Writes each trajectory to `{output_dir}/{conversation_id}.json`.

    The folder is made when it is missing; `/` and `\` in ids become `_`. Files are UTF-8 JSON with an indent of 2,
    nulls kept, non-ASCII escaped.

    Args:
        trajectories: One trajectory, or several.
        output_dir: The folder.

    Raises:
        ValueError: Two trajectories would get the same file.
        OSError: The folder or a file cannot be written.
    """
    items: list[Trajectory] = [trajectories] if isinstance(trajectories, Trajectory) else list(trajectories)
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Any] = {}
    for trajectory in items:
        name = _file_name(trajectory)
        if name in written and written[name] != trajectory:
            raise UsageError(f"two trajectories would be saved as {name}.json: give them different conversation ids")
        written[name] = trajectory
        target = folder / f"{name}.json"
        partial = folder / f".{name}.json.part"
        partial.write_text(json.dumps(asdict(trajectory), indent=2), encoding="utf-8")
        partial.replace(target)
