"""Takes personal data and secrets out of texts, JSON texts and JSON values."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from typing import Any

from .pii_rules import find

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?')


class Redactor:
    """Replaces what the rules name, and counts it.

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
        """A text with everything replaced; JSON stays JSON, in the same layout."""
        if text[:1] in ("{", "[") and _is_json(text):
            return _TOKEN.sub(self._token, text)
        return self._plain(text, self._key)

    def identifier(self, text: str) -> str:
        """The same for an id, which must stay unlike other ids: a pseudonym in any case."""
        return self._plain(text, self._key or self._own_key)

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it, and every number that a rule names, replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self._plain(name, self._key): self.value(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            replaced = self._number(str(value))
            return value if replaced == str(value) else replaced
        return value

    def _number(self, digits: str) -> str:
        """A bare number: only a checksum tells that it is more than an amount or a time."""
        rules = tuple(rule for rule in self._rules if rule == "CREDIT_CARD")
        return self._plain(digits, self._key, rules)

    def _token(self, match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith('"'):
            text = json.loads(token)
            replaced = self._plain(text, self._key)
            return token if replaced == text else json.dumps(replaced, ensure_ascii=token.isascii())
        replaced = self._number(token)
        return token if replaced == token else json.dumps(replaced)

    def _plain(self, text: str, key: bytes | None, rules: tuple[str, ...] | None = None) -> str:
        found = find(text, self._rules if rules is None else rules, self._region) if len(text) > 5 else []
        if not found:
            return text
        pieces = []
        at = 0
        for match in found:
            value = text[match.begin : match.end]
            self.counts[match.rule] += 1
            if self.samples is not None:
                self.samples.append((match.rule, f"{value[:2]}…{value[-2:]}"))
            pieces += [text[at : match.begin], _replacement(match.rule, value, key)]
            at = match.end
        return "".join([*pieces, text[at:]])


def _replacement(rule: str, value: str, key: bytes | None) -> str:
    if key is None:
        return f"[REDACTED_{rule}]"
    digest = hmac.new(key, f"{rule}:{_normalised(rule, value)}".encode(errors="surrogatepass"), hashlib.sha256)
    return f"[{rule}_{digest.hexdigest()[:12]}]"


def _normalised(rule: str, value: str) -> str:
    """One spelling of a value: the same card with and without spaces is one."""
    if rule == "EMAIL":
        return value.lower()
    if rule in ("CREDIT_CARD", "SSN", "PHONE"):
        return re.sub(r"\D", "", value)
    if rule == "IBAN":
        return re.sub(r"\s", "", value)
    return value


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
