"""Every golden case imports to the records that somebody worked out by hand.

A case is a folder `tests/golden/<family>/<case>/` with

- `runs.jsonl`: runs in the shape of the REST API, one a line;
- `expected.json`: a list of conversations in the order of their ids, or an object with `conversations` and, where the
  case is about them, `report` (fields of the import report), `options` (of the import) and `exit` (its status);
- `why` in that object, or `README.md`: what writes such runs, and where the shape is documented.

Only what `expected.json` names is compared. A message without `tool_calls` has none. A call's context is the list of
places in the transcript; a tool call's `arguments` are compared as a JSON value. Whatever the case, the report's
figures add up, no key is unknown and every call replays, unless `report` says otherwise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).resolve().parent / "golden"
PROGRAM = str(Path(sys.prefix) / "bin" / "trajectory")
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/runs.jsonl"))


@dataclass
class Case:
    """What a case's folder says."""

    conversations: list[dict[str, Any]]
    why: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    exit: int = 0


def read_case(folder: Path) -> Case:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    case = Case(conversations=expected) if isinstance(expected, list) else Case(**expected)
    readme = folder / "README.md"
    if readme.exists():
        case.why = readme.read_text(encoding="utf-8")
    return case


def run_import(folder: Path, options: list[str], out: Path) -> tuple[int, str, list[dict[str, Any]], dict[str, Any]]:
    """Imports a case: exit status, what was said on standard error, the records, the report."""
    command = [PROGRAM, "import", str(folder / "runs.jsonl"), "--out", str(out), "--format", "jsonl", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (out / "report.json").exists():
        pytest.fail(f"nothing was imported (exit status {done.returncode}):\n{done.stderr}")
    # Only "\n" ends a record: texts may hold other line separators.
    lines = (out / "trajectories.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return done.returncode, done.stderr, [json.loads(line) for line in lines if line], report


def parse_arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def simplify(record: Any) -> Any:
    """A record in the form of `expected.json`: places instead of ranges, calls without their wrapper."""
    if isinstance(record, list):
        return [simplify(item) for item in record]
    if not isinstance(record, dict):
        return record
    out = {key: simplify(value) for key, value in record.items()}
    if "function" in record and record.get("type") == "function" and "arguments" in record["function"]:
        call = record["function"]
        return {"id": record.get("id"), "name": call["name"], "arguments": parse_arguments(call["arguments"])}
    if "context" in record:
        out["context"] = [place for begin, end in record["context"] for place in range(begin, end)]
    if "role" in record and "content" in record:
        out.setdefault("tool_calls", [])
    return out


def differences(expected: Any, actual: Any, at: str = "") -> Iterator[str]:
    """What the actual value lacks of the expected one: lists and arguments entirely, objects in the keys expected.

    An empty object expects an empty one.
    """
    if isinstance(expected, dict) and isinstance(actual, dict) and expected and not at.endswith(".arguments"):
        if "role" in expected:
            expected = {"tool_calls": [], **expected}
        for key, value in expected.items():
            yield from differences(value, actual.get(key), f"{at}.{key}" if at else key)
    elif isinstance(expected, list) and isinstance(actual, list):
        for i, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from differences(one, other, f"{at}[{i}]")
        for i, one in enumerate(expected[len(actual) :], len(actual)):
            yield f"{at}[{i}] is missing: {brief(one)}"
        for i, other in enumerate(actual[len(expected) :], len(expected)):
            yield f"{at}[{i}] should not be there: {brief(other)}"
    elif expected != actual and not (expected in ([], {}) and actual is None):
        yield f"{at}: expected {brief(expected)}, got {brief(actual)}"


def brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:297] + "..."


def outline(lane: dict[str, Any], indent: str = "    ") -> Iterator[str]:
    """The record as a person reads it, for the failure message."""
    for i, message in enumerate(lane.get("messages", [])):
        calls = [f"{call['name']}({brief(call['arguments'])}) id={call['id']}" for call in message["tool_calls"]]
        extras = [
            f"{key}={brief(message[key])}" for key in ("tool_call_id", "name", "reasoning", "error") if key in message
        ]
        yield f"{indent}{i} {message['role']}: {brief(message['content'])} {' '.join(calls + extras)}".rstrip()
    for call in lane.get("calls", []):
        variants = f" variants={brief(call['variants'])}" if call.get("variants") else ""
        yield f"{indent}call {call['context']} -> {call['answer']}{variants}"
    for key in ("subagents", "auxiliary", "alternatives"):
        for other in lane.get(key, []):
            where = {
                name: other[name] for name in ("name", "parent_tool_call_id", "at_message", "reason") if name in other
            }
            yield f"{indent}{key}: {brief(where)}"
            yield from outline(other, indent + "    ")


def replay_gaps(case: Case, report: dict[str, Any]) -> Iterator[str]:
    if "calls_replayed_exactly_by_shape" in case.report:
        return
    for shape, count in report["calls_by_shape"].items():
        exact = report["calls_replayed_exactly_by_shape"].get(shape, 0)
        if exact != count:
            yield f"report: {exact} of {count} {shape} calls replay: {brief(report['problems'].get('replay_differs'))}"


def gaps(case: Case, records: list[dict[str, Any]], report: dict[str, Any]) -> list[str]:
    found = list(differences(case.conversations, records, "conversations"))
    found.extend(differences({"adds_up": True, "text_under_unknown_keys": {}, **case.report}, report, "report"))
    found.extend(replay_gaps(case, report))
    return found


@pytest.mark.parametrize("folder", CASES, ids=[str(folder.relative_to(GOLDEN)) for folder in CASES])
def test_golden_case(folder: Path, tmp_path: Path) -> None:
    case = read_case(folder)
    assert case.why, "say in `why` or README.md what writes such runs and where the shape is documented"
    status, said, records, report = run_import(folder, case.options, tmp_path / "out")
    records = simplify(records)
    found = gaps(case, records, report)
    if status != case.exit:
        found.append(f"exit status {status}, expected {case.exit}: {said.strip().splitlines()[-1:]}")
    if found:
        lines = [*found, "", "what was imported:"]
        for record in records:
            lines += [f"  {record['conversation_id']}", *outline(record)]
        lines += ["", "problems: " + brief(report["problems"])]
        pytest.fail("\n".join(lines), pytrace=False)


def test_there_are_cases() -> None:
    assert CASES


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        (
            {"role": "user", "content": "a"},
            {"role": "user", "content": "b", "tool_calls": []},
            ['content: expected "a", got "b"'],
        ),
        ([{"context": [0]}], [{"context": [0, 1]}], ["[0].context[1] should not be there: 1"]),
        ([1, 2], [1], ["[1] is missing: 2"]),
        (
            {"role": "assistant"},
            {"role": "assistant", "tool_calls": [{"name": "f"}]},
            ['tool_calls[0] should not be there: {"name": "f"}'],
        ),
        ({"alternatives": []}, {}, []),
        ({"problems": {}}, {"problems": {"cycle": 1}}, ['problems: expected {}, got {"cycle": 1}']),
        (
            [{"name": "f", "arguments": {"a": 1}}],
            [{"name": "f", "arguments": {"a": 1, "b": 2}}],
            ['[0].arguments: expected {"a": 1}, got {"a": 1, "b": 2}'],
        ),
        ({"role": "user"}, {"role": "user", "time": "now", "tool_calls": []}, []),
    ],
)
def test_the_comparison_finds(expected: Any, actual: Any, found: list[str]) -> None:
    assert list(differences(expected, actual)) == found
