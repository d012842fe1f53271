"""What redaction finds in texts: spellings of values, JSON at every depth, and what stays as it is."""

from __future__ import annotations

import json
import random
import time

import pytest
from trajectory_sdk.transforms.pii_rules import FINDERS
from trajectory_sdk.transforms.redactor import Redactor

GITHUB = "ghp_" + "a1B2" * 9


def redact(text: str, key: bytes | None = None) -> str:
    return Redactor(tuple(FINDERS), "US", key).text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to _john@example.com_ please", "write to _[REDACTED_EMAIL]_ please"),
        ("-john@example.com, .john@example.com", "-[REDACTED_EMAIL], .[REDACTED_EMAIL]"),
        ("élan@example.com a@münchen.de a@b.xn--p1ai", "[REDACTED_EMAIL] [REDACTED_EMAIL] [REDACTED_EMAIL]"),
        ("mailto%3Ajohn%40example.com", "mailto%3A[REDACTED_EMAIL]"),
        ("a" * 70 + "@example.com", "[REDACTED_EMAIL]"),
        *(
            (f"card 4111{gap}1111{gap}1111{gap}1111.", "card [REDACTED_CREDIT_CARD].")
            for gap in ("", "\u00a0", "  ", ".", "\u2013", "_")
        ),
        ("4111 1111 1111 1111 12/28 123", "[REDACTED_CREDIT_CARD] 12/28 123"),
        ("3782 822463 10005", "[REDACTED_CREDIT_CARD]"),
        *((f"536{gap}90{gap}4399", "[REDACTED_SSN]") for gap in (".", "\u2013", "\u2011", " ")),
        ("de89 3704 0044 0532 0130 00 and so on", "[REDACTED_IBAN] and so on"),
        ("DE89-3704-0044-0532-0130-00", "[REDACTED_IBAN]"),
        ("DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000", "[REDACTED_IBAN]"),
        ("415.555.2671 or 212-555-1212 212-555-1213", "[REDACTED_PHONE] or [REDACTED_PHONE] [REDACTED_PHONE]"),
        ("+49 30 901820, 0044 20 7946 0958", "[REDACTED_PHONE], [REDACTED_PHONE]"),
        ("https://wa.me/14155552671", "https://wa.me/[REDACTED_PHONE]"),
    ],
)
def test_the_spellings_that_people_use_are_found(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_numbers_of_another_region_are_found_there() -> None:
    assert (
        Redactor(("PHONE",), "DE", None).text("030 901820 und 16843 12345 12") == "[REDACTED_PHONE] und 16843 12345 12"
    )
    assert redact("030 901820") == "030 901820"


@pytest.mark.parametrize(
    "secret",
    [
        "github_pat_11ABCDEFG0" + "aB3x" * 12,
        "sk-" + "aB3x" * 12,
        "hf_" + "aB3x" * 9,
        "ls__" + "0123456789abcdef" * 2,
        "tvly-dev-" + "aB3d" * 8,
        "r8_" + "aB3d" * 10,
        "sk-lf-12345678-1234-1234-1234-123456789012",
    ],
)
def test_keys_of_common_services_are_found(secret: str) -> None:
    assert redact(f"use _{secret}, now") == "use _[REDACTED_SECRET], now"


def test_secrets_that_their_name_tells_are_found() -> None:
    assert redact("Authorization: Bearer abcDEF123456abcDEF123456") == "Authorization: Bearer [REDACTED_SECRET]"
    aws = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert redact(f"aws_secret_access_key = {aws}") == "aws_secret_access_key = [REDACTED_SECRET]"


def test_ordinary_numbers_and_words_are_left_alone() -> None:
    pick = random.Random(7)
    texts = [
        *(" ".join(str(pick.randrange(1900, 2030)) for _ in range(4)) for _ in range(200)),
        *(f"{pick.random() * 10 ** pick.randrange(9):.{pick.randrange(1, 16)}f}" for _ in range(500)),
        *(f"{pick.randrange(1_700_000_000, 1_800_000_000)}{pick.randrange(10**9):09d}" for _ in range(200)),
        *(f"{pick.randrange(10 ** pick.randrange(4, 14)):,}" for _ in range(200)),
        *(" ".join(str(pick.randrange(10 ** pick.randrange(1, 7))) for _ in range(8)) for _ in range(500)),
        "icon@2x.png, @handle, user@host, risk-taking, sk-learn, bearer of bad news, secret_access_key: none",
        "v1.2.3-4, 16843 12345 12, 2026-11-22T10:00:00.123456Z",
    ]
    assert [text for text in texts if redact(text) != text] == []


LEAKS = ["536-90-4399", "4111 1111 1111 1111", "DE89370400440532013000", "203.0.113.7", GITHUB, "john@example.com"]


@pytest.mark.parametrize("value", LEAKS)
def test_json_at_every_depth_and_behind_other_words_is_read(value: str) -> None:
    plain = redact(value, key=b"k")
    inner = json.dumps({"t": f"line\n{value}"})
    texts = {
        "inside a string": json.dumps({"a": inner}),
        "twice inside": json.dumps({"a": json.dumps([inner])}, indent=1),
        "behind words": f"Result: {inner} done",
        "behind white space": f" \n{inner}",
        "lines": f'{inner}\n{{"b": 1}}\n{inner}',
        "a bare string": json.dumps(f"x\n{value}"),
        "cut": f"Result: {inner[:-2]}",
        "a Python object": repr({"t": f"line\n{value}"}),
        "an escape": json.dumps({"a": value}).replace(value[0], f"\\u{ord(value[0]):04x}", 1),
    }
    for place, text in texts.items():
        redacted = redact(text, key=b"k")
        assert plain in redacted, place
        assert value not in redacted, place
    said = json.loads(json.loads(redact(texts["inside a string"], key=b"k"))["a"])
    assert said == {"t": f"line\n{plain}"}


def test_nothing_but_what_is_replaced_changes() -> None:
    text = '{ "a2": 0.10000000000000000555, "dup":1,"dup":2,\n"n":1.0e5, "big":1e400,' + (
        '"s":"\\/ \\u00e9 x@example.com \\u00e9"}'
    )
    assert redact(text) == text.replace("x@example.com", "[REDACTED_EMAIL]")


def test_redacted_keys_of_an_object_stay_apart() -> None:
    assert redact('{"a@x.com":1,"b@x.com":2,"o":{"c@x.com":3}}') == (
        '{"[REDACTED_EMAIL]":1,"[REDACTED_EMAIL]_2":2,"o":{"[REDACTED_EMAIL]":3}}'
    )


def test_json_stays_json_whatever_is_in_it() -> None:
    pick = random.Random(1)
    words = [*LEAKS, "line\n", "é\u2028", '"q"', "back\\slash", "plain words", "{x}", "[1]", "😀", "\ud800", "/"]

    def value(depth: int) -> object:
        kind = pick.random()
        if depth and kind < 0.3:
            return {f"{pick.choice(words)} k{n}": value(depth - 1) for n in range(pick.randrange(4))}
        if depth and kind < 0.5:
            return [value(depth - 1) for _ in range(pick.randrange(4))]
        if depth and kind < 0.8:
            return pick.choice(["", "Result: "]) + json.dumps(value(depth - 1), ensure_ascii=pick.random() < 0.5)
        return (
            pick.choice([1, 2.5, True, None, 4111111111111111]) if kind < 0.85 else ", ".join(pick.choices(words, k=2))
        )

    for _ in range(300):
        text = json.dumps([value(5)], ensure_ascii=pick.random() < 0.5)
        redacted = redact(text, key=b"k")
        json.loads(redacted)
        assert not [leak for leak in LEAKS if leak in redacted]
        assert redact(redacted, key=b"k") == redacted


@pytest.mark.parametrize(
    "text", ["[" * 100_000 + "]" * 100_000, '{"a":' + "9" * 5000 + "}", '{"a":' * 20_000, "[1e400, NaN]", '"' * 50_001]
)
def test_no_text_is_too_odd(text: str) -> None:
    assert redact(text) == text
    assert redact(text + " x@example.com") == text + " [REDACTED_EMAIL]"


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "4111 1111 ",
        "(415) 555 ",
        "a.",
        "a@",
        "@",
        "DE89 AAAA ",
        "a:",
        "9",
        "-----BEGIN PRIVATE KEY-----",
        "eyJaaaaaaaa.",
        "12345 67890 3\n",
        "0.123, ",
        '{"a": "',
        "\\n",
    ],
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        redact(text)
        return time.process_time() - start

    redact("x@example.com 4111111111111111 415-555-2671")
    short, long = seconds(20_000), seconds(200_000)
    assert long < 40 * short + 0.5
