"""Projects that change while they are imported, clocks that are wrong, and exports that are not as they say."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import QUERY, Live, wait_until

START = "2026-11-01T10:00:00Z"
CREATE = "/api/v1/bulk-exports"
TRACE = "0f8fad5b-d9cb-469f-a165-70867728950e"
CHILD = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def report(live: Live, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((live.folder / name / "report.json").read_text(encoding="utf-8"))
    return found


def add_runs(live: Live, *runs: dict[str, Any]) -> None:
    live.control("POST", "/_testbench/runs", {"runs": list(runs)})


def model_call(project: str, start: str, end: str | None, **members: Any) -> dict[str, Any]:
    """The root of a trace that is a model call."""
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": f"since {start}"}}]}
    run: dict[str, Any] = {"id": TRACE, "trace_id": TRACE, "session_id": project, "name": "model", "run_type": "llm"}
    run |= {"start_time": start, "inputs": {"messages": [{"role": "user", "content": "When?"}]}}
    if end is not None:
        run |= {"end_time": end, "outputs": answer}
    return {**run, "extra": {"metadata": {"thread_id": "clock"}}, **members}


def test_pending_traces_are_the_same_by_every_route(live: Live) -> None:
    live.generate("shop", 12, pending=3, start=START)
    by_v1 = live.imported("shop", "v1", "--route", "api", "--api", "v1")
    assert live.imported("shop", "v2", "--route", "api", "--api", "v2") == by_v1
    assert live.imported("shop", "bulk", *live.bulk()) == by_v1


def test_a_trace_that_ends_during_the_export_is_whole(live: Live) -> None:
    project = live.generate("shop", 6, start=START)
    add_runs(live, model_call(project, "2026-11-01T09:00:00Z", None))
    live.set(exports={"created_seconds": 2.0})
    process = live.start("import", "langsmith://shop", "--out", str(live.folder / "out"), *live.bulk())
    wait_until(lambda: live.calls(CREATE))
    add_runs(live, model_call(project, "2026-11-01T09:00:00Z", "2026-11-01T12:00:00Z"))
    out, err = process.communicate(timeout=60)
    live.written += [out, err]
    assert process.returncode == 0, err
    assert live.records("out") == live.imported("shop", "later", "--route", "api")
    assert "since 2026-11-01T09:00:00Z" in live.run("show", str(live.folder / "out"), "clock").stdout


def test_a_trace_that_begins_during_the_export_is_left_to_the_next_import(live: Live) -> None:
    project = live.generate("shop", 6, start=START)
    before = live.imported("shop", "before", "--route", "api")
    live.set(exports={"created_seconds": 1.5})
    process = live.start("import", "langsmith://shop", "--out", str(live.folder / "out"), *live.bulk())
    wait_until(lambda: live.calls(CREATE))
    now = datetime.now(UTC)
    add_runs(live, model_call(project, now.isoformat(), (now + timedelta(seconds=1)).isoformat()))
    out, err = process.communicate(timeout=60)
    live.written += [out, err]
    assert process.returncode == 0, err
    # A whole project's export ends where its listing did; what began since is in neither route's answer.
    assert live.records("out") == before
    assert live.imported("shop", "later", "--route", "api") != before


def test_the_complete_one_of_two_rows_counts(live: Live) -> None:
    live.generate("shop", 40, start=START)
    calm = live.imported("shop", "calm", "--route", "api")
    live.set(exports={"quirks": {"duplicates": 5, "stale_duplicates": True}, "rows_per_file": 50})
    assert live.imported("shop", "twice", *live.bulk()) == calm
    assert sum(report(live, "twice")["runs_set_aside"].values()) > 0


def test_files_of_an_upload_that_was_begun_anew_are_not_read(live: Live) -> None:
    live.generate("shop", 40, start=START)
    calm = live.imported("shop", "calm", "--route", "api")
    live.set(exports={"quirks": {"leftover_file": True}})
    assert live.imported("shop", "out", *live.bulk()) == calm


@pytest.mark.parametrize(("off", "status"), [(3, 3), (-3, 0)])
def test_rows_that_are_not_as_exported_are_a_named_problem(live: Live, off: int, status: int) -> None:
    live.generate("shop", 10, start=START)
    calm = live.imported("shop", "calm", "--route", "api")
    live.set(exports={"quirks": {"rows_miscounted": off}})
    done = live.run("import", "langsmith://shop", "--out", str(live.folder / "out"), *live.bulk(), status=status)
    assert "rows_not_as_exported" in json.dumps(report(live, "out"))
    assert live.records("out") == calm
    if off > 0:  # fewer came than were written: some are missing
        assert "not with everything" in done.stderr


def test_an_export_without_rows_is_told(live: Live) -> None:
    live.generate("shop", 3, start=START)
    live.set(exports={"quirks": {"rows_miscounted": -15}})
    done = live.run("import", "langsmith://shop", "--out", str(live.folder / "out"), *live.bulk(), status=1)
    assert "wrote no row" in done.stderr
    assert "take the route api" in done.stderr


@pytest.mark.parametrize("seconds", [7200.0, -7200.0])
def test_a_clock_that_is_wrong_changes_nothing(live: Live, seconds: float) -> None:
    live.generate("shop", 30, spacing=300)  # in the last day, up to now
    calm = live.imported("shop", "calm", "--route", "api")
    live.set(api={"clock_skew_seconds": seconds})
    assert live.imported("shop", "v1", "--route", "api", "--api", "v1") == calm
    assert live.imported("shop", "v2", "--route", "api", "--api", "v2") == calm
    assert live.imported("shop", "bulk", *live.bulk()) == calm
    found = json.loads(live.run("doctor", "--json").stdout)
    clock = next(one for one in found if one["what"] == "clock")
    assert clock["health"] == "look"
    assert ("behind" if seconds > 0 else "ahead") in clock["text"]


def test_runs_of_clocks_that_go_ahead_or_behind_are_kept(live: Live) -> None:
    project = live.generate("shop", 3)
    child: dict[str, Any] = {"id": CHILD, "parent_run_id": TRACE, "name": "early child", "run_type": "tool"}
    child |= {"start_time": "2026-11-01T08:30:00Z", "end_time": "2026-11-01T08:30:01Z"}
    child |= {"trace_id": TRACE, "session_id": project, "inputs": {"input": "x"}, "outputs": {"output": "y"}}
    ahead = TRACE.replace("0f8f", "1f8f")
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    future = model_call(project, soon, None, id=ahead, trace_id=ahead)
    add_runs(live, model_call(project, "2026-11-01T09:00:00Z", "2026-11-01T09:00:09Z"), child, future)
    by_v1 = live.imported("shop", "v1", "--route", "api", "--api", "v1")
    assert report(live, "v1")["rows_read"] == 3 * 5 + 3
    assert live.imported("shop", "v2", "--route", "api", "--api", "v2") == by_v1
    assert live.imported("shop", "bulk", *live.bulk()) == by_v1
    assert live.imported("shop", "chosen", "--since", "2026-11-01T00:00:00Z", *live.bulk()) == by_v1


@pytest.mark.parametrize("traces", [1, 100, 101])
def test_projects_of_any_size_come_by_bulk_export_too(live: Live, traces: int) -> None:
    live.generate("p", traces, turns=1, start=START)
    assert live.imported("p", "bulk", *live.bulk()) == live.imported("p", "api", "--route", "api")
    assert report(live, "bulk")["conversations"] == traces


def test_twenty_thousand_traces_are_listed_and_exported(live: Live) -> None:
    project = live.generate("large", 0)
    first = datetime(2026, 11, 1, 10, tzinfo=UTC)
    runs = []
    for number in range(20_000):
        run_id = str(uuid.UUID(int=number + 1, version=4))
        start, end = (first + timedelta(seconds=number, milliseconds=more) for more in (0, 500))
        extra = {"metadata": {"thread_id": f"thread-{number // 10}"}}
        runs.append(model_call(project, start.isoformat(), end.isoformat(), id=run_id, trace_id=run_id, extra=extra))
    add_runs(live, *runs)
    live.set(exports={"rows_per_file": 20_000, "rows_per_group": 20_000})
    live.imported("large", "bulk", *live.bulk())
    found = report(live, "bulk")
    assert (found["conversations"], found["rows_read"]) == (2_000, 20_000)
    assert found["runs_used"] == {"model_call": 20_000}
    pages = [body for call in live.calls(QUERY) if (body := json.loads(call["body"])).get("is_root")]
    assert len(pages) >= 200


def test_named_conversations_are_the_only_ones_exported(live: Live) -> None:
    live.generate("shop", 40, start=START)
    listed = json.loads(live.run("langsmith", "conversations", "shop", "--limit", "2", "--json").stdout)
    chosen = [part for one in listed for part in ("--conversation", one["conversation"])]
    by_api = live.imported("shop", "api", "--route", "api", *chosen)
    assert live.imported("shop", "bulk", *chosen, *live.bulk()) == by_api
    assert report(live, "bulk")["conversations"] == 2
    assert json.loads(live.calls(CREATE)[0]["body"])["filter"].startswith("in(trace_id, [")
