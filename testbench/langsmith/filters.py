"""The filter language: `and(eq(run_type, "llm"), gt(start_time, "2026-01-01"))`, read and evaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .run import COSTS, TOKENS, Feedback, Run
from .store import Store, Test
from .times import parse_time

Compare = Callable[[Any], bool]


class BadFilterError(ValueError):
    """The text is no filter, or one that LangSmith refuses."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    op: str
    args: tuple[Any, ...]


_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>[(),\[\]]))""",
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


def parse(text: str) -> Call:
    """Reads a filter. Raises BadFilterError."""
    tokens = _tokens(text)
    call = _expression(tokens)
    if tokens:
        raise BadFilterError(f"unexpected {tokens[-1][1]!r} after the filter's end")
    if not isinstance(call, Call):
        raise BadFilterError("a filter has the form op(field, value)")
    return call


def _tokens(text: str) -> list[tuple[str, str]]:
    """The tokens, the first one last."""
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadFilterError(f"cannot read the filter at character {at}: {text[at : at + 20]!r}")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found[::-1]


def _expression(tokens: list[tuple[str, str]]) -> Any:
    if not tokens:
        raise BadFilterError("the filter ends too early")
    kind, text = tokens.pop()
    if kind == "number":
        return Decimal(text)
    if kind == "text":
        return _unquote(text)
    if text == "[":
        return list(_until(tokens, "]"))
    if kind != "name":
        raise BadFilterError(f"unexpected {text!r}")
    if tokens and tokens[-1][1] == "(" and tokens[-1][0] == "mark":
        tokens.pop()
        return Call(text, tuple(_until(tokens, ")")))
    return _WORDS[text] if text in _WORDS else Field(text)


def _until(tokens: list[tuple[str, str]], closing: str) -> list[Any]:
    found: list[Any] = []
    while tokens and tokens[-1] != ("mark", closing):
        if found:
            if tokens.pop() != ("mark", ","):
                raise BadFilterError("expected a comma between arguments")
            if tokens and tokens[-1] == ("mark", closing):
                raise BadFilterError("an argument is missing after a comma")
        found.append(_expression(tokens))
    if not tokens:
        raise BadFilterError(f"{closing!r} is missing")
    tokens.pop()
    return found


def _unquote(text: str) -> str:
    if text[0] == "'":
        text = '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    try:
        return str(json.loads(text, strict=False))
    except ValueError as error:
        raise BadFilterError(f"bad string {text}: {error}") from None


# -- evaluation


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between deployments."""

    thread_keys: tuple[str, ...] = ("session_id", "conversation_id", "thread_id")
    strict: bool = False
    """Refuses what some deployments were seen to refuse: `neq(error, null)` and conditions on tokens and costs."""


def compile_filter(text: str, store: Store, dialect: Dialect) -> Test:
    """Makes a test on runs of a filter. Raises BadFilterError."""
    return _Compiler(store, dialect).test(parse(text))


def named_values(text: str, field: str) -> frozenset[str] | None:
    """The values that a filter confines a field to by an `eq` or `in` of its own or in its outermost `and`."""
    call = parse(text)
    for part in call.args if call.op == "and" else (call,):
        if isinstance(part, Call) and part.op in ("eq", "in") and len(part.args) == 2 and part.args[0] == Field(field):
            values = part.args[1] if isinstance(part.args[1], list) else [part.args[1]]
            return frozenset(map(str, values))
    return None


# Conditions on these that stand in one `and` speak of the same entry.
_PAIRED = ("metadata", "feedback")


class _Compiler:
    def __init__(self, store: Store, dialect: Dialect) -> None:
        self._store = store
        self._dialect = dialect

    def test(self, call: Any) -> Test:
        if not isinstance(call, Call):
            raise BadFilterError("and, or take conditions as arguments")
        if call.op == "and":
            return self._all(call.args)
        if call.op == "or":
            tests = [self.test(part) for part in call.args]
            return lambda run: any(test(run) for test in tests)
        if call.op == "search":
            return self._search(call)
        if call.op not in _COMPARISONS:
            raise BadFilterError(f"unknown operator {call.op!r}")
        if len(call.args) != 2 or not isinstance(call.args[0], Field):
            raise BadFilterError(f"{call.op} takes a field and a value")
        field, value = call.args[0].name, call.args[1]
        if call.op == "has":
            return self._has(field, value)
        if field.partition("_")[0] in _PAIRED:
            return self._all((call,))
        return self._compare(call.op, field, value)

    def _all(self, parts: Collection[Any]) -> Test:
        paired: dict[str, list[tuple[str, Compare]]] = {}
        tests = []
        for part in parts:
            name = part.args[0].name if isinstance(part, Call) and part.args and isinstance(part.args[0], Field) else ""
            family, _, member = name.partition("_")
            if family in _PAIRED and part.op not in ("and", "or", "has"):
                if member not in ("key", "value", "score") or len(part.args) != 2:
                    raise BadFilterError(f"unknown field {name!r}")
                paired.setdefault(family, []).append((member, compare(part.op, part.args[1])))
            else:
                tests.append(self.test(part))
        tests += [_pair_test(family, conditions) for family, conditions in paired.items()]
        return lambda run: all(test(run) for test in tests)

    def _compare(self, op: str, field: str, value: Any) -> Test:
        if self._dialect.strict and (field in TOKENS + COSTS or (op, field, value) == ("neq", "error", None)):
            raise BadFilterError(f"{op} on {field} is not supported")
        if field in ("start_time", "end_time"):
            moment = parse_time(value)
            if moment is None:
                raise BadFilterError(f"{field}: {value!r} is no time")
            holds = compare(op, moment)
        elif field == "latency":
            holds = compare(op, _seconds(value))
        else:
            holds = compare(op, value)
        get = self._getter(field)
        return lambda run: holds(get(run))

    def _getter(self, field: str) -> Callable[[Run], Any]:
        store, keys = self._store, self._dialect.thread_keys
        if field in TOKENS + COSTS:
            return lambda run: store.figures(run).get(field)
        if field == "thread_id":
            return lambda run: thread_key(run, keys)
        if field not in _FIELDS:
            raise BadFilterError(f"unknown field {field!r}")
        return _FIELDS[field]

    def _has(self, field: str, value: Any) -> Test:
        if field == "tags":
            return lambda run: value in run.tags
        if field == "metadata":
            try:
                wanted = json.loads(value)
            except (TypeError, ValueError):
                raise BadFilterError("has(metadata, ..) takes a JSON object as text") from None
            return lambda run: all(run.metadata.get(key) == item for key, item in wanted.items())
        raise BadFilterError(f"has does not work on {field!r}")

    def _search(self, call: Call) -> Test:
        words = call.args[-1] if call.args else None
        if not isinstance(words, str):
            raise BadFilterError("search takes a text")
        return search_test(words)


def thread_key(run: Run, keys: tuple[str, ...]) -> str | None:
    return next((str(run.metadata[key]) for key in keys if run.metadata.get(key) not in (None, "")), None)


def search_test(words: str) -> Test:
    """Full text: every word is found somewhere in the run."""
    wanted = words.lower().split()

    def found(run: Run) -> bool:
        payloads = (_unescaped(run.documents.get(name, "")) for name in ("inputs", "outputs"))
        text = "\n".join((run.name, run.error or "", *payloads)).lower()
        return all(word in text for word in wanted)

    return found


def _unescaped(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False) if "\\u" in text else text


def compare(op: str, wanted: Any) -> Compare:
    if op == "in":
        if not isinstance(wanted, list):
            raise BadFilterError("in takes a list")
        return lambda value: any(_equal(value, one) for one in wanted)
    if op not in _COMPARISONS or op == "has":
        raise BadFilterError(f"unknown operator {op!r}")
    return lambda value: _COMPARISONS[op](value, wanted)


def _pair_test(family: str, conditions: list[tuple[str, Compare]]) -> Test:
    def of_metadata(run: Run) -> bool:
        return any(
            all(holds(key if member == "key" else value) for member, holds in conditions)
            for key, value in run.metadata.items()
        )

    def of_feedback(run: Run) -> bool:
        return any(all(holds(_feedback(point, member)) for member, holds in conditions) for point in run.feedback)

    return of_metadata if family == "metadata" else of_feedback


def _feedback(point: Feedback, member: str) -> Any:
    return point.key if member == "key" else point.values.get(member)


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*s?", value)
        if match is None:
            raise BadFilterError(f"latency: {value!r} is no number of seconds")
        return Decimal(match[1])
    return value


def _equal(value: Any, wanted: Any) -> bool:
    if value is None or wanted is None:
        return value is wanted
    if isinstance(wanted, bool) or isinstance(value, bool):
        return str(value).lower() == str(wanted).lower()
    if _is_number(value) and _is_number(wanted):
        return Decimal(str(value)) == Decimal(str(wanted))
    return str(value) == str(wanted)


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, wanted: Any) -> bool:
        if value is None or wanted is None:
            return False
        if _is_number(value) and _is_number(wanted):
            return holds(Decimal(str(value)), Decimal(str(wanted)))
        return holds(str(value), str(wanted))

    return test


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "neq": lambda value, wanted: not _equal(value, wanted),
    "gt": _ordered(lambda a, b: a > b),
    "gte": _ordered(lambda a, b: a >= b),
    "lt": _ordered(lambda a, b: a < b),
    "lte": _ordered(lambda a, b: a <= b),
    "in": lambda value, wanted: any(_equal(value, one) for one in wanted),
    "has": lambda value, wanted: wanted in value,
}

_FIELDS: dict[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "run_type": lambda run: run.run_type,
    "status": lambda run: run.status,
    "start_time": lambda run: run.start,
    "end_time": lambda run: run.end,
    "latency": lambda run: run.latency,
    "error": lambda run: run.error,
    "is_root": lambda run: run.is_root,
    "trace_id": lambda run: run.trace_id,
    "parent_run_id": lambda run: run.parent_id,
    "execution_order": lambda run: 1 if run.is_root else None,
}
