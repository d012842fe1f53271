"""The types of a trajectory: frozen dataclasses, in the shape that is saved and uploaded.

Every type is immutable and compares by value; `dataclasses.replace`, `dataclasses.asdict`, `copy` and `pickle` work on
all of them. `from_dict` builds a whole trajectory from its saved JSON form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

TrainableStatus = Literal["trainable", "not_trainable", "superseded", "summarization_boundary"]
Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class ToolCall:
    """A call that a model asked for.

    Attributes:
        name: Name of the tool.
        arguments: The arguments as an object; the model's verbatim text where it was no JSON object.
        id: Identifier that the tool's result refers to.
    """

    name: str
    arguments: dict[str, Any] | str
    id: str | None = None


@dataclass(frozen=True)
class ToolResponse:
    """What a tool answered, as the model was shown it, or its error.

    Attributes:
        id: Identifier of the call.
        name: Name of the tool.
        arguments: The call's arguments.
        response: Text of the result; None when there is only an error.
        error: Text of the error; None on success.
        metadata: Further facts, such as the tool's run.
    """

    id: str
    name: str
    arguments: dict[str, Any] | str
    response: str | None = None
    error: str | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True)
class ToolDefinition:
    """A tool that was offered to the model; `parameters` is its JSON Schema."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One system, user, assistant or tool message.

    Attributes:
        role: system, user, assistant or tool.
        content: The text; None on tool messages of an import, whose text is in `tool_response`.
        tool_calls: Calls that an assistant message asks for.
        tool_response: What a tool message answers.
        tool_definitions: Tools offered at the model call that gave this answer.
        usage: Tokens of that call.
        finish_reason: Why the model stopped.
        metadata: Further facts: run, model, time, media references.
        reasoning: The model's reasoning text.
        trainable_status: Whether the message may be trained on.
    """

    role: Role
    content: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_response: ToolResponse | None = None
    tool_definitions: list[ToolDefinition] | None = None
    usage: dict[str, Any] | None = None
    finish_reason: str | None = None
    metadata: dict[str, Any] | None = None
    reasoning: str | None = None
    trainable_status: TrainableStatus = "not_trainable"

    def is_empty(self) -> bool:
        """Whether the message holds no text, no calls and no tool response."""
        return not self.content and not self.tool_calls and self.tool_response is None


@dataclass(frozen=True)
class RewardComponent:
    """One part of a reward. `range` is (lowest, highest); `scaled_value` lies in 0..1 where a range is known."""

    name: str
    value: float
    scaled_value: float | None = None
    explanation: str | None = None
    weight: float = 1.0
    range: tuple[float, float] | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True)
class Reward:
    """A reward and what it was made of."""

    aggregated_value: float | None = None
    aggregation_method: str | None = None
    components: list[RewardComponent] | None = None


@dataclass(frozen=True)
class Step:
    """A snapshot of the conversation: `messages` is everything up to and including this step."""

    messages: list[Message]
    reward: Reward | None = None
    info: dict[str, Any] | None = None
    trainable_status: TrainableStatus = "not_trainable"


@dataclass(frozen=True)
class Task:
    """What a trajectory is about. `id` is `{data_source}:{conversation_id}`; costs are in US dollars."""

    id: str | None = None
    data_source: str | None = None
    conversation_id: str | None = None
    num_turns: int | None = None
    num_steps: int | None = None
    total_tokens: int | None = None
    total_cost: float | None = None


@dataclass(frozen=True)
class TrajectoryMetrics:
    """Counts over the main line; `tool_error_rate` is failures per call, 0.0 without calls."""

    steps: int | None = None
    tokens_generated: int | None = None
    aggregated_reward: float | None = None
    num_tool_calls: int | None = None
    num_tool_failures: int | None = None
    num_tool_response_none: int | None = None
    tool_error_rate: float | None = None


@dataclass(frozen=True)
class ExecutionMetrics:
    """Times in seconds, and why the conversation ended.

    One of TIMEOUT, ENV_DONE, MAX_STEPS, TRUNCATION, STALE, ERROR, NONE.
    """

    env_time: float | None = None
    llm_time: float | None = None
    total_time: float | None = None
    termination_reason: str | None = None


@dataclass(frozen=True)
class Telemetry:
    """Where a trajectory came from: run ids, content hash, idempotency key."""

    source: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Trajectory:
    """The training record of one conversation."""

    task: Task
    steps: list[Step]
    reward: Reward | None = None
    metrics: TrajectoryMetrics | None = None
    execution_metrics: ExecutionMetrics | None = None
    reference_trajectory: Any = None
    telemetry: Telemetry | None = None
    idx: int | None = None
    error: str | None = None
    trace_id: str | None = None
    model_id: str | None = None


@dataclass(frozen=True)
class SDKConfig:
    """What `init` was given."""

    project_id: str
    provider: str | None = None
    debug: bool = False


def _message(data: dict[str, Any]) -> Message:
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
        fields["components"] = [RewardComponent(**component) for component in fields["components"]]
    return Reward(**fields)


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
            seen[key] = _message(item)
        return seen[key]

    fields = dict(data)
    fields["task"] = Task(**fields["task"])
    fields["steps"] = [
        Step(
            **{**step, "messages": [message(item) for item in step["messages"]], "reward": _reward(step.get("reward"))}
        )
        for step in fields["steps"]
    ]
    fields["reward"] = _reward(fields.get("reward"))
    for name, kind in (
        ("metrics", TrajectoryMetrics),
        ("execution_metrics", ExecutionMetrics),
        ("telemetry", Telemetry),
    ):
        if fields.get(name) is not None:
            fields[name] = kind(**fields[name])
    return Trajectory(**fields)
