"""What counts as personal data or a secret in a text: where it stands, by rule.

Phone numbers are found by `phonenumbers` (Google's libphonenumber), checksums held by `python-stdnum`, keys and tokens
found by the patterns of `detect-secrets`; the rest are patterns of our own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

Span = tuple[int, int]
Finder = Callable[[str, str], Iterator[Span]]


@dataclass(frozen=True)
class Match:
    """A stretch of a text that a rule names."""

    rule: str
    begin: int
    end: int


_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+%-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_DIGIT_GROUPS = re.compile(r"(?<![\w.-])\d+(?:[ -]\d+)*(?![\w-]|\.\d)")
_SSN = re.compile(r"(?<![\w-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_PHONE_HINT = re.compile(r"\d(?:[\s().+-]*\d){6}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.S
)

# Keys that detect-secrets does not know.
_KEYS = re.compile(
    r"(?<![\w-])(?:"
    r"sk-(?:ant|proj|svcacct|admin|or-v1)-[\w-]{20,}"
    r"|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{8,12}"
    r"|AIza[\w-]{35}"
    r"|hf_[A-Za-z]{30,40}"
    r"|gsk_[A-Za-z0-9]{40,}"
    r"|xai-[A-Za-z0-9]{60,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r")(?![\w-])"
)
_DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)


def _emails(text: str, region: str) -> Iterator[Span]:
    if "@" in text:
        yield from (match.span() for match in _EMAIL.finditer(text))


def _cards(text: str, region: str) -> Iterator[Span]:
    from stdnum import luhn

    for run in _DIGIT_GROUPS.finditer(text):
        groups = list(re.finditer(r"\d+", run[0]))
        first = 0
        while first < len(groups):
            digits = ""
            for last in range(first, len(groups)):
                digits += groups[last][0]
                if 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and luhn.is_valid(digits):
                    yield run.start() + groups[first].start(), run.start() + groups[last].end()
                    first = last
                    break
            first += 1


def _social_security_numbers(text: str, region: str) -> Iterator[Span]:
    from stdnum.us import ssn

    for match in _SSN.finditer(text):
        if ssn.is_valid(match[0].replace(" ", "-")):
            yield match.span()


def _phones(text: str, region: str) -> Iterator[Span]:
    if not _PHONE_HINT.search(text):
        return
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, region):
        yield match.start, match.end


def _ibans(text: str, region: str) -> Iterator[Span]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        # The pattern may have run into the word behind the number.
        for end in range(match.end(), match.start() + 14, -1):
            if (end == match.end() or not text[end - 1].isspace()) and iban.is_valid(text[match.start() : end]):
                yield match.start(), end
                break


def _addresses(text: str, region: str) -> Iterator[Span]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            if not (address.is_loopback or address.is_unspecified):
                yield match.span()


@cache
def _detector_patterns() -> list[re.Pattern[str]]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    plugins: dict[str, Any] = get_mapping_from_secret_type_to_class()
    classes = {plugin.__name__: plugin for plugin in plugins.values()}
    return [pattern for name in _DETECTORS for pattern in classes[name]().denylist]


def _secrets(text: str, region: str) -> Iterator[Span]:
    if "PRIVATE KEY" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))
    yield from (match.span() for match in _KEYS.finditer(text))
    for pattern in _detector_patterns():
        yield from (match.span() for match in pattern.finditer(text))


# In this order: what an earlier rule has found, a later one leaves alone.
FINDERS: dict[str, Finder] = {
    "SECRET": _secrets,
    "EMAIL": _emails,
    "IBAN": _ibans,
    "CREDIT_CARD": _cards,
    "SSN": _social_security_numbers,
    "PHONE": _phones,
    "IP": _addresses,
}


def find(text: str, rules: tuple[str, ...], region: str) -> list[Match]:
    """Where the rules name something in a text: in order, without overlaps.

    Args:
        text: Any text.
        rules: Names of `FINDERS`.
        region: Where phone numbers without a country code are from: two letters, as "US".
    """
    found: list[Match] = []
    for rule, finder in FINDERS.items():
        if rule not in rules:
            continue
        end_before = 0
        for begin, end in sorted(finder(text, region)):
            if begin >= end_before:
                found.append(Match(rule, begin, end))
                end_before = end
        for match in found:  # the next rules find nothing there, and nothing that runs across it
            text = text[: match.begin] + "\n" * (match.end - match.begin) + text[match.end :]
    return sorted(found, key=lambda match: match.begin)
