"""Redaction of personal data and secrets."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..errors import UsageError
from ..primitives.lazy import with_source
from ..primitives.native import unchanged_source
from ..primitives.primitives import Message, PiiPolicy, RedactionPreview, Trajectory
from ..primitives.recorded import LooseRecord
from .base_transform import BaseTransform
from .pii_rules import FINDERS
from .record_transform import RecordTransform
from .redactor import Redactor

_MOST_SAMPLES = 100


class BasePiiTransform(BaseTransform):
    """A transform that redacts, and can show beforehand what it would redact."""

    @abstractmethod
    def preview(self, trajectories: list[Trajectory]) -> RedactionPreview:
        """What `transform` would redact: counts by rule and samples. Nothing is changed."""


class RegexPiiTransform(BasePiiTransform, RecordTransform):
    """Redacts what patterns and checksums tell: texts, tool arguments and results, sub-agents, alternatives, errors.

    Rules: EMAIL, PHONE, CREDIT_CARD (with its checksum), SSN (United States), IP, IBAN (with its checksum) and SECRET
    (API keys, tokens, private keys). Names of people are not found. JSON texts stay JSON. Ids of conversations that
    hold such data become pseudonyms; ids of runs, traces and tool calls are left alone.

    Example:
        tj.init(provider="langsmith", project_id="my-project", transforms=[tj.RegexPiiTransform()])
    """

    def __init__(
        self,
        policy: PiiPolicy | Sequence[str] | None = None,
        *,
        pseudonym_key: str | bytes | None = None,
        region: str = "US",
    ) -> None:
        """Chooses the rules.

        Args:
            policy: A policy, or names of rules; None takes all.
            pseudonym_key: A secret of yours: the same value becomes the same `[EMAIL_0123456789ab]` in every trajectory
                and every import under that key. Without it values become `[REDACTED_EMAIL]`.
            region: Where phone numbers without a country code are from: two letters.

        Raises:
            ValueError: A rule is unknown, or the key is empty.
        """
        rules = policy.rules if isinstance(policy, PiiPolicy) else policy
        self._rules = tuple(FINDERS if rules is None else rules)
        if unknown := [rule for rule in self._rules if rule not in FINDERS]:
            raise UsageError(f"unknown PII rule {unknown[0]!r}: known are {', '.join(FINDERS)}")
        if pseudonym_key is not None and not pseudonym_key:
            raise UsageError("pseudonym_key is empty: give a secret, or None")
        self._key = pseudonym_key.encode() if isinstance(pseudonym_key, str) else pseudonym_key
        self._region = region
        self._redactor = self._make_redactor()

    def transform(self, trajectory: Trajectory) -> Trajectory:
        """The redacted trajectory; its `content_hash` is that of the redacted content."""
        return self._redacted(trajectory, self._redactor)

    def transform_record(self, record: dict[str, Any]) -> dict[str, Any]:
        """The redacted record: an object of native JSON lines."""
        return _redacted_record(record, self._redactor)

    def preview(self, trajectories: list[Trajectory]) -> RedactionPreview:
        """What `transform` would redact.

        Args:
            trajectories: Trajectories as imported without this transform.

        Returns:
            `total_rule_counts` by rule (each message counted once), and up to 100 `samples` of `conversation_id`,
            `rule` and `hint`: the ends of the value alone.
        """
        redactor = self._make_redactor()
        samples: list[dict[str, Any]] = []
        for trajectory in trajectories:
            found = redactor.samples = []
            self._redacted(trajectory, redactor)
            for rule, hint in found[: _MOST_SAMPLES - len(samples)]:
                samples.append({"conversation_id": trajectory.task.conversation_id, "rule": rule, "hint": hint})
        return RedactionPreview(total_rule_counts=dict(redactor.counts), samples=samples)

    def _make_redactor(self) -> Redactor:
        return Redactor(self._rules, self._region, self._key)

    @staticmethod
    def _redacted(trajectory: Trajectory, redactor: Redactor) -> Trajectory:
        source = unchanged_source(trajectory)
        if source is None:
            return _redacted_steps(trajectory, redactor)
        record = _redacted_record(json.loads(source.record()), redactor)
        return with_source(Trajectory, _record=LooseRecord(json.dumps(record).encode()))


def _redacted_record(record: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    out = _lane(record, redactor)
    out["conversation_id"] = redactor.identifier(record["conversation_id"])
    if "auxiliary" in record:
        out["auxiliary"] = [_lane(lane, redactor) for lane in record["auxiliary"]]
    if "events" in record:
        out["events"] = [_texts(event, ("arguments", "output", "error"), redactor) for event in record["events"]]
    for name in ("error", "tool_definitions"):
        if name in record:
            out[name] = redactor.value(record[name])
    return out


def _lane(lane: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """A lane or an alternative, with everything below it."""
    out = dict(lane)
    out["messages"] = [_message(message, redactor) for message in lane["messages"]]
    out["calls"] = [_call(call, redactor) for call in lane["calls"]]
    for name in ("alternatives", "subagents"):
        if name in lane:
            out[name] = [_lane(below, redactor) for below in lane[name]]
    return out


def _message(message: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    out = _texts(message, ("content", "reasoning", "error", "name"), redactor)
    if "parts" in message:
        out["parts"] = redactor.value(message["parts"])
    if "tool_calls" in message:
        out["tool_calls"] = [
            {**call, "function": _texts(call["function"], ("arguments",), redactor)} for call in message["tool_calls"]
        ]
    return out


def _call(call: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    out = _texts(call, ("error",), redactor)
    for name in ("variants", "variant_texts", "parameters"):
        if name in call:
            out[name] = redactor.value(call[name])
    return out


def _texts(data: dict[str, Any], names: tuple[str, ...], redactor: Redactor) -> dict[str, Any]:
    return {name: redactor.text(value) if name in names and value else value for name, value in data.items()}


def _redacted_steps(trajectory: Trajectory, redactor: Redactor) -> Trajectory:
    """A trajectory that stands for itself: every message of its steps, and what its task and error say."""
    from ..importing import rehashed

    done: dict[int, Message] = {}

    def redacted(message: Message) -> Message:
        if id(message) not in done:
            done[id(message)] = _plain_message(message, redactor)
        return done[id(message)]

    steps = [replace(step, messages=[redacted(message) for message in step.messages]) for step in trajectory.steps]

    def identifier(value: Any) -> Any:
        return redactor.identifier(value) if isinstance(value, str) else value

    task = trajectory.task
    task = replace(task, id=identifier(task.id), conversation_id=identifier(task.conversation_id))
    telemetry = trajectory.telemetry
    if telemetry is not None and "conversation_id" in telemetry.data:
        data = {**telemetry.data, "conversation_id": task.conversation_id}
        telemetry = replace(telemetry, data=data)
    error = None if trajectory.error is None else redactor.text(trajectory.error)
    return rehashed(replace(trajectory, steps=steps, task=task, telemetry=telemetry, error=error))


def _plain_message(message: Message, redactor: Redactor) -> Message:
    def text(value: str | None) -> str | None:
        return redactor.text(value) if value else value

    calls = message.tool_calls and [
        replace(call, arguments=redactor.value(call.arguments)) for call in message.tool_calls
    ]
    response = message.tool_response and replace(
        message.tool_response,
        arguments=redactor.value(message.tool_response.arguments),
        response=text(message.tool_response.response),
        error=text(message.tool_response.error),
    )
    definitions = message.tool_definitions and [
        replace(tool, description=redactor.text(tool.description), parameters=redactor.value(tool.parameters))
        for tool in message.tool_definitions
    ]
    metadata = message.metadata and {
        name: redactor.value(value) if name == "parts" else value for name, value in message.metadata.items()
    }
    return replace(
        message,
        content=text(message.content),
        reasoning=text(message.reasoning),
        tool_calls=calls,
        tool_response=response,
        tool_definitions=definitions,
        metadata=metadata,
    )
