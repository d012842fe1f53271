"""Redaction of personal data and secrets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import ArgumentTypeError, UsageError
from ..primitives.lazy import with_source
from ..primitives.native import keeps_contract, stored_text, unchanged_source
from ..primitives.primitives import PiiPolicy, RedactionPreview, Trajectory
from ..primitives.recorded import LooseRecord
from .base_transform import BaseTransform
from .pii_rules import FINDERS, is_region
from .record_transform import RecordTransform
from .redacted_objects import redact_object
from .redactor import Redactor

_MOST_SAMPLES = 100


class BasePiiTransform(BaseTransform):
    """A transform that redacts, and can show beforehand what it would redact."""

    @abstractmethod
    def preview(self, trajectories: list[Trajectory]) -> RedactionPreview:
        """What `transform` would redact: counts by rule and samples. Nothing is changed."""


class RegexPiiTransform(BasePiiTransform, RecordTransform):
    """Redacts what patterns and checksums tell, in every text of a trajectory, its record and the import's report.

    Rules: EMAIL, PHONE, CREDIT_CARD (with its checksum), SSN (United States), IP, IBAN (with its checksum) and SECRET
    (API keys, tokens, private keys). Names of people are not found. JSON is read at every depth, also inside its own
    strings and behind other words, and stays JSON; nothing but what is replaced changes. Ids and names (of
    conversations, runs, tools, calls, agents, models, ...) that hold such data become pseudonyms in any case, so that
    they stay unlike others; without a key these are of this transform alone.

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
            ValueError: A rule or the region is unknown, or the key is empty.
            TypeError: An argument is of another type.
        """
        rules = policy.rules if isinstance(policy, PiiPolicy) else policy
        if isinstance(rules, str) or not isinstance(rules, Iterable | None):
            raise ArgumentTypeError(f"policy must be a PiiPolicy or a list of rules, not {type(rules).__name__}")
        self._rules = tuple(FINDERS if rules is None else rules)
        if unknown := [rule for rule in self._rules if rule not in FINDERS]:
            raise UsageError(f"unknown PII rule {unknown[0]!r}: known are {', '.join(FINDERS)}")
        if not isinstance(pseudonym_key, str | bytes | None):
            raise ArgumentTypeError(f"pseudonym_key must be a text or bytes, not {type(pseudonym_key).__name__}")
        if not isinstance(region, str):
            raise ArgumentTypeError(f"region must be a text of two letters, not {type(region).__name__}")
        if not is_region(region.upper()):
            raise UsageError(f"unknown region {region!r}: give the two letters of a country, as 'US'")
        if pseudonym_key is not None and not pseudonym_key:
            raise UsageError("pseudonym_key is empty: give a secret, or None")
        self._key = pseudonym_key.encode() if isinstance(pseudonym_key, str) else pseudonym_key
        self._region = region.upper()
        self._redactor = self._make_redactor()

    def transform(self, trajectory: Trajectory) -> Trajectory:
        """The redacted trajectory, with the `content_hash` of the redacted content; the same if nothing is redacted."""
        return _redacted(trajectory, self._redactor)

    def transform_record(self, record: bytes) -> bytes:
        """The redacted record: a line of native JSON lines."""
        return _redacted_record(record, self._redactor)

    def transform_report(self, report: str) -> str:
        """The redacted report of an import."""
        return self._redactor.page(report)

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
            _redacted(trajectory, redactor)
            for rule, hint in found[: _MOST_SAMPLES - len(samples)]:
                samples.append({"conversation_id": trajectory.task.conversation_id, "rule": rule, "hint": hint})
        return RedactionPreview(total_rule_counts=dict(redactor.counts), samples=samples)

    def _make_redactor(self) -> Redactor:
        return Redactor(self._rules, self._region, self._key)


def _redacted(trajectory: Trajectory, redactor: Redactor) -> Trajectory:
    source = unchanged_source(trajectory)
    if source is None or keeps_contract(source.record()):
        from ..canonical import rehashed

        changed = redact_object(trajectory, redactor)
        return trajectory if changed is trajectory else rehashed(changed, before=trajectory)
    record = source.record()
    redacted = _redacted_record(record, redactor)
    return trajectory if redacted == record else with_source(Trajectory, _record=LooseRecord(redacted))


def _redacted_record(record: bytes, redactor: Redactor) -> bytes:
    if keeps_contract(record):  # its hash is that of what it keeps
        return stored_text(_redacted(with_source(Trajectory, _record=LooseRecord(record)), redactor))
    return redactor.record(record.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
