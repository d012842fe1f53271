"""Trajectories from messages: the builders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Reversible
from dataclasses import replace
from datetime import datetime
from typing import Any

from .canonical import BUILT, content_hash, idempotency_key
from .errors import ArgumentTypeError, MissingAttributeError, UsageError
from .primitives.primitives import (
    ExecutionMetrics,
    Message,
    ParsedConversation,
    ParsedTurn,
    Reward,
    Task,
    Telemetry,
    TerminationReason,
    Trajectory,
)
from .steps import build_steps, count_metrics


def build_trajectory_from_messages(
    messages: Iterable[Message],
    *,
    conversation_id: str,
    data_source: str,
    reward: Reward | None = None,
    task_metadata: Mapping[str, Any] | None = None,
    error: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    termination_reason: TerminationReason | None = None,
    extra_telemetry: Mapping[str, Any] | None = None,
    trace_id: str | None = None,
    model_id: str | None = None,
) -> Trajectory:
    """Builds a trajectory from a flat message list.

    Args:
        messages: The conversation in order, each message once.
        conversation_id: The conversation; with `data_source` it makes the task's id.
        data_source: Where the conversation comes from.
        reward: The trajectory's reward.
        task_metadata: `num_turns`, `total_tokens`, `total_cost` (US dollars) and `completion_tokens`; other keys are
            not looked at.
        error: Text of the error that the conversation ended with.
        start_time: Start, ISO 8601.
        end_time: End, ISO 8601.
        termination_reason: Why it ended; by default ERROR when there is an error, else ENV_DONE.
        extra_telemetry: More entries of `telemetry.data`; hash and idempotency key cannot be overwritten.
        trace_id: Links the trajectory to telemetry events.
        model_id: The model that is being trained.

    Returns:
        The trajectory with cumulative steps, metrics, and telemetry that holds the content hash (over task, steps,
        reward, metrics, execution metrics and model id) and the idempotency key.

    Raises:
        TypeError: `messages` holds something else than `Message`, or JSON cannot hold a value in them.
        ValueError: A value in them is nested too deeply, or is a text with a lone surrogate.
    """
    metadata = task_metadata or {}
    if not isinstance(metadata, Mapping):
        raise MissingAttributeError(f"task_metadata must be an object, not {type(metadata).__name__}")
    content = _content(
        _checked(messages, "messages"),
        Task(
            id=f"{data_source}:{conversation_id}",
            data_source=data_source,
            conversation_id=conversation_id,
            num_turns=metadata.get("num_turns"),
            total_tokens=metadata.get("total_tokens"),
            total_cost=metadata.get("total_cost"),
        ),
        tokens_generated=metadata.get("completion_tokens"),
        execution=ExecutionMetrics(
            total_time=_seconds(start_time, end_time),
            termination_reason=_reason(error) if termination_reason is None else termination_reason,
        ),
    )
    content = replace(content, reward=reward, model_id=model_id)
    data = {"conversation_id": conversation_id, **_entries(extra_telemetry)}
    if trace_id is not None:
        data["trace_id"] = trace_id
    return replace(_with_telemetry(content, data_source, conversation_id, data), error=error, trace_id=trace_id)


def build_trajectory_from_parsed(parsed: ParsedConversation) -> Trajectory:
    """Builds a trajectory from the turns that a provider parsed.

    Args:
        parsed: The conversation; its turns' messages are taken one after the other.

    Returns:
        The trajectory. Tokens and cost are sums over the turns (None when 0), the error is the first turn's that has
        one, the time runs from the first known start to the last known end.

    Raises:
        TypeError: A turn or message is of another type, a count is no number, or JSON cannot hold a value.
        ValueError: A value is nested too deeply, or is a text with a lone surrogate.
    """
    turns = _checked_turns(parsed)
    messages = [message for index, turn in enumerate(turns) for message in _checked(turn.messages, f"turn {index}")]
    error = next((turn.error for turn in turns if turn.error), None)
    start = next((turn.start_time for turn in turns if turn.start_time), None)
    end = next((turn.end_time for turn in reversed(turns) if turn.end_time), None)
    try:
        total_tokens = sum(turn.token_counts.get("total_tokens", 0) for turn in turns) or None
        completion_tokens = sum(turn.token_counts.get("completion_tokens", 0) for turn in turns) or None
        total_cost = sum(turn.total_cost or 0 for turn in turns) or None
    except AttributeError:
        raise MissingAttributeError("token_counts of a turn must be an object") from None
    except TypeError as problem:
        raise ArgumentTypeError(f"token counts and costs of turns must be numbers: {problem}") from None
    content = _content(
        messages,
        Task(
            id=f"{parsed.data_source}:{parsed.conversation_id}",
            data_source=parsed.data_source,
            conversation_id=parsed.conversation_id,
            num_turns=parsed.num_turns,
            total_tokens=total_tokens,
            total_cost=total_cost,
        ),
        tokens_generated=completion_tokens,
        execution=ExecutionMetrics(total_time=_seconds(start, end), termination_reason=_reason(error)),
    )
    data = {"source_run_ids": [turn.source_run_id for turn in turns], "conversation_id": parsed.conversation_id}
    built = _with_telemetry(content, parsed.data_source, parsed.conversation_id, data)
    built = replace(built, error=error, trace_id=parsed.trace_id)
    if parsed.trace_id is not None and built.telemetry is not None:
        built.telemetry.data["trace_id"] = parsed.trace_id
    return built


def _content(
    messages: list[Message], task: Task, *, tokens_generated: int | None, execution: ExecutionMetrics
) -> Trajectory:
    steps = build_steps(messages)
    return Trajectory(
        task=replace(task, num_steps=len(steps)),
        steps=steps,
        metrics=count_metrics(messages, len(steps), tokens_generated),
        execution_metrics=execution,
    )


def _with_telemetry(content: Trajectory, source: str, conversation_id: str, data: dict[str, Any]) -> Trajectory:
    data["content_hash"] = content_hash(content, also=BUILT, refuse_lone_surrogates=True)
    data["idempotency_key"] = idempotency_key(source, conversation_id, data["content_hash"])
    return replace(content, telemetry=Telemetry(source=source, data=data))


def _reason(error: str | None) -> TerminationReason:
    return "ERROR" if error else "ENV_DONE"


def _seconds(start: str | None, end: str | None) -> float | None:
    """End minus start; None when one is missing, unreadable, or only one has a time zone."""
    if not start or not end:
        return None
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (TypeError, ValueError):
        return None


def _entries(extra: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        return dict(extra or {})
    except TypeError as error:
        raise ArgumentTypeError(f"extra_telemetry must be an object: {error}") from error
    except ValueError as error:
        raise UsageError(f"extra_telemetry must be an object: {error}") from error


def _checked(messages: Iterable[Message], place: str) -> list[Message]:
    try:
        checked = list(messages)
    except TypeError:
        raise ArgumentTypeError(f"{place}: a list of messages is needed, not {type(messages).__name__}") from None
    for index, message in enumerate(checked):
        if not isinstance(message, Message):
            raise MissingAttributeError(f"{place}: entry {index} must be a Message, not {type(message).__name__}")
    return checked


def _checked_turns(parsed: ParsedConversation) -> list[ParsedTurn]:
    if not isinstance(parsed, ParsedConversation):
        raise MissingAttributeError(f"a ParsedConversation is needed, not {type(parsed).__name__}")
    try:
        turns = list(parsed.turns)
    except TypeError:
        raise ArgumentTypeError(f"turns must be a list, not {type(parsed.turns).__name__}") from None
    for index, turn in enumerate(turns):
        if not isinstance(turn, ParsedTurn):
            raise MissingAttributeError(f"turn {index} must be a ParsedTurn, not {type(turn).__name__}")
    if not isinstance(parsed.turns, Reversible):
        raise ArgumentTypeError(f"turns must be in order, as in a list, not {type(parsed.turns).__name__}")
    return turns
