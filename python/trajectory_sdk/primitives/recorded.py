"""The record behind a trajectory: where it is kept, and what it holds beside the contract's fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .. import _core
from .json_text import read_json
from .lazy import Lazy

if TYPE_CHECKING:
    from .primitives import Message
    from .record import Alternative, Beside, Event, Lane, ModelCall, Provenance


class RecordSource(Protocol):
    """Where the native record of a trajectory is kept."""

    def name(self) -> tuple[str, str]:
        """The ids of conversation and project."""

    def record(self) -> bytes:
        """The native record as JSON."""

    def contract(self) -> bytes:
        """The contract's form as JSON, each message once."""

    def save(self, path: bytes) -> None:
        """Writes the contract's file."""


class LooseRecord:
    """A native record in memory."""

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        self._text = text

    def name(self) -> tuple[str, str]:
        """The ids of conversation and project."""
        record = read_json(self._text)
        return record["conversation_id"], record.get("project_id") or ""

    def record(self) -> bytes:
        """The native record as JSON."""
        return self._text

    def contract(self) -> bytes:
        """The contract's form as JSON, each message once."""
        return _core.contract(self._text)

    def save(self, path: bytes) -> None:
        """Writes the contract's file."""
        _core.save(self._text, path)


class Recorded(Lazy):
    """What a trajectory of an import knows beyond the contract's fields.

    A trajectory that was built otherwise, or changed by `dataclasses.replace`, knows what its steps tell: transcript
    and model calls.
    """

    @property
    def messages(self) -> list[Message]:
        """The transcript of the main line: each message once, in order of first appearance."""
        return self._beside_steps().messages

    @property
    def calls(self) -> list[ModelCall]:
        """Model calls of the main line, in order; their places run over `messages`."""
        return self._beside_steps().calls

    @property
    def subagents(self) -> list[Lane]:
        """Agents that a tool call of the main line started, or that ran beside it."""
        return self._beside_steps().subagents

    @property
    def auxiliary(self) -> list[Lane]:
        """Helpers: routers, summarisers, title makers."""
        return self._beside_steps().auxiliary

    @property
    def alternatives(self) -> list[Alternative]:
        """Answers and paths of the main line that were not continued."""
        return self._beside_steps().alternatives

    @property
    def events(self) -> list[Event]:
        """Tools run by plain code."""
        return self._beside_steps().events

    @property
    def provenance(self) -> list[Provenance]:
        """Where each message of `messages` came from."""
        return self._beside_steps().provenance

    def _beside_steps(self) -> Beside:
        beside: Beside | None = self.__dict__.get("_beside")
        if beside is None:
            from .native import beside_steps, unchanged_source
            from .record import read_beside

            source = unchanged_source(self)  # type: ignore[arg-type]
            beside = beside_steps(self) if source is None else read_beside(source.record())  # type: ignore[arg-type]
            self.__dict__["_beside"] = beside
        return beside

    def _source(self) -> RecordSource | None:
        return self.__dict__.get("_record")

    def _is_untouched(self) -> bool:
        """Whether none of the fields was looked at."""
        return "_record" in self.__dict__ and "task" not in self.__dict__

    def _missing_fields(self) -> dict[str, Any]:
        source = self._source()
        if source is None:
            return {}
        from .contract import read_contract

        return read_contract(read_json(source.contract()))

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the fields that are there, and the record, whole in itself."""
        state = {name: value for name, value in self.__dict__.items() if name != "_beside"}
        source = self._source()
        return state if source is None else {**state, "_record": LooseRecord(source.record())}

    def __copy__(self) -> Any:
        """A copy that shares the record."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied
