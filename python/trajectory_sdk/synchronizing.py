"""Folders that follow a project: each time only what is new or has grown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import _core
from .api import config_for, live_source
from .arguments import file_path
from .importing import ImportOptions, import_fetched, journalled
from .live import fetch
from .progress import Progress
from .report import ImportReport, warn_of_refused


@dataclass(frozen=True)
class SyncChange:
    """A conversation that is new, or has grown: where its newest record is, and where the one before it stays.

    Attributes:
        conversation_id: Its id.
        dataset: The folder of the dataset with its newest record.
        before: The one that had it; None when the conversation is new.
    """

    conversation_id: str
    dataset: Path
    before: Path | None


@dataclass(frozen=True)
class SyncResult:
    """What a synchronization brought.

    Attributes:
        changes: The conversations, in order of their ids; empty when nothing was new.
        dataset: The folder of the dataset that was added; None when nothing was new.
        report: The report of its import.
    """

    changes: list[SyncChange]
    dataset: Path | None
    report: ImportReport | None


def sync(
    dataset: str | Path,
    *,
    since: timedelta | datetime | None = None,
    until: timedelta | datetime | None = None,
    keys: Sequence[str] | None = None,
    feedback: bool = True,
    route: str | None = None,
    threads: int | None = None,
    memory: int | None = None,
    max_value: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    progress: bool | None = None,
) -> SyncResult:
    """Brings what is new or has grown in the project since the last time.

    Each call that brings something adds a folder `version-00001`, `version-00002`, ... to `dataset`: a dataset of its
    own, which `open` and `load` read. Older ones stay as they are. Transforms of `init` run before anything is written.

    Args:
        dataset: The folder of versions: a new or an empty one, or one that `sync` wrote.
        since: Only traces whose root starts within this time before now, or at or after this moment (naive: UTC).
        until: Only traces whose root starts before this moment, or this time before now.
        keys: Metadata keys that name the conversation, best first.
        feedback: Whether feedback becomes `reward`.
        route: "auto", "bulk" or "api", in place of `init`'s.
        threads: Threads to use.
        memory: Bytes to get along with.
        max_value: Bytes of a value, above which rows are refused.
        storage_options: How buckets are reached, in place of `init`'s.
        progress: Whether a progress bar is shown.

    Returns:
        Which conversations are new or have grown, and where their records are.

    Raises:
        RuntimeError: As in `import_conversations`; `dataset` holds something else.
        ValueError: There is no key, `dataset` follows another project, or an argument cannot be.
    """
    config = config_for("sync")
    source = live_source(config, "sync", route=route)
    options = ImportOptions(
        source=None,
        since=since,
        until=until,
        keys=keys,
        feedback=feedback,
        threads=threads,
        memory=memory,
        max_value=max_value,
        storage_options=storage_options or config.storage_options,
        live=source,
    )
    request = options.request()
    folder = _core.SyncFolder(file_path("dataset", dataset))
    with Progress(progress) as bar, journalled(request):
        if not fetch(request, source.project(since=since, until=until), bar, folder):
            return SyncResult([], None, None)
        added = Path(os.fsdecode(folder.next()))
        result = import_fetched(request, config.transforms, out=added, force=True, bar=bar)
        changes = folder.take(request)
    if result.report is not None:
        warn_of_refused(result.report, 2)
    versions = added.parent
    return SyncResult(
        [
            SyncChange(conversation, versions / now, versions / before if before else None)
            for conversation, (now, before) in changes.items()
        ],
        added,
        result.report,
    )
