"""Frozen dataclasses whose fields may appear when they are first looked at.

An instance that holds its source in place of its fields is an ordinary instance of its class: `==`,
`dataclasses.replace`, `asdict`, `copy`, `pickle` and `isinstance` cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")


class Lazy:
    """Base of such classes."""

    def _missing_fields(self) -> dict[str, Any]:
        """The fields that the instance does not hold yet; empty when it has no source for them."""
        raise NotImplementedError

    if not TYPE_CHECKING:  # type checkers go by the declared fields

        def __getattr__(self, name: str) -> Any:
            """Fills the fields in; Python asks here only for what the instance does not hold."""
            if name in getattr(type(self), "__dataclass_fields__", ()):
                for field, value in self._missing_fields().items():
                    self.__dict__.setdefault(field, value)
                if name in self.__dict__:
                    return self.__dict__[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class _Default:
    """A field's default: what the class itself shows; an instance that lacks the field fills it in."""

    def __init__(self, name: str, value: Any) -> None:
        self._name = name
        self._value = value

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._value if instance is None else instance.__getattr__(self._name)


def lazy_fields(cls: type[T]) -> type[T]:
    """Class decorator above `@dataclass`: keeps the defaults on the class from hiding an instance's missing fields."""
    for name in cls.__dataclass_fields__:  # type: ignore[attr-defined]
        if name in cls.__dict__:
            setattr(cls, name, _Default(name, cls.__dict__[name]))
    return cls


def with_source(cls: type[T], **held: Any) -> T:
    """An instance that holds these attributes and makes its fields from them."""
    instance = object.__new__(cls)
    instance.__dict__.update(held)
    return instance
