"""What counts as personal data or a secret in a text: where it stands, by rule.

Phone numbers are verified by `phonenumbers` (Google's libphonenumber), checksums by `python-stdnum`, keys and tokens
found by the patterns of `detect-secrets`; the rest are patterns of our own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

Span = tuple[int, int]
Finder = Callable[[str, str], Iterator[Span]]


@dataclass(frozen=True)
class Match:
    """A stretch of a text that a rule names."""

    rule: str
    begin: int
    end: int


# What stands between groups of digits: a space, a dash or a dot of some kind, or two spaces.
_GAP = r"(?:  ?|[\u00a0\u202f._\u2010\u2011\u2012\u2013\u2014\u2212-])"

_AT = re.compile(r"@|%40|\uff20|&#64;")
_ESCAPED_BORDER = re.compile(r"%(?:20|22|26|27|2[CcFf]|3[A-Fa-f])")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,12}(?!(?:png|jpe?g|gif|svg|webp)\b)"
    r"(?:[Xx][Nn]--[A-Za-z0-9-]{1,59}|[^\W\d_]{2,24})"
    r"(?![^\W_]|-[^\W_])"
)
_MOST_LOCAL = 128
# Solid, or in the groups that are printed on cards; no part of a longer row of such groups.
_CARD = re.compile(
    rf"(?<![\w.])(?<!\d[-,])(?<!\s\d{{4}} )(?:\d{{13,19}}"
    rf"|\d{{4}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{1,3}}(?!\d))?|3\d{{3}}({_GAP})\d{{6}}\2\d{{4,5}})"
    rf"(?![\w-]|[.,]\d|(?: \d{{4}}){{2}})"
)
_CARD_BEGINS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))\d+|3[47]\d{13}|3(?:0[0-5]|[689])\d{11,16}"
    r"|6(?:011|4[4-9]|5|2)\d+|35(?:2[89]|[3-8])\d+|(?:5[0678]|6[0379])\d+"
)
_SSN = re.compile(
    r"(?<![\w-])(?<!\d[.,])\d{3}([- .\u00a0\u2010\u2011\u2012\u2013\u2014\u2212])\d{2}\1\d{4}(?![\w-]|[.,]\d)"
)
_SPACED = re.compile(r"\d+(?: \d+)+")
_DIGIT_BEFORE = re.compile(r"\d ")
_DIGIT_AFTER = re.compile(r" \d")
_IBAN = re.compile(
    r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ \u00a0\u202f-]?[A-Za-z0-9]{4}){2,7}(?:[ \u00a0\u202f-]?[A-Za-z0-9]{1,3})?"
    r"(?![^\W_])"
)
_PHONE_BEGIN = r"(?<!\w)(?<!\w-)(?<!\d[.,:/])(?<!\.)"
_PHONE_END = r"(?: ?(?:x|ext\.?) ?\d{1,5})?(?!\w)(?!-\w)(?![.,:/]\d)"
_PHONE_GAP = r"[ \u00a0\u202f()./\u2010\u2011\u2012\u2013\u2014-]"
_INTERNATIONAL = re.compile(rf"{_PHONE_BEGIN}(?:\+|00(?=[1-9]))\(?\d(?:{_PHONE_GAP}{{0,3}}\d){{6,14}}{_PHONE_END}")
_NORTH_AMERICAN = re.compile(
    rf"{_PHONE_BEGIN}(?:1[ .-]?)?(?:\([2-9]\d\d\) ?[2-9]\d\d{_PHONE_GAP}?\d{{4}}|[2-9]\d\d-?[2-9]\d{{6}}"
    rf"|[2-9]\d\d{_PHONE_GAP}[2-9]\d\d{_PHONE_GAP}\d{{4}}){_PHONE_END}"
)
_NATIONAL = re.compile(rf"{_PHONE_BEGIN}\(?\d(?:{_PHONE_GAP}{{0,3}}\d){{6,12}}{_PHONE_END}")
_WITH_ZERO = re.compile(rf"{_PHONE_BEGIN}\(?0(?:{_PHONE_GAP}{{0,3}}\d){{6,12}}{_PHONE_END}")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[^\"{}]*?"
    r"(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----|(?=[\"{}]|-----BEGIN)|\Z)"
)

# Keys that detect-secrets does not know, or knows in older forms.
_KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-(?:ant|proj|svcacct|admin|or-v1)-[\w-]{20,}"
    r"|sk-(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}"
    r"|[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{8,12}"
    r"|ls__[0-9a-f]{32}"
    r"|github_pat_\w{22,}"
    r"|AIza[\w-]{35}"
    r"|hf_[A-Za-z0-9]{30,}"
    r"|gsk_[A-Za-z0-9]{40,}"
    r"|xai-[A-Za-z0-9]{60,}"
    r"|r8_[A-Za-z0-9]{37,40}"
    r"|tvly-(?:[a-z]{2,5}-)?[A-Za-z0-9]{20,}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|xapp-\d-[A-Z0-9]{8,}-\d{8,}-[A-Za-z0-9]{20,}"
    r"|pplx-[A-Za-z0-9]{40,}"
    r"|pcsk_\w{60,}"
    r"|sk_[0-9a-f]{48}"
    r"|dapi[0-9a-f]{32}(?:-\d)?"
    r"|hvs\.[\w-]{24,}"
    r"|GOCSPX-[\w-]{28}"
    r"|ya29\.[\w-]{30,}"
    r"|do[opr]_v1_[0-9a-f]{64}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"
    r"|lin_api_[A-Za-z0-9]{40}"
    r"|ntn_[A-Za-z0-9]{40,}"
    r"|figd_[\w-]{40}"
    r"|PMAK-[0-9a-f]{24}-[0-9a-f]{34}"
    r"|ATATT3[\w-]{50,}"
    r"|whsec_[A-Za-z0-9]{30,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r")(?![\w-])"
)
# What every rule needs: a digit, an @, the long word of a key.
_ANY_HINT = re.compile(r"[\d@\uff20]|&#64;|[\w.+/=:-]{13}|PRIVATE KEY|::")
# No key or token is shorter.
_LONG_WORD = re.compile(r"[\w.+/=:-]{13}|PRIVATE KEY")
# A secret that only what is before it tells.
_AFTER_NAME = re.compile(
    r"\b[Bb]earer[ \t]+(?P<bearer>(?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*)"
    r"|(?i:secret_?-?access_?-?key)[\"'\s:=]{1,6}(?P<aws>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"
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
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None:
            continue
        begin = max(at.start() - _MOST_LOCAL, 0)
        if at[0] == "%40":
            begin = max([border.end() for border in _ESCAPED_BORDER.finditer(text, begin, at.start())], default=begin)
        local = text[begin : at.start()]
        size = 0
        while size < len(local) and (local[-1 - size].isalnum() or local[-1 - size] in "_.+%'-"):
            size += 1
        local = local[len(local) - size :].lstrip("_.+%'-")
        if local:
            yield at.start() - len(local), domain.end()


def _cards(text: str, region: str) -> Iterator[Span]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        # The last group may be something else.
        groups = re.split(r"\D+", match[0])
        for end in (match.end(), match.end() - len(groups[-1]) - 1)[: len(groups)]:
            number = re.sub(r"\D", "", text[match.start() : end])
            if 13 <= len(number) <= 19 and _CARD_BEGINS.fullmatch(number) and luhn.is_valid(number):
                yield match.start(), end
                break


def _in_a_row(text: str, begin: int, end: int) -> bool:
    """Whether these are numbers among others with spaces between, as in a table."""
    if not _SPACED.fullmatch(text, begin, end):
        return False
    return (
        _DIGIT_BEFORE.fullmatch(text, max(begin - 2, 0), begin) is not None or _DIGIT_AFTER.match(text, end) is not None
    )


def _social_security_numbers(text: str, region: str) -> Iterator[Span]:
    from stdnum.us import ssn

    for match in _SSN.finditer(text):
        if not _in_a_row(text, *match.span()) and ssn.is_valid(match[0].replace(match[1], "-")):
            yield match.span()


def _phones(text: str, region: str) -> Iterator[Span]:
    for pattern in (_INTERNATIONAL, _national_pattern(region)):
        at = 0
        while match := pattern.search(text, at):
            at = match.end()
            # Another number may follow, as on a line of several.
            for end in _ends(match[0]):
                if not _in_a_row(text, match.start(), match.start() + end) and _is_phone(match[0][:end], region):
                    yield match.start(), match.start() + end
                    at = match.start() + end
                    break


def _ends(candidate: str) -> list[int]:
    """Where a phone number may end in a candidate, from the right: at its end, and before its last groups."""
    gaps = [gap.start() for gap in re.finditer(r"[ \u00a0/]+(?=[\d(])", candidate)]
    return [len(candidate), *reversed(gaps[-4:])]


@cache
def _national_pattern(region: str) -> re.Pattern[str]:
    """How numbers without a country code begin there: looking at each number of a table would take too long."""
    import phonenumbers

    if phonenumbers.country_code_for_region(region) == 1:
        return _NORTH_AMERICAN
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return _WITH_ZERO if metadata is not None and metadata.national_prefix == "0" else _NATIONAL


@lru_cache(1 << 12)
def _is_phone(text: str, region: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(re.sub(r"^00", "+", text), region))
    except phonenumbers.NumberParseException:
        return False


def is_region(region: str) -> bool:
    """Whether there is a region of that code."""
    import phonenumbers

    return region in phonenumbers.SUPPORTED_REGIONS


def _ibans(text: str, region: str) -> Iterator[Span]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        # The pattern may have run into the word behind the number.
        for end in range(match.end(), match.start() + 14, -1):
            if (end == match.end() or text[end - 1].isalnum()) and iban.is_valid(
                re.sub(r"\W", "", text[match.start() : end])
            ):
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
    if not _LONG_WORD.search(text):
        return
    if "PRIVATE KEY" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))
    yield from (match.span() for match in _KEYS.finditer(text))
    yield from (match.span(str(match.lastgroup)) for match in _AFTER_NAME.finditer(text))
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
    if not _ANY_HINT.search(text):
        return found
    for rule, finder in FINDERS.items():
        if rule not in rules:
            continue
        end_before = 0
        for begin, end in sorted(finder(text, region)):
            if begin >= end_before:
                found.append(Match(rule, begin, end))
                end_before = end
        text = _without(text, found)  # the next rules find nothing there, and nothing that runs across it
    return sorted(found, key=lambda match: match.begin)


def _without(text: str, found: list[Match]) -> str:
    pieces = []
    at = 0
    for match in sorted(found, key=lambda match: match.begin):
        pieces += [text[at : match.begin], "\n" * (match.end - match.begin)]
        at = match.end
    return "".join([*pieces, text[at:]])
