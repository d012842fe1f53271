"""The filter language means what its documentation says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbench.langsmith.filters import BadFilterError, Dialect, compile_filter, named_values
from testbench.langsmith.ingest import take_run
from testbench.langsmith.run import Feedback
from testbench.langsmith.store import Store


def run(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "session_name": "p",
        "start_time": f"2026-11-22T10:00:{number:02d}.500000",
        **fields,
    }


RUNS = [
    run(
        1,
        name="agent",
        run_type="chain",
        end_time="2026-11-22T10:00:07",
        tags=["prod", "eu"],
        extra={"metadata": {"thread_id": "t1", "tier": "gold", "size": 3}},
        inputs={"question": "Where is the parcel?"},
        outputs={"answer": "In Köln"},
        total_tokens=900,
        total_cost="0.02",
    ),
    run(
        2,
        name='say "hi"',
        run_type="llm",
        end_time="2026-11-22T10:00:03",
        parent_run_id=run(1)["id"],
        error="Timeout('x')",
        extra={"metadata": {"tier": "silver", "plan": "gold"}},
    ),
    run(3, name="it's", run_type="tool", parent_run_id=run(1)["id"], tags=["prod"]),
    run(4, name="other", run_type="chain", extra={"metadata": {"conversation_id": "t1", "session_id": "s9"}}),
]


@pytest.fixture(scope="module")
def store() -> Store:
    filled = Store()
    for one in RUNS:
        take_run(filled, json.dumps(one))
    first = filled.runs[run(1)["id"]]
    first.feedback.append(Feedback("f1", first.id, {"key": "helpful", "score": 1}))
    first.feedback.append(Feedback("f2", first.id, {"key": "tone", "score": 0.25}))
    return filled


def found(store: Store, text: str, dialect: Dialect | None = None) -> list[int]:
    test = compile_filter(text, store, dialect or Dialect())
    return [int(one.id[:8]) for one in store.runs.values() if test(one)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('eq(name, "agent")', [1]),
        ('eq(name, "say \\"hi\\"")', [2]),
        ("eq(name, 'it\\'s')", [3]),
        ('neq(run_type, "chain")', [2, 3]),
        ('in(run_type, ["llm", "tool"])', [2, 3]),
        (' and( eq( is_root , true ) , eq(run_type,"chain") ) ', [1, 4]),
        ("eq(is_root, false)", [2, 3]),
        ('or(eq(name, "agent"), and(eq(run_type, "tool"), has(tags, "prod")))', [1, 3]),
        ('has(tags, "eu")', [1]),
        ('has(metadata, "{\\"tier\\": \\"gold\\"}")', [1]),
        ('eq(status, "pending")', [3, 4]),
        ('eq(status, "error")', [2]),
        ("neq(error, null)", [2]),
        ("eq(error, null)", [1, 3, 4]),
        ('gt(start_time, "2026-11-22T10:00:02.500000")', [3, 4]),
        ('gte(start_time, "2026-11-22T11:00:02.500000+01:00")', [2, 3, 4]),
        ('lt(start_time, "2026-11-22T10:00:02.500001Z")', [1, 2]),
        ('lte(end_time, "2026-11-22T10:00:03")', [2]),
        ("gt(latency, 5)", [1]),
        ('gt(latency, "5s")', [1]),
        ("lt(latency, 0.75)", [2]),
        ("gt(total_tokens, 899)", [1]),
        ("gt(total_cost, 0.019)", [1]),
        ('in(trace_id, ["00000001-0000-4000-8000-000000000000"])', [1, 2, 3]),
        ('eq(metadata_key, "plan")', [2]),
        ('and(eq(metadata_key, "tier"), eq(metadata_value, "gold"))', [1]),
        ('and(eq(metadata_key, "size"), eq(metadata_value, 3))', [1]),
        ('and(in(metadata_key, ["session_id","conversation_id","thread_id"]), eq(metadata_value, "t1"))', [1, 4]),
        ('eq(thread_id, "t1")', [1]),
        ('eq(thread_id, "s9")', [4]),
        ('and(eq(feedback_key, "helpful"), eq(feedback_score, 1.0))', [1]),
        ('and(eq(feedback_key, "tone"), gt(feedback_score, 0.5))', []),
        ('search("parcel köln")', [1]),
        ('search("timeout")', [2]),
        ("eq(execution_order, 1)", [1, 4]),
    ],
)
def test_a_filter_finds(store: Store, text: str, numbers: list[int]) -> None:
    assert found(store, text) == numbers


def test_the_order_of_the_thread_keys_is_a_setting(store: Store) -> None:
    assert found(store, 'eq(thread_id, "t1")', Dialect(("conversation_id", "thread_id"))) == [1, 4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too early"),
        ("name", "op(field, value)"),
        ('eq(name "agent")', "comma"),
        ('eq(name, "agent"', "missing"),
        ('eq(name, "agent") x', "after the filter's end"),
        ('like(name, "a%")', "unknown operator 'like'"),
        ('eq(colour, "red")', "unknown field 'colour'"),
        ('eq(name, "a", "b")', "a field and a value"),
        ('gt(start_time, "yesterday")', "is no time"),
        ('gt(latency, "5m")', "no number of seconds"),
        ('in(name, "a")', "takes a list"),
        ('has(name, "a")', "does not work"),
        ("and(true)", "conditions"),
        ("eq(name, 'a)", "cannot read"),
        ("in(id, [1,])", "after a comma"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(store: Store, text: str, reason: str) -> None:
    with pytest.raises(BadFilterError) as caught:
        compile_filter(text, store, Dialect())
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["neq(error, null)", "gt(total_tokens, 5)", 'and(eq(name, "a"), gt(total_cost, 1))'])
def test_a_strict_deployment_refuses_more(store: Store, text: str) -> None:
    with pytest.raises(BadFilterError):
        compile_filter(text, store, Dialect(strict=True))


def test_only_a_condition_that_must_hold_confines_the_traces() -> None:
    assert named_values('in(trace_id, ["a", "b"])', "trace_id") == frozenset({"a", "b"})
    assert named_values('and(gt(latency, 1), eq(trace_id, "a"))', "trace_id") == frozenset({"a"})
    assert named_values('or(eq(trace_id, "a"), eq(name, "x"))', "trace_id") is None
    assert named_values('neq(trace_id, "a")', "trace_id") is None
