"""Instants as integers of nanoseconds since 1970, and the ways LangSmith writes them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

_DOTTED = str.maketrans("", "", "-:.")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?\s*(Z|z|[+-]\d\d:?\d\d)?")


def parse_time(value: Any) -> int | None:
    """Reads an ISO 8601 text (no zone means UTC, digits below a nanosecond are cut) or a number of milliseconds.

    Returns None for anything else.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value * 1_000_000)
    match = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    date, clock, digits, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock or '00:00:00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
    if zone and zone not in "Zz":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        moment += offset if zone[0] == "-" else -offset
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + int((digits or "0")[:9].ljust(9, "0"))


def now() -> int:
    return time.time_ns()


def to_datetime(instant: int) -> datetime:
    """The instant to the microsecond, finer digits cut."""
    return _EPOCH + timedelta(microseconds=instant // 1000)


def render_run_time(instant: int) -> str:
    """As v1 writes the times of runs: microseconds and no zone; finer digits stand only where they were sent."""
    return to_datetime(instant).isoformat(timespec="microseconds").removesuffix("+00:00") + _finer(instant)


def render_utc(instant: int) -> str:
    """As v2 writes times: with a Z."""
    return render_run_time(instant) + "Z"


def render_offset(instant: int) -> str:
    """As bulk exports write times: an offset, and microseconds only when there are some."""
    return to_datetime(instant).isoformat()


def render_dotted(instant: int) -> str:
    """As the segments of a dotted order begin."""
    return to_datetime(instant).isoformat(timespec="microseconds")[:26].translate(_DOTTED) + "Z"


def _finer(instant: int) -> str:
    return f"{instant % 1000:03d}" if instant % 1000 else ""
