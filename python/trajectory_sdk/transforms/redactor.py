"""Takes personal data and secrets out of texts, JSON in texts, and records."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from .json_text import Stretch, Token, Unescaped, scan, stretches
from .pii_rules import find

# Names in records and in the contract's form under which ids and names stand: what must stay unlike others of its kind.
IDENTIFIERS = frozenset(
    {
        "agent",
        "conversation_id",
        "data_source",
        "id",
        "idempotency_key",
        "model",
        "model_id",
        "name",
        "parent_tool_call_id",
        "project_id",
        "run_id",
        "source",
        "source_run_ids",
        "thread_key",
        "tool_call_id",
        "tools",
        "trace_id",
        "trace_ids",
    }
)
# Names under which a value of somebody else's making stands, whose names mean nothing here.
VALUES = frozenset({"arguments", "input_schema", "parameters", "parts", "variant_texts", "variants"})

# Ids, checksums, times and plain words, which are looked up by the thousand and hold nothing.
_HARMLESS = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{64}|[a-z_]{1,23}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"
)
_BACKSLASHED = re.compile(r"\\[nrtbf\"'/\\]")
_DEEPEST = 8  # JSON inside strings of JSON inside ...


class Edit(NamedTuple):
    """A stretch of a text and what takes its place."""

    begin: int
    end: int
    text: str


class Redactor:
    """Replaces what the rules name, and counts it. What is around it stays as it is, byte by byte.

    Args:
        rules: Names of rules.
        region: Where phone numbers without a country code are from.
        key: Makes replacements pseudonyms: the same value becomes the same `[RULE_0123456789ab]`, under this key alone.
            Without one the replacement is `[REDACTED_RULE]`.
    """

    def __init__(self, rules: tuple[str, ...], region: str, key: bytes | None) -> None:
        self._rules = rules
        self._region = region
        self._key = key
        self._own_key = secrets.token_bytes(32)
        self.counts: Counter[str] = Counter()
        self.samples: list[tuple[str, str]] | None = None  # rule and a hint of the value, when somebody collects them

    def text(self, text: str) -> str:
        """A text with everything replaced, also in the JSON that it is or holds, which stays JSON."""
        if _HARMLESS.fullmatch(text):
            return text
        return _apply(text, self._edits(text, 0))

    def identifier(self, text: str) -> str:
        """The same for an id or a name, which must stay unlike others: a pseudonym in any case."""
        if _HARMLESS.fullmatch(text):
            return text
        return _apply(text, self._found(text, self._key or self._own_key))

    def number(self, digits: str) -> str:
        """A bare number: only a checksum tells that it is more than an amount or a time."""
        rules = tuple(rule for rule in self._rules if rule == "CREDIT_CARD")
        return _apply(digits, self._found(digits, self._key, rules)) if len(digits) > 12 else digits

    def record(self, text: str) -> str:
        """The JSON text of a native record."""
        tokens, _, _ = scan(text, 0)
        wanted = [token for token in tokens if token.kind != "number" or is_value(token.names)]
        return _apply(text, self._edits_of_tokens(text, wanted, 0, of_record=True))

    def page(self, text: str) -> str:
        """A JSON text whose names and texts may hold anything, and whose numbers are counts."""
        tokens, _, _ = scan(text, 0)
        return _apply(text, self._edits_of_tokens(text, [token for token in tokens if token.kind != "number"], 0))

    def _edits(self, text: str, depth: int) -> list[Edit]:
        """What to replace in a text, in order."""
        if len(text) < 6:
            return []
        if depth == _DEEPEST:
            return self._found(text, self._key)
        edits: list[Edit] = []
        for stretch in stretches(text):
            edits += self._edits_of_stretch(text, stretch, depth)
        return edits

    def _edits_of_stretch(self, text: str, stretch: Stretch, depth: int) -> list[Edit]:
        if stretch.whole and stretch.tokens:
            return self._edits_of_tokens(text, stretch.tokens, depth)
        strings = [token for token in stretch.tokens if token.kind != "number"]
        edits = self._edits_of_tokens(text, strings, depth)
        at = stretch.begin
        for begin, end in [*((token.begin, token.end) for token in strings), (stretch.end, stretch.end)]:
            edits += [_moved(edit, at) for edit in self._found(text[at:begin], self._key)]
            at = end
        return sorted(edits)

    def _edits_of_tokens(
        self, text: str, tokens: Iterable[Token], depth: int, *, of_record: bool = False
    ) -> list[Edit]:
        edits: list[Edit] = []
        keys = Keys()
        for token in tokens:
            body = text[token.begin : token.end]
            if token.kind == "number":
                if (replaced := self.number(body)) != body:
                    edits.append(Edit(token.begin, token.end, json.dumps(replaced)))
                continue
            identifier = of_record and token.kind == "string" and is_identifier(token.names)
            found = self._edits_of_string(body, depth, identifier)
            edits += [_moved(edit, token.begin) for edit in found]
            if token.kind == "key" and found and (suffix := keys.suffix(token.owner, _apply(body, found))):
                edits.append(Edit(token.end, token.end, suffix))
        return edits

    def _edits_of_string(self, body: str, depth: int, identifier: bool) -> list[Edit]:
        """What to replace in the text of a JSON string."""
        if _HARMLESS.fullmatch(body):
            return []
        said = Unescaped(body) if "\\" in body else None
        inner = body if said is None else said.text
        edits = self._found(inner, self._key or self._own_key) if identifier else self._edits(inner, depth + 1)
        if said is not None:
            edits = [Edit(said.written(edit.begin), said.written(edit.end), edit.text) for edit in edits]
        return [Edit(edit.begin, edit.end, json.dumps(edit.text, ensure_ascii=False)[1:-1]) for edit in edits]

    def _found(self, text: str, key: bytes | None, rules: tuple[str, ...] | None = None) -> list[Edit]:
        if len(text) < 6:
            return []
        # An escape outside of JSON, as in the text of a Python object, parts words as what it stands for does.
        view = _BACKSLASHED.sub("  ", text) if "\\" in text else text
        edits = []
        for match in find(view, self._rules if rules is None else rules, self._region):
            value = text[match.begin : match.end]
            self.counts[match.rule] += 1
            if self.samples is not None:
                self.samples.append((match.rule, f"{value[:2]}…{value[-2:]}"))
            edits.append(Edit(match.begin, match.end, _replacement(match.rule, value, key)))
        return edits


class Keys:
    """Numbers the keys of objects that redaction makes equal: none takes the place of another."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[int, str]] = Counter()

    def suffix(self, owner: int, key: str) -> str:
        """What to put behind a redacted key of an object."""
        self._taken[owner, key] += 1
        number = self._taken[owner, key]
        return f"_{number}" if number > 1 else ""


def is_value(names: tuple[str, ...]) -> bool:
    """Whether what stands under these names is a value of somebody else's making."""
    return not VALUES.isdisjoint(names)


def is_identifier(names: tuple[str, ...]) -> bool:
    """Whether what stands under these names of a record is an id or a name."""
    return bool(names) and names[-1] in IDENTIFIERS and not is_value(names)


def _moved(edit: Edit, by: int) -> Edit:
    return Edit(edit.begin + by, edit.end + by, edit.text)


def _apply(text: str, edits: list[Edit]) -> str:
    if not edits:
        return text
    pieces = []
    at = 0
    for edit in edits:
        pieces += [text[at : edit.begin], edit.text]
        at = edit.end
    return "".join([*pieces, text[at:]])


def _replacement(rule: str, value: str, key: bytes | None) -> str:
    if key is None:
        return f"[REDACTED_{rule}]"
    digest = hmac.new(key, f"{rule}:{_normalised(rule, value)}".encode(errors="surrogatepass"), hashlib.sha256)
    return f"[{rule}_{digest.hexdigest()[:12]}]"


def _normalised(rule: str, value: str) -> str:
    """One spelling of a value: the same card with and without spaces is one."""
    if rule == "EMAIL":
        return re.sub(r"%40|\uff20|&#64;", "@", value).lower()
    if rule in ("CREDIT_CARD", "SSN", "PHONE"):
        return re.sub(r"\D", "", value)
    if rule == "IBAN":
        return re.sub(r"[\W_]", "", value).upper()
    return value
