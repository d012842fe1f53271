"""Events: gathered during a trace, and pushed to the platform."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _core
from .api import platform_access
from .arguments import whole_number
from .build import build_trajectory_from_messages
from .errors import ArgumentTypeError, MissingAttributeError, NestingError, UsageError
from .primitives.primitives import Message, Reward, TelemetryEvent, TerminationReason, Trajectory


@dataclass(frozen=True)
class PushResult:
    """What became of events.

    Attributes:
        pushed: Events that the platform took; those it had already count, too.
        skipped: Events that were left out because they are invalid, or that the platform refused one by one.
        errors: What is wrong with these, a text each.
    """

    pushed: int = 0
    skipped: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class TraceContext:
    """Gathers events of a trace and makes its trajectory, so that `upload_trace` can tie them together.

    Attributes:
        trace_id: What ties them.
        events: The events so far.
    """

    trace_id: str
    events: list[TelemetryEvent] = field(default_factory=list)

    def event(
        self,
        event_type: str,
        properties: dict[str, Any] | None = None,
        *,
        user_id: str | None = None,
        trajectory_id: str | None = None,
        source: str = "sdk",
        metadata: dict[str, Any] | None = None,
    ) -> TelemetryEvent:
        """Records an event of this trace, whose id is also its session, and returns it."""
        event = TelemetryEvent(
            event_type=event_type,
            session_id=self.trace_id,
            properties={} if properties is None else properties,
            user_id=user_id,
            trajectory_id=trajectory_id,
            source=source,
            metadata=metadata,
            trace_id=self.trace_id,
        )
        self.events.append(event)
        return event

    def build_trajectory(
        self,
        messages: list[Message],
        *,
        data_source: str,
        conversation_id: str | None = None,
        reward: Reward | None = None,
        task_metadata: dict[str, Any] | None = None,
        error: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        termination_reason: TerminationReason | None = None,
        extra_telemetry: dict[str, Any] | None = None,
        model_id: str | None = None,
    ) -> Trajectory:
        """The trajectory of this trace, by default a conversation of its own: see `build_trajectory_from_messages`."""
        return build_trajectory_from_messages(
            messages,
            conversation_id=self.trace_id if conversation_id is None else conversation_id,
            data_source=data_source,
            reward=reward,
            task_metadata=task_metadata,
            error=error,
            start_time=start_time,
            end_time=end_time,
            termination_reason=termination_reason,
            extra_telemetry=extra_telemetry,
            trace_id=self.trace_id,
            model_id=model_id,
        )


def start_trace(trace_id: str | None = None) -> TraceContext:
    """Begins a trace whose events and trajectory belong together; a new id is made where none is given."""
    return TraceContext(trace_id or uuid.uuid4().hex)


def push_events(
    events: Iterable[TelemetryEvent],
    *,
    organization_id: str | None = None,
    chunk_size: int = 1000,
    max_retries: int = 3,
) -> PushResult:
    """Pushes events to the platform.

    Invalid ones (a blank `event_type` or `session_id`, `properties` that are no dict, a `timestamp` that is not ISO
    8601) are left out. An event whose `event_id` was pushed before has no further effect, so that everything may be
    pushed again after a failure.

    Args:
        events: The events.
        organization_id: Is not sent: the API key tells the organization.
        chunk_size: Events in one request.
        max_retries: How often a request is repeated that the platform fails or refuses for the number of calls.

    Returns:
        How many were pushed and left out, and why.

    Raises:
        RuntimeError: `init` was not called; the platform cannot be reached, does not take the key, refuses or fails.
        ValueError: There is no API key; `chunk_size` or `max_retries` cannot be; JSON cannot hold an event.
        TypeError: Something else than events is given, or JSON cannot hold a value in one.
    """
    url, key = platform_access("push_events")
    whole_number("chunk_size", chunk_size, 1, 1_000_000)
    whole_number("max_retries", max_retries, 0, 100)
    texts = [_event_text(place, event) for place, event in enumerate(_listed(events))]
    if not texts:
        return PushResult()
    result = _core.push_events(
        url=url, key=key, events=texts, chunk_size=chunk_size, retries=max_retries, progress=None
    )
    return PushResult(**json.loads(result))


def _listed(events: Any) -> Sequence[Any]:
    if not isinstance(events, Iterable):
        raise ArgumentTypeError(f"push_events needs a list of events, not {type(events).__name__}")
    return list(events)


def _event_text(place: int, event: Any) -> bytes:
    if not isinstance(event, TelemetryEvent):
        raise MissingAttributeError(f"push_events needs events: entry {place} is a {type(event).__name__}")
    try:
        return json.dumps(event.to_api_dict(), allow_nan=False).encode()
    except TypeError as error:
        raise ArgumentTypeError(f"event {place} cannot be written as JSON: {error}") from error
    except RecursionError:
        raise NestingError(f"event {place} is nested too deeply to be written as JSON") from None
    except ValueError as error:
        raise UsageError(f"event {place} cannot be written as JSON: {error}") from error
