"""JSON inside texts: where its strings and numbers stand, without changing a byte of what is around them.

A text may be JSON, hold JSON behind other words, or hold several values, one a line. A string of it may hold JSON, too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["key", "string", "number"]

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:"([^"\\]*(?:\\.[^"\\]*)*\\?)("|\Z)'
    r"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])"
    r"|(true|false|null)(?!\w)|([{\[])|([}\]])|([,:]))",
    re.S,
)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.S)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MOST_NAMES = 64


class Token(NamedTuple):
    """A string or number of JSON: what stands in `text[begin:end]`, a string without its quotes.

    `names` are the keys above it, outermost first; `owner` tells objects apart.
    """

    kind: Kind
    begin: int
    end: int
    names: tuple[str, ...]
    owner: int


class Stretch(NamedTuple):
    """A part of a text: JSON (`whole` unless it breaks off), or what is none."""

    begin: int
    end: int
    tokens: list[Token]
    whole: bool


def stretches(text: str) -> Iterator[Stretch]:
    """The JSON in a text and what is between, in order: all of the text, in time that grows with its length alone."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == '"':
        tokens, end, whole = scan(text, start)
        if whole and not text[end:].strip():
            yield Stretch(0, len(text), tokens, True)
            return
    plain = at = 0
    while (begin := _next_opening(text, at)) >= 0:
        tokens, end, whole = scan(text, begin)
        at = max(end, begin + 1)
        alone = whole and not text[:begin].strip() and not text[end:].strip()
        if not alone and not any(token.kind != "number" for token in tokens):
            continue  # brackets of prose
        if plain < begin:
            yield Stretch(plain, begin, [], True)
        yield Stretch(begin, end, tokens, whole)
        plain = at = end
    if plain < len(text):
        yield Stretch(plain, len(text), [], True)


def _next_opening(text: str, at: int) -> int:
    found = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(found, default=-1)


def scan(text: str, at: int) -> tuple[list[Token], int, bool]:
    """Strings and numbers of the JSON value at a place, where it ends, and whether it does not break off before."""
    tokens: list[Token] = []
    above: list[tuple[str, tuple[str, ...], int]] = []  # opening bracket, names and number of what is open
    names: tuple[str, ...] = ()
    owner = objects = 0
    complete = False  # a value, or a key, stands right before
    key_next = colon_next = False
    while match := _TOKEN.match(text, at):
        kind = match.lastindex
        if kind in (2, 3, 4, 5) and (complete or (key_next and kind != 2)):
            return tokens, at, False
        if kind == 2:
            begin, end = match.span(1)
            tokens.append(Token("key" if key_next else "string", begin, end, names, owner))
            if key_next:
                names = (*above[-1][1], text[begin:end])[:_MOST_NAMES]
            colon_next, key_next, complete = key_next, False, True
            if not match[2]:
                return tokens, len(text), False
        elif kind == 3:
            tokens.append(Token("number", *match.span(3), names, owner))
            complete = True
        elif kind == 4:
            complete = True
        elif kind == 5:
            objects += 1
            above.append((match[5], names, owner))
            owner, key_next = objects, match[5] == "{"
        elif kind == 6:
            if not above or colon_next or (above[-1][0] == "{") != (match[6] == "}"):
                return tokens, at, False
            _, names, owner = above.pop()
            complete, key_next = True, False
        else:
            if not above or not complete or (match[7] == ":") != colon_next:
                return tokens, at, False
            complete, colon_next = False, False
            if match[7] == "," and above[-1][0] == "{":
                key_next, names = True, above[-1][1]
        at = match.end()
        if complete and not above:
            return tokens, at, True
    return tokens, at, False


class Unescaped:
    """What a JSON string says, and where each of its characters stands in the string's text."""

    def __init__(self, body: str) -> None:
        pieces: list[str] = []
        self._said = [0]
        self._written = [0]
        at = said = 0
        for match in _ESCAPE.finditer(body):
            pieces += [body[at : match.start()], _character(match[0])]
            said += match.start() - at
            self._said += [said, said + 1]
            self._written += [match.start(), match.end()]
            said += 1
            at = match.end()
        self.text = "".join([*pieces, body[at:]])

    def written(self, place: int) -> int:
        """Where a place of `text` stands in the string's text."""
        index = bisect_right(self._said, place) - 1
        return self._written[index] + place - self._said[index]


def _character(escape: str) -> str:
    if len(escape) > 6:
        return chr(0x10000 + ((int(escape[2:6], 16) & 0x3FF) << 10) + (int(escape[8:], 16) & 0x3FF))
    return chr(int(escape[2:], 16)) if len(escape) == 6 else _CONTROLS.get(escape[1], escape[1])
