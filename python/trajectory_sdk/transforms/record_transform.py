"""The base of transforms that see a whole record."""

from __future__ import annotations

from abc import abstractmethod

from .base_transform import BaseTransform


class RecordTransform(BaseTransform):
    """A transform that can change a native record: sub-agents, alternatives and tool definitions, too.

    When all transforms of an import are of this kind, records are changed one by one, and results stay light handles.
    """

    @abstractmethod
    def transform_record(self, record: bytes) -> bytes:
        """The changed record: a line of native JSON lines."""
