"""What a record holds beside the steps: model calls, sub-agents, helpers, alternatives, events, provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import _core
from .contract import read_message
from .json_text import read_json
from .primitives import Message

Range = tuple[int, int]


@dataclass(frozen=True)
class Variant:
    """Another form of a message in one call's context. `parts` is there when it holds more than text."""

    content: str
    parts: list[Any] | None = None


@dataclass(frozen=True)
class ModelCall:
    """What a model saw and where its answer stands.

    Attributes:
        context: Half-open ranges over the messages of its line, in the order in which the model saw them.
        answer: Place of the answer; None when the call failed.
        variants: Other forms in which this call saw messages, by place.
        model: Name of the model.
        parameters: Parameters of the request.
        tools: Names of the tools offered.
        usage: Tokens (`prompt_tokens`, `completion_tokens`, `total_tokens`, ...) and `cost` in US dollars.
        finish_reason: Why the model stopped.
        run_id: The LangSmith run.
        trace_id: The LangSmith trace, one turn of the conversation.
        agent: Name of the agent, where the recording says it.
        error: Text of the error of a failed call.
        start_time: ISO 8601, UTC.
        end_time: ISO 8601, UTC.
        incomplete_context: The call continues a stored response that is not in the recording.
    """

    context: list[Range]
    answer: int | None = None
    variants: dict[int, Variant] = field(default_factory=dict)
    model: str | None = None
    parameters: dict[str, Any] | None = None
    tools: list[str] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    finish_reason: str | None = None
    run_id: str | None = None
    trace_id: str | None = None
    agent: str | None = None
    error: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    incomplete_context: bool = False

    def places(self) -> list[int]:
        """Places of the context, in order."""
        return [place for begin, end in self.context for place in range(begin, end)]


@dataclass(frozen=True)
class Alternative:
    """A path that was not continued: it stood after the first `at_message` messages of its lane.

    `reason` is retry, regeneration, candidate or partial. Places of its calls run over `messages[:at_message]` of the
    lane followed by its own messages.
    """

    at_message: int
    reason: str
    messages: list[Message]
    calls: list[ModelCall]


@dataclass(frozen=True)
class Lane:
    """One agent's line of model calls: a sub-agent (`parent_tool_call_id`: the call that started it) or a helper."""

    name: str | None
    parent_tool_call_id: str | None
    messages: list[Message]
    calls: list[ModelCall]
    subagents: list[Lane]
    alternatives: list[Alternative]


@dataclass(frozen=True)
class Event:
    """A tool run by plain code: no model asked for it."""

    kind: str
    name: str | None = None
    arguments: str | None = None
    output: str | None = None
    error: str | None = None
    run_id: str | None = None
    trace_id: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a message of the transcript came from.

    Attributes:
        run_id: The run whose payload held it first.
        field: `inputs`, `outputs` or `error`.
        kind: `verbatim`, `normalised` (put together from several forms) or `inferred`.
        time: ISO 8601, UTC.
        original_role: The role's name in the payload where it differs.
        seen_only_as_input: History from before the recording.
        tool_run: Of a tool message: `run_id`, `raw_output_sha256`, `start_time`, `end_time`, `linked_by_order`.
    """

    run_id: str | None
    field: str | None
    kind: str
    time: str | None = None
    original_role: str | None = None
    seen_only_as_input: bool = False
    tool_run: dict[str, Any] | None = None


@dataclass(frozen=True)
class Beside:
    """What a record holds beside its steps."""

    messages: list[Message]
    calls: list[ModelCall]
    subagents: list[Lane]
    auxiliary: list[Lane]
    alternatives: list[Alternative]
    events: list[Event]
    provenance: list[Provenance]


def read_beside(text: bytes) -> Beside:
    """Reads a native record's lines, calls, events and origins."""
    record = read_json(text)
    lines = {
        line: [read_message(message) for message in messages]
        for line, messages in read_json(_core.contract_lines(text)).items()
    }
    main = _lane(record, "main", lines)
    return Beside(
        messages=main.messages,
        calls=main.calls,
        subagents=main.subagents,
        auxiliary=[_lane(lane, f"auxiliary-{at}", lines) for at, lane in enumerate(record.get("auxiliary", ()))],
        alternatives=main.alternatives,
        events=[Event(**event) for event in record.get("events", ())],
        provenance=[_provenance(message) for message in record["messages"]],
    )


_CALL_FIELDS = (
    "answer",
    "model",
    "parameters",
    "tools",
    "usage",
    "finish_reason",
    "run_id",
    "trace_id",
    "agent",
    "error",
    "start_time",
    "end_time",
    "incomplete_context",
)


def _call(data: dict[str, Any]) -> ModelCall:
    texts = data.get("variant_texts", {})
    variants = {
        int(place): Variant(form) if isinstance(form, str) else Variant(texts.get(place, ""), form)
        for place, form in data.get("variants", {}).items()
    }
    known = {name: data[name] for name in _CALL_FIELDS if name in data}
    return ModelCall(context=[(begin, end) for begin, end in data["context"]], variants=variants, **known)


def _calls(data: dict[str, Any]) -> list[ModelCall]:
    return [_call(call) for call in data.get("calls", ())]


def _lane(data: dict[str, Any], line: str, lines: dict[str, list[Message]]) -> Lane:
    return Lane(
        name=data.get("name"),
        parent_tool_call_id=data.get("parent_tool_call_id"),
        messages=lines[line],
        calls=_calls(data),
        subagents=[_lane(lane, f"{line}/subagent-{at}", lines) for at, lane in enumerate(data.get("subagents", ()))],
        alternatives=[
            Alternative(path["at_message"], path.get("reason", ""), lines[f"{line}/alternative-{at}"], _calls(path))
            for at, path in enumerate(data.get("alternatives", ()))
        ],
    )


def _provenance(message: dict[str, Any]) -> Provenance:
    origin = message["origin"]
    return Provenance(
        run_id=origin.get("run_id"),
        field=origin.get("field"),
        kind=origin["kind"],
        time=message.get("time"),
        original_role=message.get("original_role"),
        seen_only_as_input=message.get("seen_only_as_input", False),
        tool_run=message.get("tool_run"),
    )
