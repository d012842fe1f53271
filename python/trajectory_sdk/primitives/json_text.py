"""JSON texts from and for the engine: what one side can hold and the other cannot becomes a text."""

from __future__ import annotations

import json
import math
from typing import Any

from ..errors import ArgumentTypeError, NestingError


def read_json(text: bytes | str) -> Any:
    """The value. A whole number with more digits than Python converts becomes the text of it.

    Raises:
        ValueError: It is nested deeper than Python's recursion limit (also a RecursionError), or no JSON.
    """
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise NestingError("a recorded value is nested too deeply for Python's recursion limit") from None


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def write_json(value: Any, what: str) -> str:
    """The value as JSON: what JSON has no number for becomes a text, values of other types their `str`.

    Raises:
        ValueError: It is nested too deeply, or holds itself; the sentence starts with `what`.
        TypeError: An object has keys that JSON cannot hold.
    """
    try:
        try:
            return json.dumps(value, default=str, allow_nan=False)
        except ValueError:
            return json.dumps(_finite(value, frozenset()), default=str)
    except TypeError as error:
        raise ArgumentTypeError(f"{what} cannot be written as JSON: {error}") from error
    except RecursionError:
        raise NestingError(f"{what} is nested too deeply, or holds itself") from None


def _finite(value: Any, around: frozenset[int]) -> Any:
    """The value with NaN, Infinity, and whole numbers of thousands of digits (as hexadecimals) as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) >= 10**4300:
        return hex(value)
    if isinstance(value, dict | list | tuple):
        if id(value) in around:
            raise RecursionError
        around |= {id(value)}
    if isinstance(value, dict):
        return {key: _finite(item, around) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, around) for item in value]
    return value
