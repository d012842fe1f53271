"""JSON objects taken apart without re-writing their members, so that payloads leave as they came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_DECODER = json.JSONDecoder(parse_float=Decimal)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_SPACE = re.compile(r"[ \t\r\n]*")


class Verbatim(str):
    """JSON text that leaves as it came."""


class MalformedError(ValueError):
    """The text is not the JSON object or array that was expected."""


def members(text: str, start: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Yields key, verbatim text and value (fractions as Decimal) of each member of the object at `start`."""
    for key, begin, end, value in _walk(text, start):
        yield key, text[begin:end], value


def elements(text: str) -> list[str]:
    """The verbatim texts of the elements of an array."""
    at = _skip(text, 0)
    _expect(text, at, "[")
    found = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        end = _value(text, at)[1]
        found.append(text[at:end])
        at = _after_value(text, end, "]")
    return found


def loads(text: str | bytes) -> Any:
    """Reads any JSON text, fractions as Decimal; malformed text is a MalformedError."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from None


def dumps(value: Any) -> str:
    """Writes compact JSON; a Decimal becomes a number with all its digits."""
    try:
        return _ENCODER.encode(value)
    except TypeError:
        pass  # there is a Decimal in it
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(dumps, value)) + "]"
    return _ENCODER.encode(value)


def object_text(fields: dict[str, Any]) -> str:
    """An object of these members; a Verbatim goes in as it is."""
    plain = {name: value for name, value in fields.items() if type(value) is not Verbatim}
    parts = [dumps(plain)[1:-1]] if plain else []
    parts += [f"{json.dumps(name)}:{value}" for name, value in fields.items() if type(value) is Verbatim]
    return "{" + ",".join(parts) + "}"


def _walk(text: str, start: int) -> Iterator[tuple[str, int, int, Any]]:
    at = _skip(text, start)
    _expect(text, at, "{")
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        _expect(text, at, '"')
        key, at = _value(text, at)
        at = _skip(text, at)
        _expect(text, at, ":")
        at = _skip(text, at + 1)
        value, end = _value(text, at)
        yield key, at, end, value
        at = _after_value(text, end, "}")


def _after_value(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == closing:
        return at
    _expect(text, at, ",")
    return _skip(text, at + 1)


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, character: str) -> None:
    if text[at : at + 1] != character:
        raise MalformedError(f"expected {character!r} at character {at}")
