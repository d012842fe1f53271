"""Redaction of trajectories that stand for themselves: the contract's dataclasses, field by field."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ..errors import NestingError
from .redactor import Keys, Redactor, is_identifier, is_value

T = TypeVar("T")
Names = tuple[str, ...]


def redact_object(value: T, redactor: Redactor) -> T:
    """A dataclass with everything in it redacted as in its record; the same object when there is nothing to redact.

    Raises:
        ValueError: A value in it is nested too deeply.
    """
    try:
        changed: T = _Walk(redactor).redacted(value, ())
    except RecursionError:
        raise NestingError(f"a {type(value).__name__} is nested too deeply to be redacted") from None
    return changed


class _Walk:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._done: dict[int, Any] = {}  # dataclasses by identity: later steps show the same messages

    def redacted(self, value: Any, names: Names) -> Any:
        if isinstance(value, str):
            identifier = is_identifier(names)
            return self._redactor.identifier(value) if identifier else self._redactor.text(value)
        if isinstance(value, int) and not isinstance(value, bool) and is_value(names):
            return self._number(value)
        if isinstance(value, dict):
            changed = self._object(value, names)
            return (
                value
                if all(a is b for a, b in zip(changed.values(), value.values(), strict=True)) and [*changed] == [*value]
                else changed
            )
        if isinstance(value, list | tuple):
            items = [self.redacted(item, names) for item in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
        if is_dataclass(value) and not isinstance(value, type):
            if id(value) not in self._done:
                self._done[id(value)] = self._dataclass(value)
            return self._done[id(value)]
        return value

    def _number(self, value: int) -> int | str:
        if not 10**12 <= value < 10**19:
            return value
        replaced = self._redactor.number(str(value))
        return value if replaced == str(value) else replaced

    def _object(self, value: dict[Any, Any], names: Names) -> dict[Any, Any]:
        keys = Keys()
        out: dict[Any, Any] = {}
        for key, item in value.items():
            name = self._redactor.text(key) if isinstance(key, str) else key
            if name != key:
                name += keys.suffix(0, name)
            out[name] = self.redacted(item, (*names, key) if isinstance(key, str) else names)
        return out

    def _dataclass(self, value: Any) -> Any:
        changed = {}
        for field in fields(value):
            before = getattr(value, field.name)
            after = self.redacted(before, (field.name,))
            if after is not before:
                changed[field.name] = after
        return replace(value, **changed) if changed else value
