"""A flat message list cut into cumulative steps, and the counts over it."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import ArgumentTypeError, MissingAttributeError
from .primitives.primitives import Message, Step, TrajectoryMetrics


def build_steps(messages: Sequence[Message]) -> list[Step]:
    """Cumulative steps: each holds everything that was in the context when it closed.

    Everything up to the first user message is step 0. Afterwards a step closes at each tool message and at each
    assistant message without calls. A run of system messages replaces those of the context and moves to its front;
    earlier steps keep theirs. What is open at the end closes one last step, if that is longer than the one before.

    Args:
        messages: The conversation in order.

    Returns:
        The steps; none for no messages. Each has a list of its own; the messages are shared.
    """
    steps: list[Step] = []
    context: list[Message] = []
    system_run: list[Message] = []
    seen_user = False
    for message in messages:
        if seen_user and message.role == "system":
            system_run.append(message)
            context = system_run + [earlier for earlier in context if earlier.role != "system"]
            continue
        system_run = []
        context.append(message)
        first_user = message.role == "user" and not seen_user
        seen_user = seen_user or first_user
        answered = message.role == "tool" or (message.role == "assistant" and not message.tool_calls)
        if first_user or (seen_user and answered):
            steps.append(Step(messages=list(context)))
    if len(context) > (len(steps[-1].messages) if steps else 0):
        steps.append(Step(messages=list(context)))
    return steps


def count_metrics(messages: Sequence[Message], num_steps: int, tokens_generated: int | None) -> TrajectoryMetrics:
    """Counts over a conversation.

    Args:
        messages: The conversation in order, each message once.
        num_steps: How many steps it makes.
        tokens_generated: Completion tokens, where they are known.

    Returns:
        Calls on assistant messages, tool messages with an error, and failures per call (0.0 without calls).

    Raises:
        TypeError: A message's `tool_calls` or `tool_response` is of another type.
    """
    calls = sum(_num_calls(index, message) for index, message in enumerate(messages))
    failures = sum(_has_failed(index, message) for index, message in enumerate(messages))
    return TrajectoryMetrics(
        steps=num_steps,
        tokens_generated=tokens_generated,
        num_tool_calls=calls,
        num_tool_failures=failures,
        tool_error_rate=failures / calls if calls else 0.0,
    )


def _num_calls(index: int, message: Message) -> int:
    if message.role != "assistant" or not message.tool_calls:
        return 0
    try:
        return len(message.tool_calls)
    except TypeError:
        raise ArgumentTypeError(f"message {index}: tool_calls must be a list") from None


def _has_failed(index: int, message: Message) -> bool:
    if message.role != "tool" or not message.tool_response:
        return False
    try:
        return bool(message.tool_response.error)
    except AttributeError:
        raise MissingAttributeError(f"message {index}: tool_response must be a ToolResponse") from None
