"""Arguments of the package's functions: refused in a sentence that names them, handed on as the engine takes them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import ArgumentTypeError, UsageError


def file_path(name: str, value: Any) -> bytes:
    """A path as the system takes it.

    Raises:
        TypeError: It is neither a text nor an object with a path that is one.
        ValueError: No file can have that name.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else value
    if not isinstance(text, str):
        raise ArgumentTypeError(f"{name} must be a path: a str or a pathlib.Path, not {type(value).__name__}")
    if "\0" in text:
        raise UsageError(f"{name} holds a NUL character, which no file's name can: {text!r}")
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        raise UsageError(f"{name} holds a character that no file's name can: {text!r}") from None


def whole_number(name: str, value: Any, least: int, most: int = 2**63 - 1) -> None:
    """Refuses what is no whole number from `least` to `most`; None is fine.

    Raises:
        TypeError: It is of another type.
        ValueError: It is too small or too large.
    """
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < least:
        raise UsageError(f"{name} must be at least {least}, not {value}")
    if value > most:
        raise UsageError(f"{name} must be at most {most}")


def flag(name: str, value: Any) -> bool:
    """True or False.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, bool):
        raise ArgumentTypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def listed(name: str, values: Any) -> list[Any]:
    """The values of a list, not the letters of a text.

    Raises:
        ValueError: It is a text.
        TypeError: It is no list either.
    """
    if isinstance(values, str | bytes):
        raise UsageError(f"{name} must be a list, as [{values!r}], not a text")
    if not isinstance(values, Iterable):
        raise ArgumentTypeError(f"{name} must be a list, not {type(values).__name__}")
    return list(values)


def text_bytes(name: str, value: Any) -> bytes:
    """A text as the engine takes it: lone surrogates in their three-byte forms.

    Raises:
        TypeError: It is no text.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name} must hold texts, not {type(value).__name__}")
    return value.encode("utf-8", "surrogatepass")


def microseconds(name: str, moment: Any) -> int | None:
    """A moment, or a span before now, in microseconds since 1970.

    Raises:
        TypeError: It is neither a datetime nor a timedelta.
        ValueError: It lies before the year 1 or behind the year 9999.
    """
    if moment is None:
        return None
    if isinstance(moment, timedelta):
        try:
            moment = datetime.now(UTC) - moment
        except OverflowError:
            where = "back before the year 1" if moment > timedelta() else "beyond the year 9999"
            raise UsageError(f"{name} reaches {where}: {moment}") from None
    if not isinstance(moment, datetime):
        raise ArgumentTypeError(
            f"{name} must be a timedelta or a datetime, as timedelta(days=7), not {type(moment).__name__}"
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since_1970: timedelta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since_1970 // timedelta(microseconds=1)
