"""Scripted faults strike as often as they were told, and are counted."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from .conftest import Double
from .test_exports import START, file_system, files_of

QUERY = "/api/v1/runs/query"


@pytest.fixture
def project(double: Double) -> str:
    return double.generate("p", 150, start=START)


def roots(project: str, **body: Any) -> dict[str, Any]:
    return {"session": [project], "is_root": True, "select": ["id"], **body}


def test_an_answer_is_replaced_after_some_calls_and_a_number_of_times(double: Double, project: str) -> None:
    double.fault(QUERY, "answer", method="POST", skip=1, times=2, status=503, headers={"Retry-After": "7"}, body="busy")
    answers = [double.call("POST", QUERY, roots(project)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert (answers[1].headers["Retry-After"], answers[1].text) == ("7", "busy")
    assert double.call("GET", "/api/v1/sessions").status_code == 200


def test_a_fault_that_did_not_strike_is_told(double: Double) -> None:
    double.fault("/nowhere", "reset")
    assert double.get("/_testbench/faults")["unconsumed"] != []
    assert double.call("DELETE", "/_testbench/faults").json()["faults"][0]["consumed"] == 0


def test_a_body_chooses_the_call(double: Double, project: str) -> None:
    script = {
        "path": QUERY,
        "contains": '"cursor"',
        "action": {"kind": "answer", "status": 500, "body": {"detail": "x"}},
    }
    double.post("/_testbench/faults", {"faults": [script]})
    first = double.query(roots(project))
    answer = double.call("POST", QUERY, roots(project, cursor=first["cursors"]["next"]))
    assert (answer.status_code, answer.json()) == (500, {"detail": "x"})


def test_a_connection_is_reset(double: Double, project: str) -> None:
    double.fault(QUERY, "reset")
    with pytest.raises(requests.ConnectionError):
        double.call("POST", QUERY, roots(project))
    assert len(double.query(roots(project))["runs"]) == 100


@pytest.mark.parametrize("kind", ["cut", "stall"])
def test_an_answer_breaks_off(double: Double, project: str, kind: str) -> None:
    silence: dict[str, Any] = {"seconds": 0.2} if kind == "stall" else {}
    double.fault(QUERY, kind, bytes=500, **silence)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)) as caught:
        double.call("POST", QUERY, roots(project))
    assert "500 bytes read" in str(caught.value)


def test_an_answer_is_delayed(double: Double, project: str) -> None:
    double.fault(QUERY, "delay", seconds=0.3)
    begun = time.monotonic()
    double.query(roots(project))
    assert time.monotonic() - begun >= 0.3


def test_pages_are_empty_repeated_or_doubled_and_nothing_is_lost(double: Double, project: str) -> None:
    for skip, kind in enumerate(("empty_page", "repeated_page", "duplicate_rows")):
        double.fault(QUERY, kind, skip=skip)
    pages = list(double.pages(roots(project)))
    assert [len(page) for page in pages] == [0, 100, 200, 50]
    assert len({run["id"] for page in pages for run in page}) == 150


def test_the_official_client_stops_at_an_empty_page(double: Double, project: str) -> None:
    double.fault("/runs/query", "empty_page", skip=1)
    assert len(list(double.client().list_runs(project_id=project, is_root=True))) == 100


def test_the_official_client_tries_again(double: Double, project: str) -> None:
    double.fault("/runs/query", "answer", times=2, status=503)
    assert len(list(double.client().list_runs(project_id=project, is_root=True))) == 150


def test_page_faults_strike_v2_too(double: Double, project: str) -> None:
    double.fault("/v2/runs/query", "empty_page")
    body = {"project_ids": [project], "is_root": True, "min_start_time": "2026-01-01T00:00:00Z"}
    first = double.post("/v2/runs/query", body)
    assert (first["items"], first["has_more"]) == ([], True)
    assert len(double.post("/v2/runs/query", {**body, "cursor": first["next_cursor"]})["items"]) == 100


def test_a_call_that_cannot_act_a_fault_out_does_not_use_it_up(double: Double, project: str) -> None:
    double.fault("/api/v1/*", "empty_page")
    double.get("/api/v1/sessions")
    assert double.get("/_testbench/faults")["unconsumed"] != []
    assert double.query(roots(project))["runs"] == []


@pytest.mark.parametrize(
    "script",
    [
        {"path": "/x"},
        {"action": {"kind": "reset"}},
        {"path": "/x", "action": {"kind": "explode"}},
        {"path": "/x", "action": {"kind": "reset", "seconds": 1}},
        {"path": "/x", "nth": 2, "action": {"kind": "reset"}},
    ],
)
def test_a_script_that_could_never_strike_is_refused(double: Double, script: dict[str, Any]) -> None:
    assert double.call("POST", "/_testbench/faults", script).status_code == 400


def test_all_calls_are_in_the_log(double: Double, project: str) -> None:
    double.query(roots(project, limit=3))
    (call,) = double.get("/_testbench/requests", params={"method": "POST", "path": "*/runs/query"})["requests"]
    assert '"limit": 3' in call["body"]
    assert call["headers"]["x-api-key"] == double.about["api_key"]
    assert (call["status"], call["fault"]) == (200, None)


@pytest.mark.parametrize("kind", ["gcs", "s3"])
def test_a_download_meets_faults_at_the_proxy(double: Double, project: str, kind: str) -> None:
    (name,) = files_of(double.days(double.export(project, kind, compression="none"))[:2])[:1]
    system = file_system(double, kind, double.about[f"{kind}_faulty"])
    assert len(system.open_input_file(name).read()) == system.get_file_info(name).size
    double.fault(f"/_{kind}/*", "answer", times=1, status=503, body="")
    assert len(system.open_input_file(name).read()) > 100_000  # Arrow tries again by itself
    calls = double.get("/_testbench/requests", params={"path": f"/_{kind}/*"})["requests"]
    assert 503 in [call["status"] for call in calls]


def test_a_setting_that_is_not_there_is_refused(double: Double) -> None:
    answer = double.call("PATCH", "/_testbench/settings", {"exports": {"quirks": {"sparkle": True}}})
    assert answer.status_code == 400
    assert "exports.quirks.sparkle" in answer.json()["detail"]
    wrong = double.call("PATCH", "/_testbench/settings", {"limits": {"enabled": "yes"}})
    assert "limits.enabled" in wrong.json()["detail"]


def test_a_held_call_is_not_carried_out(double: Double) -> None:
    double.fault("/api/v1/sessions", "hold", method="POST", seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        double.call("POST", "/api/v1/sessions", {"name": "held"})
    assert double.get("/api/v1/sessions") == []
