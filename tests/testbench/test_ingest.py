"""Runs and feedback that the official client sends arrive whole, whichever way it sends them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langsmith.run_helpers import LangSmithExtra

from langsmith import Client, traceable

from .conftest import Double

START = datetime(2026, 11, 2, 10, 0, 0, 123456, tzinfo=UTC)


@traceable(run_type="tool")
def look_up(order: int) -> dict[str, Any]:
    return {"state": "shipped", "order": order}


@traceable(run_type="llm")
def model(messages: list[dict[str, str]]) -> dict[str, Any]:
    usage = {"input_tokens": 30, "output_tokens": 4, "total_tokens": 34, "total_cost": 0.0000123}
    return {"role": "assistant", "content": "It is on its way. Grüße 🚚", "usage_metadata": usage}


@traceable
def agent(question: str) -> str:
    look_up(7)
    return str(model([{"role": "user", "content": question}])["content"])


def record(client: Client) -> None:
    metadata = {"thread_id": "thread-1"}
    extra = LangSmithExtra(client=client, project_name="shop", metadata=metadata, tags=["shop"])
    agent("Where is it?", langsmith_extra=extra)
    client.flush()


@pytest.fixture(autouse=True)
def tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")


def sent(double: Double, path: str = "*") -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = double.get("/_testbench/requests", params={"path": path})["requests"]
    return requests


@pytest.mark.parametrize("compressed", [True, False])
def test_a_trace_of_the_client_comes_back(double: Double, compressed: bool) -> None:
    double.set(api={"zstd_compression": compressed})
    client = double.client()
    record(client)
    runs = {run.name: run for run in client.list_runs(project_name="shop")}
    assert sorted(runs) == ["agent", "look_up", "model"]
    root = runs["agent"]
    assert root.inputs == {"question": "Where is it?"}
    assert root.outputs == {"output": "It is on its way. Grüße 🚚"}
    assert runs["look_up"].outputs == {"state": "shipped", "order": 7}
    assert {run.trace_id for run in runs.values()} == {root.id}
    assert {run.parent_run_id for run in runs.values()} == {None, root.id}
    assert {run.status for run in runs.values()} == {"success"}
    assert root.tags == ["shop"]
    assert root.extra["metadata"]["thread_id"] == "thread-1"
    assert (root.total_tokens, str(root.total_cost)) == (34, "0.0000123")
    encodings = [call["headers"].get("content-encoding") for call in sent(double, "*/runs/multipart")]
    assert encodings
    assert set(encodings) == {"zstd" if compressed else None}


def test_a_whole_trace_is_read_with_its_children(double: Double) -> None:
    client = double.client()
    record(client)
    (root,) = client.list_runs(project_name="shop", is_root=True)
    assert [child.name for child in client.read_run(root.id, load_child_runs=True).child_runs or []] == [
        "look_up",
        "model",
    ]
    assert root.url is not None


def test_a_failed_run_has_status_and_error(double: Double) -> None:
    @traceable
    def broken() -> None:
        raise ValueError("out of stock")

    client = double.client()
    with pytest.raises(ValueError, match="out of stock"):
        broken(langsmith_extra={"client": client, "project_name": "shop"})
    client.flush()
    (run,) = client.list_runs(project_name="shop", error=True)
    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith("ValueError('out of stock')")
    assert list(client.list_runs(project_name="shop", error=False)) == []


def test_single_calls_create_and_change_a_run(double: Double) -> None:
    client = Client(api_url=double.url, api_key=double.about["api_key"], auto_batch_tracing=False)
    run_id = uuid.uuid4()
    client.create_run("draft", {"a": 1}, "chain", id=run_id, project_name="notes", start_time=START)
    pending = client.read_run(run_id)
    assert (pending.status, pending.end_time, pending.trace_id) == ("pending", None, run_id)
    client.update_run(run_id, outputs={"b": [2]}, end_time=START + timedelta(seconds=2))
    done = client.read_run(run_id)
    assert (done.status, done.inputs, done.outputs) == ("success", {"a": 1}, {"b": [2]})
    assert done.start_time == START.replace(tzinfo=done.start_time.tzinfo)
    assert [call["method"] for call in sent(double, "/runs*") if call["method"] != "GET"] == ["POST", "PATCH"]


def test_batches_are_taken(double: Double) -> None:
    client = double.client()
    ids = [uuid.uuid4() for _ in range(3)]
    stamp = START.strftime("%Y%m%dT%H%M%S%fZ")
    created = [
        {
            "id": run_id,
            "trace_id": run_id,
            "dotted_order": stamp + str(run_id),
            "name": f"run {number}",
            "run_type": "chain",
            "inputs": {"n": number},
            "start_time": START,
            "session_name": "batch",
        }
        for number, run_id in enumerate(ids)
    ]
    update = {**{key: created[0][key] for key in ("id", "trace_id", "dotted_order")}, "outputs": {"done": True}}
    client.batch_ingest_runs(create=created, update=[update])
    assert len(sent(double, "*/runs/batch")) == 1
    assert {run.name for run in client.list_runs(project_name="batch")} == {"run 0", "run 1", "run 2"}
    assert client.read_run(ids[0]).outputs == {"done": True}


def test_a_patch_may_come_before_its_post(double: Double) -> None:
    run_id = str(uuid.uuid4())
    end = {"id": run_id, "trace_id": run_id, "outputs": {"x": 1}, "end_time": "2026-11-02T10:00:05Z"}
    begin = {"id": run_id, "trace_id": run_id, "name": "late", "run_type": "tool", "session_name": "late"}
    assert double.call("PATCH", f"/runs/{run_id}", end).status_code == 202
    assert double.call("POST", "/runs", {**begin, "start_time": "2026-11-02T10:00:00Z"}).status_code == 202
    (run,) = double.client().list_runs(project_name="late")
    assert (run.name, run.outputs, run.status) == ("late", {"x": 1}, "success")


def test_payloads_leave_to_the_letter(double: Double) -> None:
    run_id = str(uuid.uuid4())
    inputs = '{"b": 1.10, "a": 1e400,  "big": 12345678901234567890123, "lone": "\\ud800", "e": "\\u00e9"}'
    text = f'{{"id":"{run_id}","name":"exact","session_name":"exact","inputs":{inputs},"start_time":"2026-11-02"}}'
    headers = {"Content-Type": "application/json"}
    assert double.call("POST", "/runs", data=text, headers=headers).status_code == 202
    assert inputs in double.call("GET", f"/api/v1/runs/{run_id}").text


def test_feedback_is_summed_up_on_its_run(double: Double) -> None:
    client = double.client()
    record(client)
    (root,) = client.list_runs(project_name="shop", is_root=True)
    for score in (0.0, 1.0):
        client.create_feedback(root.id, "helpful", score=score, comment=f"score {score}")
    client.create_feedback(root.id, "tone", value="kind")
    client.flush()
    stats = client.read_run(root.id).feedback_stats or {}
    assert (stats["helpful"]["n"], stats["helpful"]["avg"]) == (2, 0.5)
    assert stats["tone"]["values"] == {"kind": 1}
    points = list(client.list_feedback(run_ids=[root.id], feedback_key=["helpful"]))
    assert sorted(float(str(point.score)) for point in points) == [0.0, 1.0]
    client.update_feedback(points[0].id, score=1.0)
    client.delete_feedback(points[1].id)
    assert [point.key for point in client.list_feedback(run_ids=[root.id])] == ["tone", "helpful"]


def test_attachments_are_read_from_an_address_of_their_own(double: Double) -> None:
    @traceable
    def with_file() -> str:
        from langsmith import get_current_run_tree

        tree = get_current_run_tree()
        assert tree is not None
        files: Any = {"scan": ("text/plain", b"line 1\r\n--line 2\x00")}
        tree.attachments = files
        return "ok"

    client = double.client()
    with_file(langsmith_extra={"client": client, "project_name": "files"})
    client.flush()
    (run,) = client.list_runs(project_name="files")
    assert run.attachments is not None
    assert run.attachments["scan"]["reader"].read() == b"line 1\r\n--line 2\x00"


def test_projects_are_made_listed_and_deleted(double: Double) -> None:
    client = double.client()
    client.create_project("one", description="first", metadata={"k": "v"})
    record(client)
    assert {project.name for project in client.list_projects()} == {"one", "shop"}
    assert client.read_project(project_name="one").description == "first"
    shop = client.read_project(project_name="shop", include_stats=True)
    assert (shop.run_count, shop.total_tokens) == (3, 34)
    client.delete_project(project_name="shop")
    assert [project.name for project in client.list_projects()] == ["one"]
    with pytest.raises(Exception, match="not found"):
        client.read_project(project_name="shop")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"no json", "application/json"),
        (b'{"id": "7"}', "application/json"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"anything", "multipart/form-data"),
    ],
)
def test_what_is_no_run_is_refused_in_the_list_form(double: Double, body: bytes, content_type: str) -> None:
    path = "/runs/multipart" if "multipart" in content_type else "/runs"
    answer = double.call("POST", path, data=body, headers={"Content-Type": content_type})
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} <= answer.json()["detail"][0].keys()
