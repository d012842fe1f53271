"""The v2 query endpoints, with the official client's typed resources as judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Double

ALL_TIME = datetime(2026, 1, 1, tzinfo=UTC)
START = {"start": "2026-11-02T10:00:00Z"}


def resources(double: Double) -> Any:
    client = double.client()
    return client._get_langsmith_api_sync()


def test_the_client_pages_through_all_runs(double: Double) -> None:
    project = double.generate("p", 41, **START)
    selects = ["ID", "NAME", "RUN_TYPE", "STATUS", "INPUTS", "PARENT_RUN_IDS", "THREAD_ID", "TOTAL_COST", "IS_ROOT"]
    runs = list(resources(double).runs.query_v2(project_ids=[project], min_start_time=ALL_TIME, selects=selects))
    by_v1 = {run["id"]: run for page in double.pages({"session": [project]}) for run in page}
    assert [run.id for run in runs] == list(by_v1)
    for run in runs:
        old = by_v1[run.id]
        assert (run.run_type, run.status) == (old["run_type"].upper(), old["status"].upper())
        assert (run.inputs, run.parent_run_ids, run.thread_id) == (
            old["inputs"],
            old["parent_run_ids"],
            old["thread_id"],
        )
        assert run.total_cost == (old["total_cost"] and float(old["total_cost"]))
        assert run.is_root == (old["parent_run_id"] is None)
    calls = double.get("/_testbench/requests", params={"path": "/api/v2/runs/query"})["requests"]
    assert len(calls) == 3


def test_without_a_window_only_the_last_day_is_seen(double: Double) -> None:
    old, new = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) - timedelta(hours=2)
    double.generate("p", 2, start=old.isoformat())
    project = double.generate("p", 3, start=new.isoformat(), reset=False, seed=2)
    assert len(list(resources(double).runs.query_v2(project_ids=[project], is_root=True))) == 3


def test_without_selects_a_run_is_its_id(double: Double) -> None:
    project = double.generate("p", 1, **START)
    page = double.post("/v2/runs/query", {"project_ids": [project], "min_start_time": "2026-01-01T00:00:00Z"})
    assert page.keys() == {"items", "has_more"}
    assert page["has_more"] is False
    assert {tuple(item) for item in page["items"]} == {("id",)}


def test_traces_come_with_aggregates_and_their_runs(double: Double) -> None:
    project = double.generate("p", 25, **START)
    api = resources(double)
    traces = list(
        api.traces.query(
            project_id=project, min_start_time=ALL_TIME, selects=["ID", "NAME", "TOTAL_TOKENS", "TOTAL_COST"]
        )
    )
    assert len(traces) == 25
    one = traces[3]
    runs = api.traces.list_runs(
        one.root_run.id, project_id=project, selects=["ID", "NAME", "RUN_TYPE", "TOTAL_TOKENS", "START_TIME"]
    ).items
    assert [run.name for run in runs] == ["agent", "loop", "ChatOpenAI", "look_up", "ChatOpenAI"]
    assert one.trace_aggregates.total_tokens == sum(run.total_tokens for run in runs if run.run_type == "LLM")
    assert one.root_run.total_tokens is None
    few = list(api.traces.query(project_id=project, min_start_time=ALL_TIME, trace_ids=[one.root_run.id]))
    assert [trace.root_run.id for trace in few] == [one.root_run.id]


def test_a_trace_takes_both_bounds_or_none(double: Double) -> None:
    project = double.generate("p", 1, late_children_seconds=3600, **START)
    trace = double.query({"session": [project], "is_root": True})["runs"][0]["id"]
    window = {"project_id": project, "min_start_time": "2026-11-02T09:00:00Z"}
    assert double.call("GET", f"/api/v2/traces/{trace}/runs", params=window).status_code == 400
    window["max_start_time"] = "2026-11-02T10:30:00Z"
    assert len(double.get(f"/api/v2/traces/{trace}/runs", params=window)["items"]) == 4
    assert len(double.get(f"/v2/traces/{trace}/runs", params={"project_id": project})["items"]) == 5


def test_one_run_is_read_with_its_attachments_and_events(double: Double) -> None:
    project = double.generate("p", 1, **START)
    run = double.query({"session": [project], "is_root": True})["runs"][0]
    read = resources(double).runs.retrieve_v2(run["id"], project_id=project, selects=["EVENTS", "METADATA", "ERROR"])
    assert [event.name for event in read.events] == ["start", "end"]
    assert read.metadata["thread_id"] == "p-thread-000000"
    answer = double.call("GET", f"/v2/runs/{run['id']}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["detail"] == "project_id is required"


def test_threads_are_listed_and_their_traces_paged(double: Double) -> None:
    project = double.generate("p", 90, turns=30, **START)
    api = resources(double)
    threads = list(api.threads.query(project_id=project, min_start_time=ALL_TIME))
    assert [(thread.thread_id, thread.count) for thread in threads] == [
        ("p-thread-000002", 30),
        ("p-thread-000001", 30),
        ("p-thread-000000", 30),
    ]
    traces = list(api.threads.list_traces("p-thread-000001", project_id=project, selects=["START_TIME", "NAME"]))
    assert len(traces) == 30
    assert [trace.start_time for trace in traces] == sorted(trace.start_time for trace in traces)
    assert traces[0].trace_id == threads[1].first_trace_id


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/runs/query", {}),
        ("/v2/runs/query", {"project_ids": ["PROJECT"], "page_size": 1001}),
        ("/v2/runs/query", {"project_ids": ["PROJECT"], "selects": ["COLOUR"]}),
        ("/v2/runs/query", {"project_ids": ["PROJECT"], "run_type": "llm"}),
        ("/v2/runs/query", {"project_ids": ["PROJECT"], "filter": "eq("}),
        ("/v2/runs/query", {"project_ids": ["PROJECT"], "min_start_time": "yesterday"}),
        ("/v2/traces/query", {"project_id": "PROJECT", "filter": 'eq(name, "a")'}),
        ("/v2/traces/query", {"project_id": "PROJECT", "page_size": 101}),
        ("/v2/threads/query", {"project_id": "PROJECT", "cursor": "!"}),
    ],
)
def test_a_wrong_query_is_a_problem_document(double: Double, path: str, body: dict[str, Any]) -> None:
    project = double.generate("p", 1)
    filled = {
        name: [project] if value == ["PROJECT"] else project if value == "PROJECT" else value
        for name, value in body.items()
    }
    answer = double.call("POST", path, filled)
    assert answer.status_code == 400
    assert answer.json().keys() == {"type", "title", "status", "detail"}


def test_a_deployment_has_one_prefix_both_or_no_v2(double: Double) -> None:
    project = double.generate("p", 1)
    body = {"project_ids": [project]}
    double.set(api={"v2_prefixes": ["/v2"]})
    assert double.call("POST", "/v2/runs/query", body).status_code == 200
    assert double.call("POST", "/api/v2/runs/query", body).status_code == 404
    double.set(api={"v2": False, "sdb_query_enabled": None})
    assert double.call("POST", "/v2/runs/query", body).status_code == 404
    assert double.get("/info")["instance_flags"] == {"zstd_compression_enabled": True}


def test_the_client_reads_a_run_where_only_v2_is_left(double: Double) -> None:
    project = double.generate("p", 1, **START)
    run = double.query({"session": [project], "is_root": True})["runs"][0]
    double.set(api={"v1": False, "ch_query_enabled": False})
    start = datetime.fromisoformat(run["start_time"]).replace(tzinfo=UTC)
    read = double.client().read_run(run["id"], project_id=project, start_time=start)
    assert (str(read.id), read.inputs, read.status) == (run["id"], run["inputs"], "success")
