"""Which traces a query of runs chooses: by the program's options, and by the arguments of the Python package."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trajectory_sdk as tj

from .conftest import QUERY, Live, Sdk

START = datetime(2026, 11, 1, 10, tzinfo=UTC)


def run(trace: int, number: int, name: str, kind: str, **fields: Any) -> dict[str, Any]:
    """A run of a trace that starts so many seconds after the first one; number 0 is its root."""
    begin = START + timedelta(seconds=10 * trace + number)
    ids = [f"{trace:08d}-0000-4000-8000-{one:012d}" for one in range(number + 1)]
    segment = begin.strftime("%Y%m%dT%H%M%S%fZ")
    root = (START + timedelta(seconds=10 * trace)).strftime("%Y%m%dT%H%M%S%fZ") + ids[0]
    return {
        "id": ids[number],
        "trace_id": ids[0],
        "parent_run_id": ids[0] if number else None,
        "dotted_order": root if number == 0 else f"{root}.{segment}{ids[number]}",
        "name": name,
        "run_type": kind,
        "start_time": begin.isoformat(),
        "end_time": (begin + timedelta(seconds=5)).isoformat(),
        "session_name": "shop",
        "inputs": {"messages": [{"role": "user", "content": f"{name} {trace}"}]},
        "outputs": {"role": "assistant", "content": f"answer {trace}"},
        "extra": {"metadata": {"thread_id": f"thread-{trace}"}},
        **fields,
    }


@pytest.fixture
def shop(live: Live) -> str:
    """Four traces, each with a model call of the trace's own name below the root."""
    runs = []
    for trace, (root, child) in enumerate([("chat", "find"), ("chat", "pay"), ("batch", "find"), ("batch", "chat")]):
        failed = {"error": "broken"} if trace in (1, 2) else {}
        runs += [run(trace, 0, root, "chain", **failed), run(trace, 1, child, "llm")]
    live.control("POST", "/_testbench/runs", {"runs": runs})
    return "shop"


QUERIES: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [0, 1, 2, 3]),
    ({"filter": 'eq(name, "find")'}, [0, 2]),
    ({"filter": 'eq(name, "chat")'}, [0, 1, 3]),
    ({"filter": 'eq(name, "chat")', "is_root": True}, [0, 1]),
    ({"filter": 'eq(name, "chat")', "is_root": False}, [3]),
    ({"trace_filter": 'eq(name, "batch")'}, [2, 3]),
    ({"trace_filter": 'eq(name, "batch")', "filter": 'eq(name, "find")'}, [2]),
    ({"tree_filter": 'eq(name, "pay")'}, [1]),
    ({"tree_filter": 'eq(name, "find")', "filter": 'eq(name, "chat")', "is_root": True}, [0]),
    ({"run_type": "chain", "filter": 'eq(name, "find")'}, []),
    ({"run_type": "llm", "filter": 'eq(name, "chat")'}, [3]),
    ({"error": True}, [1, 2]),
    ({"error": False, "is_root": True}, [0, 3]),
    ({"query": "pay"}, [1]),
    ({"query": 'has(name, "x")', "filter": None}, []),
    ({"start_time": START + timedelta(seconds=10)}, [1, 2, 3]),
    ({"start_time": (START + timedelta(seconds=20)).replace(tzinfo=None)}, [2, 3]),
    ({"end_time": START + timedelta(seconds=15)}, [0, 1]),
    ({"end_time": (START + timedelta(seconds=14)).replace(tzinfo=None)}, [0]),
    ({"start_time": START + timedelta(seconds=10), "end_time": START + timedelta(seconds=25), "limit": 1}, [1]),
]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=str)
def test_a_query_of_runs_chooses_traces(
    live: Live, sdk: Sdk, shop: str, version: str, query: dict[str, Any], expected: list[int]
) -> None:
    sdk.init(api_version=version)
    if "has(name" in str(query):
        with pytest.raises(tj.ServiceError, match="has does not work on"):
            tj.import_conversations(runs_query=True, **query)
    elif not expected:
        with pytest.raises(tj.MissingSourceError, match="no trace in this selection"):
            tj.import_conversations(runs_query=True, **query)
    else:
        found = tj.import_conversations(runs_query=True, **query)
        assert [one.task.conversation_id for one in found] == [f"thread-{trace}" for trace in expected]
        assert all(len(one.messages) == 2 for one in found), "the whole trace is imported"


@pytest.mark.parametrize("route", ["v1", "v2", "bulk"])
def test_the_program_chooses_traces_by_filters(live: Live, sdk: Sdk, shop: str, route: str) -> None:
    by = live.bulk() if route == "bulk" else ("--route", "api", "--api", route)
    filters = ("--trace-filter", 'eq(name, "batch")', "--filter", 'eq(name, "find")')
    records = live.imported(shop, "out", *by, *filters)
    report = json.loads((live.folder / "out/report.json").read_text(encoding="utf-8"))
    assert report["rows_read"] == 2
    sdk.init()
    arguments = {"trace_filter": 'eq(name, "batch")', "filter": 'eq(name, "find")'}
    assert sdk.imported("python", runs_query=True, **arguments) == records
    if route == "bulk":
        (order,) = live.calls("/api/v1/bulk-exports")
        assert "in(trace_id, [" in json.loads(order["body"])["filter"]


def test_conversations_are_listed_by_filters(live: Live, sdk: Sdk, shop: str) -> None:
    options = ("--json", "--trace-filter", 'eq(name, "batch")', "--filter", 'eq(name, "find")')
    listed = json.loads(live.run("langsmith", "conversations", "shop", *options).stdout)
    assert [one["conversation"] for one in listed] == ["thread-2"]
    sdk.init()
    for query in ('eq(name, "batch")', "batch"):
        assert [one.conversation_id for one in tj.list_conversations(query=query)] == ["thread-3", "thread-2"]
    assert [one.conversation_id for one in tj.list_conversations(limit=2)] == ["thread-3", "thread-2"]
    assert tj.list_conversations(query="nothing like it") == []


def test_filters_are_langsmiths_to_answer(live: Live, shop: str) -> None:
    runs = live.folder / "runs.jsonl"
    runs.write_text("", encoding="utf-8")
    done = live.run("import", str(runs), "--out", str(live.folder / "out"), "--filter", "eq(name, 1)", status=2)
    assert "langsmith://" in done.stderr
    done = live.run("import", "langsmith://shop", "--out", str(live.folder / "out"), "--filter", "eq(name", status=1)
    assert "LangSmith refuses the request" in done.stderr
    assert len(live.calls(QUERY)) < 6
