"""Trajectories as native records: the form that datasets and tables are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .contract import read_contract
from .primitives import Message, Reward, ToolDefinition, Trajectory
from .recorded import RecordSource


def unchanged_source(trajectory: Trajectory) -> RecordSource | None:
    """Where the record of a trajectory is kept, unless something inside the trajectory was changed since."""
    source = trajectory._source()
    if source is None or trajectory._is_untouched():
        return source
    fields = read_contract(json.loads(source.contract()))
    return source if all(getattr(trajectory, name) == value for name, value in fields.items()) else None


def record_text(trajectory: Trajectory) -> bytes:
    """The native record of a trajectory as JSON: the engine's, or one made of its steps."""
    source = unchanged_source(trajectory)
    if source is not None:
        return source.record()
    return json.dumps(record_of_steps(trajectory)).encode()


def record_of_steps(trajectory: Trajectory) -> dict[str, Any]:
    """A native record of what the steps tell: the transcript, and a model call for each answer."""
    transcript = _Transcript()
    for step in trajectory.steps:
        transcript.add_step(step.messages)
    task = trajectory.task
    data = trajectory.telemetry.data if trajectory.telemetry is not None else {}
    metrics = trajectory.metrics
    usage = {
        "total_tokens": task.total_tokens,
        "completion_tokens": metrics.tokens_generated if metrics is not None else None,
        "cost": task.total_cost,
    }
    record: dict[str, Any] = {
        "conversation_id": task.conversation_id or task.id or "",
        "project_id": data.get("project_id"),
        "messages": [_message(message) for message in transcript.messages],
        "calls": transcript.calls,
        "tool_definitions": transcript.tools,
        "error": trajectory.error,
        "usage": _present(usage),
        "failed_calls": 0,
        "telemetry": {
            "trace_ids": data.get("trace_ids", []),
            "source_run_ids": sorted(data.get("source_run_ids", []), key=str),
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
        if answer.tool_definitions is not None:
            self._offered = [self._tool(tool) for tool in answer.tool_definitions]
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
        self.calls.append(_present(call))

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
            "role": message.role,
            "content": content or "",
            "parts": metadata.get("parts"),
            "tool_calls": [
                {
                    "id": call.id or "",
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments),
                    },
                }
                for call in message.tool_calls or ()
            ]
            or None,
            "tool_call_id": response.id if response is not None else None,
            "name": response.name if response is not None else None,
            "reasoning": message.reasoning,
            "error": response.error if response is not None else None,
            "trainable_status": message.trainable_status,
            "original_role": metadata.get("original_role"),
            "time": metadata.get("time"),
            "origin": _present({"run_id": metadata.get("run_id"), "kind": "normalised"}),
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
