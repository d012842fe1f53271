"""The v1 query: order, pages, scopes, refusals, and rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from .conftest import Double

DAY = {"start": "2026-11-02T10:00:00Z"}


def ids(pages: Any) -> list[str]:
    return [run["id"] for page in pages for run in page]


@pytest.mark.parametrize("traces", [0, 1, 100, 101])
def test_every_page_but_the_last_is_full_and_the_newest_comes_first(double: Double, traces: int) -> None:
    project = double.generate("p", traces, **DAY)
    pages = list(double.pages({"session": [project], "is_root": True}))
    assert [len(page) for page in pages] == [min(100, traces)] + ([1] if traces > 100 else [])
    starts = [run["start_time"] for page in pages for run in page]
    assert starts == sorted(starts, reverse=True)
    assert len(set(ids(pages))) == traces
    oldest = double.query({"session": [project], "is_root": True, "order": "asc"})["runs"]
    assert [run["start_time"] for run in oldest] == sorted(starts)[:100]


def test_the_official_client_lists_the_same(double: Double) -> None:
    project = double.generate("p", 41, **DAY)
    expected = ids(double.pages({"session": [project]}))
    assert [str(run.id) for run in double.client().list_runs(project_id=project)] == expected
    assert len(expected) == 41 * 5


def test_a_run_that_comes_in_between_pages_moves_none(double: Double) -> None:
    project = double.generate("p", 150, **DAY)
    body = {"session": [project], "is_root": True, "select": ["id"]}
    first = double.query(body)
    late = {"id": "00000000-0000-4000-8000-000000000001", "session_id": project, "start_time": "2026-12-01"}
    double.post("/_testbench/runs", {"runs": [late]})
    second = double.query({**body, "cursor": first["cursors"]["next"]})
    assert len(set(ids([first["runs"], second["runs"]]))) == 150
    assert second["cursors"]["next"] is None


def test_filters_narrow_the_run_its_root_or_its_tree(double: Double) -> None:
    project = double.generate("p", 6, errors=2, **DAY)
    narrowed = {
        "filter": 'and(eq(run_type, "tool"), eq(name, "look_up"))',
        "trace_filter": 'eq(status, "error")',
        "tree_filter": 'eq(run_type, "llm")',
    }
    runs = double.query({"session": [project], **narrowed})["runs"]
    assert [run["name"] for run in runs] == ["look_up", "look_up"]
    assert len(double.query({"session": [project], "error": True, "is_root": True})["runs"]) == 2


def test_whole_traces_are_asked_for_by_id(double: Double) -> None:
    project = double.generate("p", 30, late_children_seconds=900, **DAY)
    roots = double.query({"session": [project], "is_root": True, "select": ["id"], "limit": 3})["runs"]
    wanted = [run["id"] for run in roots]
    listed = '","'.join(wanted)
    runs = double.query({"session": [project], "filter": f'in(trace_id, ["{listed}"])'})["runs"]
    assert len(runs) == 15
    assert {run["trace_id"] for run in runs} == set(wanted)
    assert len(double.query({"trace": wanted[0]})["runs"]) == 5
    assert ids([double.query({"id": wanted[:1], "filter": 'eq(name, "other")'})["runs"]]) == wanted[:1]


def test_the_bounds_are_the_own_start_and_the_own_end(double: Double) -> None:
    project = double.generate("p", 3, spacing=60, **DAY)
    roots = double.query({"session": [project], "is_root": True, "order": "asc"})["runs"]
    at_second = double.query({"session": [project], "is_root": True, "start_time": roots[1]["start_time"] + "Z"})
    assert ids([at_second["runs"]]) == [roots[2]["id"], roots[1]["id"]]
    until_first_end = double.query({"session": [project], "is_root": True, "end_time": roots[0]["end_time"]})
    assert ids([until_first_end["runs"]]) == [roots[0]["id"]]


def test_a_row_has_text_costs_bare_times_and_what_was_selected(double: Double) -> None:
    project = double.generate("p", 1, fine_times=True, **DAY)
    (run,) = double.query({"session": [project], "filter": 'eq(run_type, "llm")', "limit": 1})["runs"]
    assert isinstance(run["total_cost"], str)
    price = Decimal("0.00000123")
    assert Decimal(run["total_cost"]) == price * run["prompt_tokens"] + 4 * price * run["completion_tokens"]
    assert datetime.fromisoformat(run["start_time"][:26]).tzinfo is None
    assert len(run["start_time"]) == len("2026-11-02T10:00:00.000000123")
    assert run["parent_run_ids"] == [part[-36:] for part in run["dotted_order"].split(".")[:-1]]
    assert run["parent_run_id"] == run["parent_run_ids"][-1]
    required = {"id", "name", "run_type", "trace_id", "dotted_order", "status", "session_id", "app_path"}
    (few,) = double.query({"session": [project], "select": ["tags"], "limit": 1})["runs"]
    assert few.keys() == required | {"tags"}


def test_a_root_holds_the_sums_of_its_calls(double: Double) -> None:
    project = double.generate("p", 1, tools=3, **DAY)
    runs = double.query({"session": [project]})["runs"]
    calls = [run for run in runs if run["run_type"] == "llm"]
    (root,) = [run for run in runs if run["parent_run_id"] is None]
    assert len(calls) == 4
    assert root["total_tokens"] == sum(run["total_tokens"] for run in calls)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"limit": 101}, 400, "Limit exceeds maximum allowed value of 100"),
        ({"filter": 'like(name, "x")'}, 400, "Invalid filter"),
        ({"tree_filter": "eq(name"}, 400, "Invalid tree_filter"),
        ({"cursor": "made up"}, 400, "Invalid cursor"),
        ({"limit": "ten"}, 422, "limit"),
        ({"limit": 0}, 422, "limit"),
        ({"is_root": "yes"}, 422, "is_root"),
        ({"session": "7"}, 422, "session"),
        ({"select": ["colour"]}, 422, "colour"),
        ({"run_type": "agent"}, 422, "run_type"),
        ({"start_time": "yesterday"}, 422, "start_time"),
    ],
)
def test_a_wrong_query_is_refused(double: Double, body: dict[str, Any], status: int, words: str) -> None:
    answer = double.call("POST", "/api/v1/runs/query", {"session": [double.generate("p", 1)], **body})
    assert answer.status_code == status
    assert words in answer.text
    detail: Any = answer.json()["detail"]
    if status == 422:
        assert detail[0].keys() == {"loc", "msg", "type"}
    else:
        assert isinstance(detail, str)


def test_a_query_needs_a_scope(double: Double) -> None:
    answer = double.call("POST", "/api/v1/runs/query", {"filter": 'eq(name, "x")'})
    assert answer.status_code == 400
    assert "must be specified" in answer.json()["detail"]


def test_an_unknown_run_and_an_unknown_path_are_not_found(double: Double) -> None:
    unknown = double.call("GET", "/api/v1/runs/00000000-0000-4000-8000-000000000001")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Run not found"})
    elsewhere = double.call("GET", "/api/v1/datasets")
    assert (elsewhere.status_code, elsewhere.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("prefix", ["", "/api", "/api/v1"])
def test_all_prefixes_answer(double: Double, prefix: str) -> None:
    project = double.generate("p", 1)
    assert [one["id"] for one in double.get(f"{prefix}/sessions", params={"name": "p"})] == [project]
    assert len(double.query({"session": [project]}, f"{prefix}/runs/query")["runs"]) == 5
    assert double.get(f"{prefix}/tenants") == double.get(f"{prefix}/workspaces")


def test_deprecation_is_announced_and_v1_can_be_gone(double: Double) -> None:
    project = double.generate("p", 1)
    body = {"session": [project]}
    assert "Deprecation" not in double.call("POST", "/api/v1/runs/query", body).headers
    double.set(api={"deprecation_headers": True})
    headers = double.call("POST", "/api/v1/runs/query", body).headers
    assert headers["Deprecation"] == "true"
    assert "2027" in headers["Sunset"]
    assert "Deprecation" not in double.call("GET", "/api/v1/bulk-exports").headers
    double.set(api={"v1": False})
    assert double.call("POST", "/api/v1/runs/query", body).status_code == 404


def test_large_payloads_leave_as_signed_addresses(double: Double) -> None:
    project = double.generate("p", 1, huge_bytes=50_000)
    (whole,) = double.query({"session": [project], "filter": 'eq(run_type, "tool")'})["runs"]
    double.set(api={"signed_payloads_over": 10_000})
    select = ["inputs", "outputs", "inputs_s3_urls", "outputs_s3_urls", "outputs_or_signed_url"]
    (run,) = double.query({"session": [project], "filter": 'eq(run_type, "tool")', "select": select})["runs"]
    assert (run["inputs"], run["inputs_s3_urls"]) == (whole["inputs"], None)
    assert run["outputs"] == {}
    url = run["outputs_s3_urls"]["ROOT"]["presigned_url"]
    assert run["outputs_or_signed_url"] == url
    assert requests.get(url, timeout=10).json() == whole["outputs"]  # without a key
    assert requests.get(url[:-1] + "_", timeout=10).status_code == 403


def test_filters_are_validated_without_a_query(double: Double) -> None:
    answer = double.post("/api/v1/runs/query/validate", {"filter": 'eq(name, "a")', "trace_filter": "eq(", "x": 1})
    assert answer["valid"] is False
    assert [one["field"] for one in answer["errors"]] == ["trace_filter"]


def test_threads_are_grouped_and_shown(double: Double) -> None:
    project = double.generate("p", 10, turns=4, **DAY)
    client = double.client()
    threads: Any = client.list_threads(project_id=project, start_time=datetime.now(UTC) - timedelta(days=400))
    assert sorted(thread["count"] for thread in threads) == [2, 4, 4]
    body = {"session_id": project, "group_by": "conversation"}
    groups = double.post("/api/v1/runs/group", body)
    assert [group["count"] for group in groups["groups"]] == [2, 4, 4]
    key = groups["groups"][1]["group_key"]
    text = double.get(f"/api/v1/runs/threads/{key}", params={"session_id": project})["previews"]["all_messages"]
    assert text.count("\n\n") == 7


def test_projects_are_paged_by_offset(double: Double) -> None:
    for number in range(103):
        double.call("POST", "/api/v1/sessions", {"name": f"project {number:03d}"})
    first = double.get("/api/v1/sessions", params={"sort_by": "name", "sort_by_desc": "false"})
    rest = double.get("/api/v1/sessions", params={"sort_by": "name", "sort_by_desc": "false", "offset": 100})
    assert [one["name"] for one in [*first, *rest]] == [f"project {number:03d}" for number in range(103)]
    assert len(first) == 100
    assert double.call("GET", "/api/v1/sessions", params={"limit": 101}).status_code == 422
