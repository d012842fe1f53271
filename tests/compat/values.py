"""What cases are made of: texts, numbers, JSON, odd things, and the spoiling of right inputs."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

WORDS = ("", " ", "a", "hello", "Grüße, 東京", "line\nbreak\t\x00\x7f\u2028", '"quoted" \\', "😀", "null", "{}", "0")
NUMBERS = (0, 1, -1, 7, 10**30, -(10**20), 1e-7, 1e16, 1e22, 12.5, 0.1, -0.0, 0.0, 5e-324, 1.7976931348623157e308)
ODD_NUMBERS = (float("nan"), float("inf"), float("-inf"), 10**400, True, False, 1 + 2j)
ROLES = (
    "system",
    "user",
    "assistant",
    "tool",
    "human",
    "ai",
    "chatbot",
    "model",
    "tool_use",
    "function",
    "tool_result",
)
ODD_ROLES = (
    "",
    " ",
    "developer",
    "User ",
    "\tASSISTANT\n",
    "Function",
    " tool_result",
    "TOOL",
    "us er",
    None,
    5,
    b"user",
)
ARGUMENT_TEXTS = (
    "{}",
    '{"a": 1}',
    ' {"q": "x", "n": [1, null, 2.50]} ',
    '{"a":1,"a":2}',
    '{"é": "\\ud83d\\ude00"}',
    '{"x": NaN}',
    "",
    " ",
    "{",
    "[]",
    "null",
    "1",
    '"x"',
    "{'a': 1}",
    "\ufeff{}",
    '{"a": 1}x',
    "[" * 100_000,
    '{"x": ' + "9" * 5000 + "}",
    '{"x": 1e999}',
    '{"s": "\\ud800"}',
    "\ud800",
)
TIMES = (
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:06.5",
    "2026-01-02T03:04:05Z",
    "2026-01-02T05:04:05+02:00",
    "2026-01-02",
    "2026-01-02T03:04:05.123456789Z",
    "20260102T030405",
    "2026-W01-1",
    "2026-01-02T03:04:05z",
    "",
    " ",
    "soon",
    None,
    5,
    b"2026-01-02",
    "2026-13-01T00:00:00",
    "2026-01-02 03:04:05",
    "0001-01-01",
    "9999-12-31T23:59:59.999999",
)


class Values(random.Random):
    """Makes values from a seed. `types` is the module of types of the package under test."""

    def __init__(self, seed: int, types: Any) -> None:
        super().__init__(seed)
        self.start = seed
        self.types = types

    def text(self) -> str:
        return self.choice(WORDS) if self.random() < 0.998 else "lone \ud800 surrogate"

    def number(self) -> Any:
        return self.choice(NUMBERS) if self.random() < 0.95 else self.choice(ODD_NUMBERS)

    def json(self, depth: int = 3) -> Any:
        kind = self.random()
        if depth == 0 or kind < 0.45:
            return self.choice((None, True, False, self.text(), self.text(), self.number()))
        if kind < 0.65:
            return [self.json(depth - 1) for _ in range(self.randrange(4))]
        return self.object(depth - 1)

    def object(self, depth: int = 2) -> dict[str, Any]:
        keys = ("a", "b", "B", "é", "😀", "\uffff", "idx", "text", "type", "10", "9", "")
        return {self.choice(keys): self.json(depth) for _ in range(self.randrange(5))}

    def odd(self) -> Any:
        """Something that JSON would not hold, or that stands where it should not."""
        makers: tuple[Callable[[], Any], ...] = (
            lambda: self.json(),
            lambda: self.number(),
            lambda: self.text(),
            lambda: None,
            lambda: (),
            lambda: (self.json(1), None),
            lambda: b"bytes",
            lambda: {"only"},
            lambda: {1: self.json(1)},
            lambda: {1: "x", "a": None},
            lambda: {None: 1, True: 2}.copy() if self.random() < 0.5 else {True: 1, 2.5: None},
            lambda: {(1,): 2},
            lambda: OrderedDict(b=1, a=self.json(1)),
            lambda: [{"type": self.json(1), "text": "x"}],
            lambda: self.types.ToolCall("f", {"idx": None, "a": 1}),
            lambda: range(2),
            lambda: [[]],
        )
        return self.choice(makers)()

    def broken(self, value: Any) -> Any:
        """The value, in two of three cases with one to three places spoiled."""
        for _ in range(max(0, self.randrange(-1, 4))):
            value = self.spoil(value)
        return value

    def spoil(self, value: Any) -> Any:
        if isinstance(value, dict) and value and self.random() < 0.85:
            changed = dict(value)
            key = self.choice(list(changed))
            fate = self.random()
            if fate < 0.2:
                del changed[key]
            else:
                changed[key] = self.spoil(changed[key])
            return changed
        if isinstance(value, list | tuple) and value and self.random() < 0.85:
            items = list(value)
            index = self.randrange(len(items))
            items[index] = self.spoil(items[index])
            fate = self.random()
            return tuple(items) if fate < 0.1 else items
        return self.odd()
