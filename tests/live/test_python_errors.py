"""What the Python package says when an import from LangSmith cannot be, and the classes it says it by."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api

from .conftest import QUERY, Live, Sdk

ALL: list[Callable[[], object]] = [
    lambda: tj.import_conversations(bulk=True),
    lambda: tj.import_conversations(["a"]),
    lambda: tj.import_conversations(runs_query=True),
    lambda: list(tj.iter_conversations(bulk=True)),
    lambda: tj.list_conversations(),
    lambda: tj.workspaces(),
    lambda: tj.projects(),
    lambda: tj.destinations(),
    lambda: tj.exports(),
    lambda: tj.cancel_export("5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a11"),
]


def refused(live: Live, call: Callable[[], object], kind: type[Exception], says: str) -> str:
    """The one line of a call that is to fail."""
    with pytest.raises(kind, match=says) as caught:
        call()
    assert isinstance(caught.value, tj.TrajectoryError)
    said = str(caught.value)
    assert "\n" not in said
    assert "--" not in said
    assert str(pickle.loads(pickle.dumps(caught.value))) == said
    live.written.append(said + repr(caught.value))
    return said


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", 3, start="2026-11-01T10:00:00Z")
    return "shop"


@pytest.mark.parametrize("call", ALL)
def test_before_init_and_without_a_provider(live: Live, sdk: Sdk, call: Callable[[], object]) -> None:
    refused(live, call, RuntimeError, r"call trajectory_sdk\.init")
    tj.init(project_id="shop")
    refused(live, call, RuntimeError, "provider")


@pytest.mark.parametrize("call", ALL)
def test_without_a_key(live: Live, sdk: Sdk, call: Callable[[], object]) -> None:
    sdk.init(api_key=None)
    refused(live, call, ValueError, "needs a LangSmith API key: give api_key to init, or set LANGSMITH_API_KEY")


@pytest.mark.parametrize("call", ALL[1:])
def test_a_key_that_is_not_taken(live: Live, sdk: Sdk, call: Callable[[], object]) -> None:
    key = "lsv2_pt_wrong_0123456789abcdef0123456789"
    sdk.init(api_key=key)
    said = refused(live, call, tj.AccessError, r"does not take the API key \(lsv2_pt_\.\.\.\).*401")
    assert "wrong" not in said
    assert "wrong" not in repr(api._State.config)


@pytest.mark.parametrize("name", ["LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"])
def test_key_address_and_workspace_from_the_environment(
    live: Live, sdk: Sdk, shop: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, live.about["api_key"])
    monkeypatch.setenv("LANGSMITH_ENDPOINT", live.about["langsmith"] + "/api/v1/")
    monkeypatch.setenv("LANGSMITH_WORKSPACE_ID", live.about["workspace_id"])
    sdk.init(api_key=None, langsmith_url=None, workspace_id=None)
    assert [one.id for one in tj.workspaces()] == [live.about["workspace_id"]]
    assert len(tj.import_conversations(bulk=True)) == 1
    assert live.calls("/api/v1/bulk-exports")


def test_a_key_from_the_config_file(live: Live, sdk: Sdk) -> None:
    config = live.folder / ".config/trajectory/config"
    config.parent.mkdir(parents=True)
    config.write_text(f"LANGSMITH_API_KEY={live.about['api_key']}\n")
    sdk.init(api_key=None)
    config.chmod(0o644)
    refused(live, tj.projects, ValueError, "chmod 600")
    config.chmod(0o600)
    assert tj.projects() == []


def test_a_whole_project_needs_workspace_and_destination(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init(workspace_id=None)
    refused(live, lambda: tj.import_conversations(bulk=True), ValueError, "needs a workspace_id")
    sdk.init(destination_id=None)
    refused(live, lambda: tj.import_conversations(bulk=True), ValueError, "needs a destination_id")
    refused(live, lambda: tj.iter_conversations(bulk=True), ValueError, "needs a destination_id")
    assert not live.calls(QUERY)
    sdk.init(workspace_id=None, destination_id=None)
    assert len(tj.import_conversations(bulk=True, route="api")) == 1


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"bulk": True, "runs_query": True}, ValueError, "not both"),
    ({}, ValueError, "needs bulk=True, runs_query=True, or conversations"),
    ({"conversations": []}, ValueError, "or conversations"),
    ({"conversations": "abc"}, ValueError, "must be a list"),
    ({"source": "x"}, ValueError, "needs bulk=True to read a source"),
    ({"source": "x", "runs_query": True}, ValueError, "needs bulk=True to read a source"),
    ({"source": "x", "bulk": True, "route": "api"}, ValueError, "a source is read as it is"),
    ({"bulk": True, "route": "train"}, ValueError, "route cannot be 'train': expected one of auto, bulk, api"),
    ({"bulk": True, "route": 5}, TypeError, "route must hold texts"),
    ({"bulk": True, "route": "api", "keep_export": "x"}, ValueError, "imports by queries make none"),
    ({"conversations": ["a"], "keep_export": "x"}, ValueError, "imports by queries make none"),
    ({"bulk": True, "route": "api", "storage_options": {"anon": True}}, ValueError, "imports by queries read none"),
    ({"runs_query": True, "route": "bulk"}, ValueError, "only bulk=True has a choice of routes"),
    ({"bulk": True, "start_time": datetime.now(UTC)}, TypeError, "unexpected argument 'start_time'"),
    ({"runs_query": True, "colour": "red"}, TypeError, "does not know 'colour'"),
    ({"runs_query": True, "filter": 5}, TypeError, "filter must be a str, not int"),
    ({"runs_query": True, "is_root": "yes"}, TypeError, "is_root must be a bool"),
    ({"runs_query": True, "start_time": "2026-11-01"}, TypeError, "start_time must be a datetime"),
    ({"runs_query": True, "start_time": datetime.now(), "since": timedelta(1)}, ValueError, "give one of them"),
    ({"runs_query": True, "filter": "a", "tree_filter": "b"}, ValueError, "give is_root=True"),
]


@pytest.mark.parametrize(("arguments", "kind", "says"), WRONG, ids=str)
def test_arguments_that_cannot_be(
    live: Live, sdk: Sdk, arguments: dict[str, Any], kind: type[Exception], says: str
) -> None:
    sdk.init()
    refused(live, lambda: tj.import_conversations(**arguments), kind, says)
    refused(live, lambda: tj.iter_conversations(**arguments), kind, says)


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        ({"route": "train"}, ValueError, "route cannot be"),
        ({"api_version": "v3"}, ValueError, "api_version cannot be"),
        ({"api_key": 5}, TypeError, "api_key must hold texts"),
        ({"langsmith_url": b"x"}, TypeError, "langsmith_url must hold texts"),
        ({"export_timeout": 5}, TypeError, "export_timeout must be a timedelta"),
        ({"storage_options": {"key": object()}}, TypeError, "storage option key"),
    ],
    ids=str,
)
def test_init_says_what_cannot_be(sdk: Sdk, settings: dict[str, Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        sdk.init(**settings)


def test_what_is_not_there(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init("none")
    for call in (ALL[0], ALL[1], ALL[4]):
        refused(live, call, tj.MissingSourceError, 'no project "none"')
    sdk.init(langsmith_url="http://127.0.0.1:9/api")
    live.generate("empty", 0)
    sdk.init("empty")
    refused(live, lambda: tj.import_conversations(bulk=True, route="api"), FileNotFoundError, "has no trace yet")
    refused(live, ALL[9], tj.MissingSourceError, "is not there")
    there = live.about["destinations"]["gcs"]
    for route in ("bulk", "auto"):
        sdk.init(destination_id="5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a11", route=route)
        refused(live, lambda: tj.import_conversations(bulk=True), tj.UsageError, there)


def test_rights_and_workspaces(live: Live, sdk: Sdk, shop: str) -> None:
    live.set(auth={"bulk_exports_allowed": False})
    sdk.init()
    refused(live, tj.exports, tj.AccessError, "has no right to it.*403")
    refused(live, lambda: tj.import_conversations(bulk=True, route="bulk"), tj.AccessError, "has no right to it")
    live.set(auth={"workspace_required": True})
    sdk.init(workspace_id=None)
    refused(live, tj.projects, tj.AccessError, "set LANGSMITH_WORKSPACE_ID")


def test_the_service_fails_or_nobody_answers(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init()
    detail = [{"loc": ["body", "limit"], "msg": f"bad {live.about['api_key']}", "type": "value_error"}]
    live.fault(QUERY, "answer", status=422, body={"detail": detail})
    said = refused(live, lambda: tj.import_conversations(runs_query=True), tj.ServiceError, "limit: bad")
    assert "(the key)" in said
    live.fault("/api/v1/workspaces", "reset", times=6)
    refused(live, tj.workspaces, tj.ServiceError, "check the network")
    sdk.init(langsmith_url="ftp://nowhere")
    refused(live, tj.workspaces, ValueError, "no http or https URL")


@pytest.mark.parametrize("status", ["Failed", "TimedOut", "Cancelled"])
def test_a_failed_import_holds_no_lock_and_is_done_by_the_next(live: Live, sdk: Sdk, shop: str, status: str) -> None:
    sdk.init(route="bulk")
    live.fault("/api/v1/bulk-exports", "export", method="POST", status=status, days=1, error="disk on fire")
    with pytest.raises(tj.ServiceError) as caught:
        tj.import_conversations(bulk=True)
    assert caught.traceback, "the frames of the failed import are alive"
    assert "--" not in str(caught.value)
    assert len(sdk.states()) == 1
    assert len(tj.import_conversations(bulk=True)) == 1
    assert sdk.states() == []


def test_an_export_that_does_not_end_is_picked_up(live: Live, sdk: Sdk, shop: str) -> None:
    live.set(exports={"running_seconds": 4.0})
    sdk.init(route="bulk", export_timeout=timedelta(seconds=1))
    refused(live, lambda: tj.import_conversations(bulk=True), tj.ServiceError, "the same import picks it up")
    sdk.init(route="bulk")
    assert len(tj.import_conversations(bulk=True)) == 1
    assert len([json.loads(call["body"]) for call in live.calls("/api/v1/bulk-exports")]) == 1


def test_an_output_that_is_there_is_told_before_anything_is_asked(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init(route="api")
    sdk.imported("out", bulk=True)
    asked = len(live.calls(QUERY))
    refused(live, lambda: sdk.imported("out", bulk=True), tj.OutputError, "out")
    assert len(live.calls(QUERY)) == asked
    sdk.imported("out", bulk=True, force=True)
    assert not list(live.folder.glob("*.trajectory-*"))
