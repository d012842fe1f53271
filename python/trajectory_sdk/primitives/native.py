"""Trajectories as native records: the form that datasets and tables are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, get_args

from ..errors import ArgumentTypeError, NestingError, UsageError
from .contract import read_contract
from .json_text import read_json, write_json
from .primitives import Message, Reward, ToolDefinition, TrainableStatus, Trajectory
from .record import Beside, ModelCall, Provenance
from .recorded import RecordSource


def unchanged_source(trajectory: Trajectory) -> RecordSource | None:
    """Where the record of a trajectory is kept, unless something inside the trajectory was changed since."""
    source = trajectory._source()
    if source is None or trajectory._is_untouched():
        return source
    fields = read_contract(read_json(source.contract()))
    return source if all(getattr(trajectory, name) == value for name, value in fields.items()) else None


def record_text(trajectory: Trajectory) -> bytes:
    """The native record of a trajectory as JSON: the engine's, or one made of its steps."""
    source = unchanged_source(trajectory)
    if source is not None:
        return source.record()
    name = f"trajectory {trajectory.task.conversation_id!r}"
    try:
        record = record_of_steps(trajectory)
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"{name} holds values that no record can: {error}") from error
    return write_json(record, name).encode()


def stored_text(trajectory: Trajectory) -> bytes:
    """The same in the form that is kept: it gives an equal trajectory back, whatever the record has no place for.

    Values are kept as JSON has them: tuples as lists, keys of objects as texts.

    Raises:
        TypeError: JSON cannot hold a value.
        ValueError: A value is nested too deeply, contains itself, or is no finite number.
    """
    source = unchanged_source(trajectory)
    if source is not None:
        return source.record()
    return _written(
        lambda: {**record_of_steps(trajectory), "contract": _contract_of(trajectory)},
        f"conversation {trajectory.task.conversation_id!r} cannot be kept",
    )


def contract_text(trajectory: Trajectory) -> bytes:
    """The contract's form as JSON, with each message once: what the engine makes an upload's body of.

    Raises:
        TypeError: JSON cannot hold a value.
        ValueError: A value is nested too deeply, contains itself, or is no finite number.
    """
    place = f"conversation {trajectory.task.conversation_id!r} cannot be uploaded"
    return _written(lambda: _contract_of(trajectory), place)


def _written(make: Callable[[], dict[str, Any]], place: str) -> bytes:
    """JSON of what `make` gives, or an error that begins with the place."""
    try:
        return json.dumps(make(), separators=(",", ":"), allow_nan=False).encode()
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"{place}: {error}") from error
    except RecursionError:
        raise NestingError(f"{place}: it holds a value that is nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from error


def keeps_contract(record: bytes) -> bool:
    """Whether a record holds the contract's form that counts in place of the derived one."""
    if b'"contract":{"messages":[' not in record:
        return False
    try:
        return "contract" in json.loads(record)
    except (ValueError, RecursionError):
        return False


def _contract_of(trajectory: Trajectory) -> dict[str, Any]:
    """The contract's form with each message once, and steps as ranges over them: what `read_contract` reads."""
    places: dict[str, int] = {}
    by_identity: dict[int, int] = {}
    messages: list[dict[str, Any]] = []

    def place(message: Message) -> int:
        if id(message) not in by_identity:
            data = asdict(message)
            text = json.dumps(data, allow_nan=False)
            if text not in places:
                places[text] = len(messages)
                messages.append(data)
            by_identity[id(message)] = places[text]
        return by_identity[id(message)]

    steps = [
        {
            "messages": _ranges([place(message) for message in step.messages]),
            "reward": None if step.reward is None else asdict(step.reward),
            "info": step.info,
            "trainable_status": step.trainable_status,
        }
        for step in trajectory.steps
    ]
    rest = asdict(replace(trajectory, steps=[]))
    return {"messages": messages, **rest, "steps": steps}


def beside_steps(trajectory: Trajectory) -> Beside:
    """What the steps tell: the transcript, and a model call for each answer."""
    transcript = _transcript_of(trajectory)
    calls = [
        ModelCall(
            context=[(begin, end) for begin, end in call.pop("context")],
            tools=[transcript.tools[place]["function"]["name"] for place in _places(call.pop("tool_definitions"))],
            **call,
        )
        for call in transcript.calls
    ]
    return Beside(
        messages=transcript.messages,
        calls=calls,
        subagents=[],
        auxiliary=[],
        alternatives=[],
        events=[],
        provenance=[_provenance(message.metadata or {}) for message in transcript.messages],
    )


def _provenance(metadata: dict[str, Any]) -> Provenance:
    return Provenance(
        run_id=metadata.get("run_id"),
        field=None,
        kind="normalised",
        time=metadata.get("time"),
        original_role=metadata.get("original_role"),
        seen_only_as_input=metadata.get("seen_only_as_input") is True,
    )


def _transcript_of(trajectory: Trajectory) -> _Transcript:
    transcript = _Transcript()
    for step in trajectory.steps:
        transcript.add_step(step.messages)
    return transcript


def record_of_steps(trajectory: Trajectory) -> dict[str, Any]:
    """A native record of what the steps tell: the transcript, and a model call for each answer.

    A builder takes values that a record has no place for: they are left out, or stand as text.
    """
    transcript = _transcript_of(trajectory)
    task = trajectory.task
    data = trajectory.telemetry.data if trajectory.telemetry is not None else {}
    metrics = trajectory.metrics
    usage = {
        "total_tokens": task.total_tokens,
        "completion_tokens": metrics.tokens_generated if metrics is not None else None,
        "cost": task.total_cost,
    }
    for call in transcript.calls:
        call["model"], call["run_id"] = _text(call.get("model")), _text(call.get("run_id"))
        call["finish_reason"], call["usage"] = _text(call.get("finish_reason")), _numbers(call["usage"])
    record: dict[str, Any] = {
        "conversation_id": _text(task.conversation_id or task.id) or "",
        "project_id": _text(data.get("project_id")),
        "messages": [_message(message) for message in transcript.messages],
        "calls": [_present(call) for call in transcript.calls],
        "tool_definitions": transcript.tools,
        "error": _text(trajectory.error),
        "usage": _numbers(usage),
        "failed_calls": 0,
        "telemetry": {
            "trace_ids": _texts(data.get("trace_ids")),
            "source_run_ids": sorted(_texts(data.get("source_run_ids"))),
        },
    }
    if trajectory.reward is not None:
        record["reward"] = _reward(trajectory.reward)
    return _present(record)


class _Transcript:
    """Puts the messages of cumulative steps down once each."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.calls: list[dict[str, Any]] = []
        self.tools: list[dict[str, Any]] = []
        self._offered: list[int] = []
        self._shown: list[int] = []  # places of the step before

    def add_step(self, messages: Sequence[Message]) -> None:
        places: list[int] = []
        at = 0
        for message in messages:
            found = next((i for i in range(at, len(self._shown)) if self._is(self._shown[i], message)), None)
            if found is not None:
                places.append(self._shown[found])
                at = found + 1
                continue
            if message.role == "assistant" and not (message.metadata or {}).get("seen_only_as_input"):
                self._add_call(message, places)
            places.append(len(self.messages))
            self.messages.append(message)
        self._shown = places

    def _is(self, place: int, message: Message) -> bool:
        known = self.messages[place]
        return known is message or known == message

    def _add_call(self, answer: Message, context: list[int]) -> None:
        if isinstance(answer.tool_definitions, list | tuple):
            self._offered = [self._tool(tool) for tool in answer.tool_definitions if isinstance(tool, ToolDefinition)]
        metadata = answer.metadata or {}
        call = {
            "context": _ranges(context),
            "answer": len(self.messages),
            "model": metadata.get("model"),
            "tool_definitions": _ranges(self._offered),
            "usage": answer.usage or {},
            "finish_reason": answer.finish_reason,
            "run_id": metadata.get("run_id"),
        }
        self.calls.append(call)

    def _tool(self, tool: ToolDefinition) -> int:
        definition = {"type": "function", "function": asdict(tool)}
        if definition not in self.tools:
            self.tools.append(definition)
        return self.tools.index(definition)


def _message(message: Message) -> dict[str, Any]:
    metadata = message.metadata or {}
    response = message.tool_response
    content = message.content
    if response is not None and content is None:
        content = response.response
    return _present(
        {
            "role": _ROLES.get(str(message.role), "user"),
            "content": _text(content) or "",
            "parts": metadata.get("parts") if isinstance(metadata.get("parts"), list) else None,
            "tool_calls": [
                {
                    "id": _text(call.id) or "",
                    "type": "function",
                    "function": {
                        "name": _text(call.name) or "",
                        "arguments": _text(call.arguments) or "",
                    },
                }
                for call in message.tool_calls or ()
            ]
            or None,
            "tool_call_id": _text(response.id) if response is not None else None,
            "name": _text(response.name) if response is not None else None,
            "reasoning": _text(message.reasoning),
            "error": _text(response.error) if response is not None else None,
            "trainable_status": message.trainable_status if message.trainable_status in _STATUSES else "not_trainable",
            "original_role": _text(metadata.get("original_role") if message.role in _ROLES.values() else message.role),
            "time": _time(metadata.get("time")),
            "origin": _present({"run_id": _text(metadata.get("run_id")), "kind": "normalised"}),
            "seen_only_as_input": metadata.get("seen_only_as_input"),
            "cut": metadata.get("cut"),
            "unanswered_calls": metadata.get("unanswered_calls"),
        }
    )


def _reward(reward: Reward) -> dict[str, Any]:
    return {
        "aggregated_value": reward.aggregated_value or 0.0,
        "components": [
            {"name": part.name, "value": part.value, "count": (part.metadata or {}).get("count", 1)}
            for part in reward.components or ()
        ],
    }


_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
_STATUSES = get_args(TrainableStatus)


def _text(value: Any) -> str | None:
    """A text as it is; anything else as JSON, or as Python shows what JSON cannot hold."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str)
    except (TypeError, ValueError):
        return repr(value)


def _texts(values: Any) -> list[str]:
    return [_text(value) or "" for value in values] if isinstance(values, list | tuple) else []


def _numbers(usage: Any) -> dict[str, int | float]:
    """The counts that a record can hold."""
    if not isinstance(usage, dict):
        return {}
    return {
        name: value
        for name, value in usage.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 2**63
        and (name == "cost" or value == int(value))
    }


def _time(value: Any) -> str | None:
    """A time as imports write it; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.isoformat() if moment.year > 1 else None


def _places(ranges: list[list[int]]) -> list[int]:
    return [place for begin, end in ranges for place in range(begin, end)]


def _ranges(places: Sequence[int]) -> list[list[int]]:
    out: list[list[int]] = []
    for place in places:
        if out and out[-1][1] == place:
            out[-1][1] += 1
        else:
            out.append([place, place + 1])
    return out


def _present(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
