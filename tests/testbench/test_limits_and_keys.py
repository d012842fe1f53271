"""Rate limits hold per window, keys and workspaces are asked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from testbench.langsmith.limits import PER_KEY_QUERY, READ_RUN, TIERS, rules_for

from .conftest import Double

QUERY = "/api/v1/runs/query"


def week() -> str:
    return (datetime.now(UTC) - timedelta(days=7)).isoformat()


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        ({}, TIERS["plain"][1]),
        ({"start_time": "2020-01-01T00:00:00Z"}, TIERS["plain"][1]),
        ({"start_time": week()}, TIERS["plain"][0]),
        ({"start_time": week(), "filter": 'search("x")'}, TIERS["search"][0]),
        ({"query": "x"}, TIERS["search"][1]),
        ({"start_time": week(), "select": ["id", "child_run_ids"]}, TIERS["child_run_ids"][0]),
    ],
)
def test_a_query_falls_under_its_tier(body: dict[str, Any], tier: Any) -> None:
    rules = list(rules_for("POST", "/runs/query", body))
    assert tier in rules
    assert PER_KEY_QUERY in rules
    assert READ_RUN in rules_for("GET", "/runs/1", None)


@pytest.mark.parametrize("retry_after", [True, False])
def test_calls_over_the_limit_are_refused_and_counted(double: Double, retry_after: bool) -> None:
    project = double.generate("p", 1)
    double.set(limits={"enabled": True, "scale": 0.1, "retry_after": retry_after})
    body = {"session": [project]}
    answers = [double.call("POST", QUERY, body) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert ("Retry-After" in answers[-1].headers) == retry_after
    recent = {**body, "start_time": week()}
    assert [double.call("POST", QUERY, recent).status_code for _ in range(3)] == [200] * 3
    counted = double.get("/_testbench/limits")["plain query"]
    assert (counted["allowed"], counted["refused"]) == (3, 2)
    assert sum(counted["per_second"].values()) == 3
    end = time.monotonic() + 5
    while double.call("POST", QUERY, body).status_code == 429:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_without_limits_calls_are_counted_all_the_same(double: Double) -> None:
    project = double.generate("p", 1)
    for _ in range(30):
        double.query({"session": [project]})
    assert double.get("/_testbench/limits")["plain query"]["allowed"] == 30


def test_v2_refuses_with_a_problem_document(double: Double) -> None:
    double.set(limits={"enabled": True})
    project = double.generate("p", 0)
    body = {"project_ids": [project]}
    answers = [double.call("POST", "/v2/runs/query", body) for _ in range(16)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert answers[-1].json()["title"] == "Too Many Requests"


@pytest.mark.parametrize(
    ("headers", "status"), [({"X-API-Key": ""}, 401), ({"X-API-Key": "wrong"}, 401), ({"X-Tenant-Id": "other"}, 403)]
)
def test_a_wrong_key_or_workspace_is_refused(double: Double, headers: dict[str, str], status: int) -> None:
    assert double.call("GET", "/api/v1/sessions", headers=headers).status_code == status


def test_a_missing_key_may_be_answered_with_403(double: Double) -> None:
    double.set(auth={"missing_key_status": 403})
    assert double.call("GET", "/api/v1/sessions", headers={"X-API-Key": ""}).status_code == 403
    assert double.call("GET", "/api/v1/info", headers={"X-API-Key": ""}).status_code == 200


def test_the_clock_of_the_answers_may_be_wrong(double: Double) -> None:
    double.set(api={"clock_skew_seconds": 600})
    date = parsedate_to_datetime(double.call("GET", "/api/v1/info").headers["Date"])
    assert 500 < (date - datetime.now(UTC)).total_seconds() < 700


def test_an_organisation_key_must_name_the_workspace(double: Double) -> None:
    double.set(auth={"workspace_required": True})
    refused = double.call("GET", "/api/v1/sessions")
    assert (refused.status_code, refused.json()["error"]) == (403, "org_scoped_key_requires_workspace")
    named = {"X-Tenant-Id": double.about["workspace_id"]}
    assert double.call("GET", "/api/v1/sessions", headers=named).status_code == 200
    assert double.call("GET", "/api/v1/workspaces").status_code == 200
