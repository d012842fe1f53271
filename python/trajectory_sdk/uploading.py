"""`upload` and `upload_trace`: trajectories, and events beside them, to the platform."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from . import _core
from .api import platform_access
from .arguments import flag, text_bytes
from .dataset import Dataset, DatasetRow, trajectories_of
from .errors import DataError, SecretWarning, ServiceError, UsageError
from .events import push_events
from .primitives.native import contract_text, unchanged_source
from .primitives.primitives import TelemetryEvent, Trajectory
from .progress import Progress

_Part = tuple[_core.Dataset, int, int] | bytes | Callable[[], bytes]


def upload(
    trajectories: Trajectory | Sequence[Trajectory] | Dataset,
    dataset: str,
    *,
    block_secrets: bool = False,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Uploads trajectories to a dataset of the platform.

    They go in batches, up to 8 at once; calls that the platform fails or refuses for their number are repeated three
    times. Content that is there already is skipped, so that the same call goes on after a failure. Untouched
    trajectories of an import are sent from its dataset, without Python objects. Trajectories without steps are left
    out. What looks like a key, a token or a private key is named by a `SecretWarning` before anything is sent.

    Args:
        trajectories: One trajectory, several, or a dataset.
        dataset: Name of the dataset on the platform; it is made when it is not there.
        block_secrets: Whether nothing is sent when something looks like a secret.
        progress: Whether a progress bar is shown; None means on terminals and in notebooks.

    Returns:
        `uploaded`, `skipped` (`client_skipped`, without steps, and `backend_skipped`, there already), `errors`,
        `trajectories` (for each that was sent `request_index`, its place in what was given, `trajectory_id`,
        `trace_id`, `status`, `error`), `batches`, `elapsed_s` (seconds).

    Raises:
        RuntimeError: `init` was not called; the platform cannot be reached, does not take the key (`AccessError`),
            refuses or fails (`ServiceError`); a secret was found (`DataError`, with `block_secrets`).
        ValueError: There is no API key, or no name of a dataset; JSON cannot hold a trajectory.
        TypeError: Something else than trajectories is given, or JSON cannot hold a value in one.
    """
    url, key = platform_access("upload")
    name = text_bytes("dataset", dataset)
    if not name:
        raise UsageError("upload needs the name of a dataset")
    block_secrets = flag("block_secrets", block_secrets)
    parts = list(_parts_of(trajectories))
    if not parts:
        return _nothing()
    sending = _core.Upload(url=url, key=key, parts=parts, scratch=os.fsencode(tempfile.gettempdir()))
    with Progress(progress) as bar:
        secrets = json.loads(sending.find_secrets(bar.listener()))
    if secrets["found"]:
        _tell(secrets, block_secrets)
    with Progress(progress) as bar:
        result: dict[str, Any] = json.loads(sending.send(name, bar.listener()))
    return result


def _nothing() -> dict[str, Any]:
    counts = dict.fromkeys(("uploaded", "skipped", "client_skipped", "backend_skipped"), 0)
    return {**counts, "errors": [], "trajectories": [], "batches": 0, "elapsed_s": 0.0}


def _parts_of(trajectories: Any) -> Iterable[_Part]:
    """What the engine is given: rows of datasets as they lie there, and functions for everything else."""
    if isinstance(trajectories, Dataset):
        if len(trajectories) > 0:
            yield trajectories._reader, 0, len(trajectories)
        return
    rows: tuple[_core.Dataset, int, int] | None = None
    for trajectory in trajectories_of("upload", trajectories):
        source = unchanged_source(trajectory)
        if isinstance(source, DatasetRow):
            reader, row = source.dataset._reader, source.row
            if rows is not None and rows[0] is reader and rows[2] == row:
                rows = (reader, rows[1], row + 1)
                continue
            if rows is not None:
                yield rows
            rows = (reader, row, row + 1)
            continue
        if rows is not None:
            yield rows
            rows = None
        yield partial(contract_text, trajectory) if source is None else source.record()
    if rows is not None:
        yield rows


def _tell(secrets: dict[str, Any], block: bool) -> None:
    """Warns of secrets, or refuses to go on; never shows one."""
    found = [f"conversation {conversation_id!r}: {text}" for conversation_id, text in secrets["found"]]
    count = secrets["trajectories"]
    what = f"{count} {'trajectory seems' if count == 1 else 'trajectories seem'} to hold secrets: {'; '.join(found)}"
    if block:
        raise DataError(f"nothing was uploaded: {what}: redact them (RegexPiiTransform), or allow it")
    warnings.warn(SecretWarning(what), stacklevel=3)


def upload_trace(
    trajectories: Trajectory | Sequence[Trajectory],
    events: Sequence[TelemetryEvent],
    dataset: str,
    organization_id: str | None = None,
    chunk_size: int = 1000,
    max_retries: int = 3,
) -> dict[str, Any]:
    """Uploads trajectories, then pushes events that belong to them.

    An event without a `trajectory_id` whose `trace_id` is that of a trajectory gets the id that the upload gave.

    Args:
        trajectories: One trajectory, or several; each has a `trace_id` of its own.
        events: The events.
        dataset: Name of the dataset on the platform.
        organization_id: Is not sent: the API key tells the organization.
        chunk_size: Events in one request.
        max_retries: How often a request of events is repeated.

    Returns:
        `upload` (as `upload` returns it), `push` (a `PushResult`), `events` (as they were pushed), `unstamped_events`
        (those without a `trajectory_id`).

    Raises:
        RuntimeError: As `upload`, and `push_events`; the trajectory of an event was refused, or no id came back for it:
            then no event is pushed.
        ValueError: There are no trajectories, one has no `trace_id`, or two have the same; as `upload`.
        TypeError: As `upload`.
    """
    platform_access("upload_trace")
    given = trajectories_of("upload_trace", trajectories)
    events = list(events)
    trace_ids = _trace_ids(given)
    uploaded = upload(given, dataset)
    ids, refused = _outcomes(uploaded["trajectories"], trace_ids)
    waiting = [event.trace_id for event in events if event.trajectory_id is None and event.trace_id in trace_ids]
    if failed := [f"{trace_id!r}: {refused[trace_id]}" for trace_id in dict.fromkeys(waiting) if trace_id in refused]:
        raise ServiceError(
            "upload_trace pushed no event, since trajectories that events belong to were refused "
            f"(trace_id {', '.join(failed)})"
        )
    if missing := [trace_id for trace_id in dict.fromkeys(waiting) if trace_id not in ids]:
        raise ServiceError(f"upload_trace pushed no event, since no trajectory_id came back for trace_id {missing}")
    stamped = [
        replace(event, trajectory_id=ids[event.trace_id])
        if event.trajectory_id is None and event.trace_id in ids
        else event
        for event in events
    ]
    pushed = push_events(stamped, organization_id=organization_id, chunk_size=chunk_size, max_retries=max_retries)
    return {
        "upload": uploaded,
        "push": pushed,
        "events": stamped,
        "unstamped_events": [event for event in stamped if event.trajectory_id is None],
    }


def _trace_ids(trajectories: list[Trajectory]) -> dict[str, int]:
    """Places by trace id."""
    if not trajectories:
        raise UsageError("upload_trace needs at least one trajectory")
    places: dict[str, int] = {}
    for place, trajectory in enumerate(trajectories):
        if not trajectory.trace_id:
            raise UsageError(f"upload_trace needs a trace_id on every trajectory: number {place} has none")
        if trajectory.trace_id in places:
            raise UsageError(
                f"upload_trace needs distinct trace_ids: numbers {places[trajectory.trace_id]} and {place} have the "
                "same, so that events would belong to both"
            )
        places[trajectory.trace_id] = place
    return places


def _outcomes(items: list[dict[str, Any]], trace_ids: dict[str, int]) -> tuple[dict[str, str], dict[str, str]]:
    """Trajectory ids, and texts of refusals, by trace id. What is skipped without an error was there already."""
    by_place = {place: trace_id for trace_id, place in trace_ids.items()}
    ids: dict[str, str] = {}
    refused: dict[str, str] = {}
    for item in items:
        trace_id = item.get("trace_id") or by_place.get(item["request_index"])
        if trace_id not in trace_ids:
            continue
        error = item.get("error")
        if item.get("status") == "error" or (item.get("status") == "skipped" and error):
            refused[trace_id] = str(error or "the platform refused it")
        elif item.get("trajectory_id"):
            ids[trace_id] = item["trajectory_id"]
    return ids, refused
