"""The types of a trajectory: frozen dataclasses, in the shape that is saved and uploaded.

Every type is immutable and compares by value; `dataclasses.replace`, `dataclasses.asdict`, `copy` and `pickle` work on
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from .display import as_html, one_line
from .lazy import Lazy, lazy_fields
from .recorded import Recorded

TrainableStatus = Literal["trainable", "not_trainable", "superseded", "summarization_boundary"]
Role = Literal["system", "user", "assistant", "tool"]
TerminationReason = Literal["TIMEOUT", "ENV_DONE", "MAX_STEPS", "TRUNCATION", "STALE", "ERROR", "NONE"]


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
        """Whether the message holds no text, no list of calls (an empty one counts) and no tool response."""
        return not self.content and self.tool_calls is None and self.tool_response is None


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


@lazy_fields
@dataclass(frozen=True)
class Step(Lazy):
    """A snapshot of the conversation: `messages` is everything up to and including this step."""

    messages: list[Message]
    reward: Reward | None = None
    info: dict[str, Any] | None = None
    trainable_status: TrainableStatus = "not_trainable"

    def _missing_fields(self) -> dict[str, Any]:
        held = self.__dict__.get("_pool")
        if held is None:
            return {}
        pool, ranges = held
        return {"messages": [message for begin, end in ranges for message in pool[begin:end]]}

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


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
    termination_reason: TerminationReason | None = None


@dataclass(frozen=True)
class Telemetry:
    """Where a trajectory came from: run ids, content hash, idempotency key."""

    source: str
    data: dict[str, Any]


@lazy_fields
@dataclass(frozen=True, repr=False)
class Trajectory(Recorded):
    """The training record of one conversation.

    Trajectories of an import are light handles: their fields appear when they are first looked at, and they know more
    than the fields (`messages`, `calls`, `subagents`, `alternatives`, ...).
    """

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

    def __repr__(self) -> str:
        """One line: id and sizes."""
        return one_line(self)

    def _repr_html_(self) -> str:
        """A readable conversation for notebooks."""
        return as_html(self)


PiiRule = Literal["EMAIL", "PHONE", "CREDIT_CARD", "SSN", "IP", "IBAN", "SECRET"]


@dataclass(frozen=True)
class PiiPolicy:
    """Rules of redaction under a name."""

    name: str
    rules: Sequence[PiiRule]


@dataclass(frozen=True)
class RedactionPreview:
    """What a redaction would do: matches by rule, and some of them."""

    total_rule_counts: dict[str, int]
    samples: list[dict[str, Any]]


def _new_event_id() -> str:
    import uuid  # only events need it, and it is slow to import

    return uuid.uuid4().hex


def _now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass(frozen=True)
class TelemetryEvent:
    """Something that happened in a session, to be pushed beside a trajectory.

    Attributes:
        event_type: What happened.
        session_id: The session it happened in.
        properties: Facts about it; must be JSON.
        event_id: Idempotency key: pushing an id twice has no further effect.
        timestamp: ISO 8601; by default now, in UTC.
        user_id: Whose session it is.
        trajectory_id: The uploaded trajectory that it belongs to.
        source: Who recorded it.
        metadata: Further facts.
        trace_id: Links the event to a trajectory of the same trace before that has an id.
    """

    event_type: str
    session_id: str
    properties: dict[str, Any] = field(default_factory=dict)
    event_id: str = field(default_factory=_new_event_id)
    timestamp: str = field(default_factory=_now)
    user_id: str | None = None
    trajectory_id: str | None = None
    source: str = "sdk"
    metadata: dict[str, Any] | None = None
    trace_id: str | None = None

    def to_api_dict(self) -> dict[str, Any]:
        """The event as it is pushed: the first five fields and the source always, the others where they are set."""
        always = ("event_type", "session_id", "properties", "event_id", "timestamp", "source")
        optional = ("trace_id", "user_id", "trajectory_id", "metadata")
        event = {name: getattr(self, name) for name in always}
        event.update({name: getattr(self, name) for name in optional if getattr(self, name) is not None})
        return event


@dataclass(frozen=True)
class ConversationSummary:
    """One conversation of a listing. Times are ISO 8601; `root_run_names` are the names of its traces."""

    conversation_id: str
    num_turns: int
    first_seen: str | None = None
    last_seen: str | None = None
    root_run_names: list[str] = field(default_factory=list)


@dataclass
class ParsedTurn:
    """What one trace adds to a conversation, as a provider hands it to the builder.

    Attributes:
        messages: The new messages, in order.
        source_run_id: The trace's root run.
        start_time: Start, ISO 8601.
        end_time: End, ISO 8601.
        error: Text of the error that the turn ended with.
        token_counts: `total_tokens`, `completion_tokens` and what else was counted.
        total_cost: US dollars.
    """

    messages: list[Message]
    source_run_id: str
    start_time: str | None = None
    end_time: str | None = None
    error: str | None = None
    token_counts: dict[str, int] = field(default_factory=dict)
    total_cost: float | None = None


@dataclass
class ParsedConversation:
    """A conversation's turns in order, as a provider hands them to the builder."""

    conversation_id: str
    data_source: str
    num_turns: int
    turns: list[ParsedTurn]
    trace_id: str | None = None


@dataclass(frozen=True)
class SDKConfig:
    """What `init` was given; its repr shows no keys."""

    project_id: str
    provider: str | None = None
    api_key: str | None = field(default=None, repr=False)
    workspace_id: str | None = None
    destination_id: str | None = None
    trajectory_api_key: str | None = field(default=None, repr=False)
    transforms: list[Any] = field(default_factory=list)
    debug: bool = False
    base_url: str | None = None
    langsmith_url: str | None = None
    route: str = "auto"
    api_version: str = "auto"
    storage_options: Mapping[str, Any] | None = field(default=None, repr=False)
    bucket: str | None = None
    export_timeout: timedelta | None = None
    state: str | Path | None = None
