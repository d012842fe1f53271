"""Trajectories from their JSON: the saved form, and the same with each message once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .lazy import with_source
from .primitives import (
    ExecutionMetrics,
    Message,
    Reward,
    RewardComponent,
    Step,
    Task,
    Telemetry,
    ToolCall,
    ToolDefinition,
    ToolResponse,
    Trajectory,
    TrajectoryMetrics,
)


def read_message(data: dict[str, Any]) -> Message:
    """A message from its saved form."""
    fields = dict(data)
    if fields.get("tool_calls") is not None:
        fields["tool_calls"] = [ToolCall(**call) for call in fields["tool_calls"]]
    if fields.get("tool_response") is not None:
        fields["tool_response"] = ToolResponse(**fields["tool_response"])
    if fields.get("tool_definitions") is not None:
        fields["tool_definitions"] = [ToolDefinition(**tool) for tool in fields["tool_definitions"]]
    return Message(**fields)


def _reward(data: dict[str, Any] | None) -> Reward | None:
    if data is None:
        return None
    fields = dict(data)
    if fields.get("components") is not None:
        fields["components"] = [_component(component) for component in fields["components"]]
    return Reward(**fields)


def _component(data: dict[str, Any]) -> RewardComponent:
    fields = dict(data)
    if fields.get("range") is not None:
        fields["range"] = tuple(fields["range"])
    return RewardComponent(**fields)


def _fields(data: dict[str, Any], steps: list[Step]) -> dict[str, Any]:
    fields = {**data, "task": Task(**data["task"]), "steps": steps, "reward": _reward(data.get("reward"))}
    kinds: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("metrics", TrajectoryMetrics),
        ("execution_metrics", ExecutionMetrics),
        ("telemetry", Telemetry),
    )
    for name, kind in kinds:
        if fields.get(name) is not None:
            fields[name] = kind(**fields[name])
    return fields


def from_dict(data: dict[str, Any]) -> Trajectory:
    """Builds a trajectory from its saved form (what `json.load` returns for a file that `save` wrote).

    Args:
        data: The object of one `{conversation_id}.json`.

    Returns:
        The trajectory. Equal messages of its steps are one object.

    Raises:
        TypeError: The object has a field that the type does not know.
    """
    seen: dict[str, Message] = {}

    def message(item: dict[str, Any]) -> Message:
        key = repr(item)
        if key not in seen:
            seen[key] = read_message(item)
        return seen[key]

    steps = [
        Step(
            **{**step, "messages": [message(item) for item in step["messages"]], "reward": _reward(step.get("reward"))}
        )
        for step in data["steps"]
    ]
    return Trajectory(**_fields(data, steps))


def read_contract(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a trajectory from the form with each message once; the messages of a step appear on first touch."""
    pool = [read_message(message) for message in data.pop("messages")]
    steps = [
        with_source(
            Step,
            _pool=(pool, step["messages"]),
            reward=_reward(step["reward"]),
            info=step["info"],
            trainable_status=step["trainable_status"],
        )
        for step in data["steps"]
    ]
    return _fields(data, steps)
