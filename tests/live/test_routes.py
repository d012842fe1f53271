"""Every route to the same traces gives the same records, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import QUERY, Live

# More than a page of roots, and more than a page of runs in a batch.
TRACES = 110


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", TRACES, fine_times=True, late_children_seconds=90_000, start="2026-11-01T10:00:00Z", errors=3)
    return "shop"


def test_all_routes_give_equal_records(live: Live, shop: str) -> None:
    by_v1 = live.imported(shop, "v1", "--route", "api", "--api", "v1")
    assert by_v1
    assert live.imported(shop, "v2", "--route", "api", "--api", "v2") == by_v1
    assert live.imported(shop, "s3", *live.bulk("s3")) == by_v1
    assert live.imported(shop, "gcs", *live.bulk("gcs")) == by_v1
    report = json.loads((live.folder / "s3" / "report.json").read_text(encoding="utf-8"))
    assert report["conversations"] > 1
    assert not list((live.folder / ".local/state/trajectory").iterdir())


def test_chosen_traces_are_exported_by_their_ids_with_the_same_result(live: Live, shop: str) -> None:
    whole = live.imported(shop, "whole", *live.bulk())
    window = ("--since", "2026-11-01T00:00:00Z")
    assert live.imported(shop, "chosen", *window, *live.bulk()) == whole
    bodies = [json.loads(call["body"]) for call in live.calls("/api/v1/bulk-exports")]
    assert ["filter" in body for body in bodies] == [False, True]
    assert bodies[1]["filter"].startswith("in(trace_id, [")
    assert {body["format_version"] for body in bodies} == {"v2_beta"}
    assert {body["compression"] for body in bodies} == {"zstandard"}


def test_the_first_conversations_are_the_same_by_either_route(live: Live, shop: str) -> None:
    by_api = live.imported(shop, "api", "--route", "api", "--limit", "3")
    assert live.imported(shop, "bulk", "--limit", "3", *live.bulk()) == by_api
    assert len(by_api) < len(live.imported(shop, "all", "--route", "api"))


def test_payloads_behind_signed_addresses_are_read(live: Live, shop: str) -> None:
    inline = live.imported(shop, "inline", "--route", "api", "--api", "v1")
    live.set(api={"signed_payloads_over": 60})
    assert live.imported(shop, "signed", "--route", "api", "--api", "v1") == inline
    assert live.calls("/payloads/*", "GET")
    assert all("X-API-Key" not in str(call["headers"]) for call in live.calls("/payloads/*", "GET"))


def test_kept_files_are_those_of_the_export(live: Live, shop: str) -> None:
    kept = live.folder / "kept"
    records = live.imported(shop, "live", *live.bulk(), "--keep-export", str(kept))
    files = sorted(kept.rglob("*.parquet"))
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    live.run("import", str(kept), "--out", str(live.folder / "again"))
    assert live.records("again") == records


@pytest.mark.parametrize("traces", [1, 100, 101])
def test_projects_of_any_size(live: Live, traces: int) -> None:
    live.generate("p", traces, turns=1)
    for version in ("v1", "v2"):
        live.imported("p", version, "--route", "api", "--api", version)
        report = json.loads((live.folder / version / "report.json").read_text(encoding="utf-8"))
        assert report["conversations"] == traces


def test_an_empty_project_is_said_to_be_empty(live: Live) -> None:
    live.generate("p", 0)
    done = live.run("import", "langsmith://p", "--out", str(live.folder / "out"), "--route", "api", status=1)
    assert 'the project "p" has no trace yet' in done.stderr
    assert not (live.folder / "out").exists()


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("answer", {"status": 408, "body": "too slow"}),
        ("answer", {"status": 500, "body": {"detail": "oops"}}),
        ("answer", {"status": 502, "body": "<html>Bad Gateway</html>"}),
        ("answer", {"status": 503, "body": "busy"}),
        ("answer", {"status": 504, "body": ""}),
        ("answer", {"status": 429, "headers": {"Retry-After": "1"}, "body": {"detail": "Too many"}}),
        ("answer", {"status": 429, "body": {"detail": "Too many"}}),
        ("reset", {}),
        ("cut", {}),
        ("empty_page", {}),
        ("repeated_page", {}),
        ("duplicate_rows", {}),
    ],
)
def test_trouble_on_the_way_changes_nothing(live: Live, shop: str, version: str, kind: str, members: dict) -> None:  # type: ignore[type-arg]
    options = ("--route", "api", "--api", version)
    calm = live.imported(shop, "calm", *options)
    live.fault(QUERY, kind, skip=2, times=2, **members)
    assert live.imported(shop, "troubled", *options) == calm


def test_a_deprecated_version_is_left_for_the_newer_one(live: Live, shop: str) -> None:
    before = live.imported(shop, "before", "--route", "api")
    assert live.calls("/api/v1/runs/query")
    live.control("POST", "/_testbench/reset", {})
    live.set(api={"deprecation_headers": True})
    assert live.imported(shop, "deprecated", "--route", "api") == before
    assert len(live.calls("/api/v1/runs/query")) == 1
    live.control("POST", "/_testbench/reset", {})
    live.set(api={"v1": False, "v2_prefixes": ["/v2"]})
    assert live.imported(shop, "gone", "--route", "api") == before
    assert all(json.loads(call["body"])["selects"] for call in live.calls("/v2/runs/query"))


def test_auto_says_why_it_goes_by_queries(live: Live, shop: str) -> None:
    live.set(auth={"bulk_exports_allowed": False})
    destination = str(live.about["destinations"]["s3"])
    out = str(live.folder / "out")
    done = live.run("import", f"langsmith://{shop}", "--out", out, "--destination", destination)
    assert "no bulk export: " in done.stderr
    assert "403" in done.stderr
    assert "by queries" in done.stderr
    assert Path(out, "manifest.json").exists()


def test_an_output_that_is_there_is_told_before_anything_is_asked(live: Live, shop: str) -> None:
    live.imported(shop, "out", "--route", "api")
    asked = len(live.calls(QUERY))
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", "api", status=1)
    assert "out" in done.stderr
    assert len(live.calls(QUERY)) == asked


def test_cursors_that_lead_in_a_circle_are_an_error(live: Live, shop: str) -> None:
    def lead(to: str, times: int, contains: str) -> None:
        answer = {"kind": "answer", "status": 200, "body": {"runs": [], "cursors": {"next": to}}}
        live.control(
            "POST", "/_testbench/faults", {"path": QUERY, "times": times, "contains": contains, "action": answer}
        )

    lead("left", 10, '"cursor":"right"')
    lead("right", 11, '"cursor":"left"')
    lead("left", 1, "is_root")
    options = ("--route", "api", "--api", "v1", "--until", "2026-11-10")
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *options, status=1)
    assert "repeats a page of runs without end" in done.stderr


def test_root_runs_that_cannot_be_placed_are_told(live: Live, shop: str) -> None:
    page = {"runs": [{"id": "odd", "trace_id": "odd", "start_time": None}], "cursors": {"next": None}}
    live.fault(QUERY, "answer", status=200, body=page)
    options = ("--route", "api", "--api", "v1", "--until", "2026-11-10")
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *options, status=1)
    assert "a root run without a trace id or a start time is left out: {" in done.stderr
