"""The exceptions of the package: one tree, whose leaves are also the built-in errors that callers expect."""

from __future__ import annotations


class TrajectoryError(Exception):
    """Anything that this package raises about data, files or services."""


class UsageError(TrajectoryError, ValueError):
    """An argument that cannot be."""


class ArgumentTypeError(TrajectoryError, TypeError):
    """An argument, or a value inside it, of a type that cannot be."""


class MissingAttributeError(ArgumentTypeError, AttributeError):
    """A value that lacks what was asked of it; callers of earlier packages expect an AttributeError here."""


class ArgumentRangeError(UsageError, OverflowError):
    """A number too large to be a float."""


class EncodingError(UsageError, UnicodeEncodeError):
    """A text that has no UTF-8 form because it holds a lone surrogate."""


class NestingError(UsageError, RecursionError):
    """A value nested deeper than Python's recursion limit, or one that contains itself."""


class NotInitializedError(TrajectoryError, RuntimeError):
    """`init` was not called, or without what the operation needs."""


class SourceError(TrajectoryError, RuntimeError):
    """A source that is not there or cannot be read."""


class MissingSourceError(SourceError, FileNotFoundError):
    """A source that is not there."""


class OutputError(TrajectoryError, RuntimeError, OSError):
    """An output that cannot be written."""


class DataError(TrajectoryError, RuntimeError):
    """Data that was refused, or output above a limit."""


class ServiceError(SourceError):
    """A service that cannot be reached, or that answers with something else than what was asked for."""


class AccessError(ServiceError):
    """A key that a service does not take, or that gives no right to what was asked for."""


class RefusedDataWarning(UserWarning):
    """Some rows, cells or files of a source were refused; the rest was imported."""


class SecretWarning(UserWarning):
    """What is about to be uploaded seems to hold keys or tokens; the text says where, never which."""
