"""Walking a list of entries so that an error names the entry it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import ArgumentTypeError, TrajectoryError
from .content import type_name


@contextmanager
def at(place: str) -> Iterator[None]:
    """Puts `place` in front of the sentence of an error of ours that is raised inside."""
    try:
        yield
    except TrajectoryError as error:
        error.args = (f"{place}: {error}",)
        raise


def iterate(values: Iterable[Any], what: str) -> Iterator[Any]:
    """An iterator over `values`.

    Raises:
        TypeError: They cannot be iterated over; the sentence starts with `what`.
    """
    try:
        return iter(values)
    except TypeError:
        raise ArgumentTypeError(f"{what} must be a list, not {type_name(values)}") from None


def require_object(value: Any, what: str) -> dict[str, Any]:
    """`value`, when it is an object.

    Raises:
        TypeError: It is none; the sentence starts with `what`.
    """
    if not isinstance(value, dict):
        raise ArgumentTypeError(f"{what} must be an object, not {type_name(value)}")
    return value


def optional_object(entry: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The object under `key`, or None where there is none.

    Raises:
        TypeError: There is something else.
    """
    value = entry.get(key)
    return None if value is None else require_object(value, key)
