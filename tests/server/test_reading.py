"""The reading interface: what was uploaded is found, shown, counted, exported and removed."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Serve, Server, Tree, trajectory
from .document import Document

TRUTH = Path(__file__).resolve().parents[1] / "data" / "truth"
DAY = "2026-11-{:02d}T10:00:00.000000Z"


@pytest.fixture
def api(server: Server) -> Document:
    return Document(server.get("/api/v1/openapi.json"))


def rich(number: int) -> Tree:
    """A trajectory that every filter can tell from its neighbours."""
    call = {"name": f"tool{number % 2}", "arguments": {"n": number}, "id": "c"}
    messages = [
        {"role": "user", "content": f"please find number {number}", "metadata": {"time": DAY.format(number + 1)}},
        {"role": "assistant", "tool_calls": [call], "metadata": {"model": f"model{number % 3}"}, "usage": {}},
        {"role": "tool", "tool_response": {"id": "c", "name": call["name"], "arguments": {}, "response": "wörd"}},
        {"role": "assistant", "content": "the quick brown fox", "metadata": {"model": f"model{number % 3}"}},
    ]
    return {
        "task": {
            "id": f"src:{number}",
            "data_source": f"src{number % 2}",
            "conversation_id": f"c{number}",
            "total_tokens": 100 * number,
        },
        "steps": [{"messages": messages[: at + 1]} for at in (0, 2, 3)],
        "reward": {"aggregated_value": number / 10, "aggregation_method": "mean", "components": []},
        "error": "broke" if number == 7 else None,
        "trace_id": f"trace{number}",
        "telemetry": {"source": "t", "data": {"tags": ["all", f"tag{number}"]}},
    }


def searchable(server: Server, dataset: str = "d") -> None:
    """Waits until the search knows everything."""
    deadline = time.monotonic() + 30
    while server.get("/api/v1/trajectories", dataset=dataset, q="x")["not_indexed"] > 0:
        assert time.monotonic() < deadline


def found(server: Server, **filters: Any) -> list[str]:
    answer = server.get("/api/v1/trajectories", dataset="d", limit=1000, **filters)
    return [item["conversation_id"] for item in answer["trajectories"]]


def test_filters_and_words_find_what_they_say(server: Server) -> None:
    server.upload(*map(rich, range(10)))
    everything = [f"c{n}" for n in reversed(range(10))]
    assert found(server) == everything, "the latest upload comes first"
    assert found(server, source="src0") == ["c8", "c6", "c4", "c2", "c0"]
    assert found(server, model="model1", tool="tool1") == ["c7", "c1"]
    assert found(server, tag=["all", "tag3"]) == ["c3"]
    assert found(server, tag="none") == []
    assert found(server, error="true") == ["c7"] and "c7" not in found(server, error="false")
    assert found(server, reward_min=0.3, reward_max=0.5) == ["c5", "c4", "c3"]
    assert found(server, tokens_min=800) == ["c9", "c8"] and found(server, tokens_max=100) == ["c1", "c0"]
    assert found(server, since=DAY.format(4), until=DAY.format(6)) == ["c4", "c3"]
    assert found(server, trace_id="trace2") == found(server, conversation_id="c2") == ["c2"]
    searchable(server)
    assert found(server, q="number 7") == ["c7"]
    assert found(server, q='"quick brown"') == everything and found(server, q='"brown quick"') == []
    assert found(server, q="WORD", tool="tool0", error="false") == ["c8", "c6", "c4", "c2", "c0"]
    assert found(server, q="qui*", tokens_min=900) == ["c9"]
    assert found(server, q="') OR 1=1 --") == [] and found(server, q="NEAR(a b) AND NOT ^") == []


def test_pages_go_on_where_they_ended_while_others_upload(server: Server) -> None:
    server.upload(*(trajectory(f"c{n}", "x") for n in range(25)))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = server.get("/api/v1/trajectories", dataset="d", limit=10, **cursor)
        seen += [item["conversation_id"] for item in page["trajectories"]]
        server.upload(trajectory(f"new{len(seen)}", "x"))
        cursor = {"cursor": page["next"]} if page["next"] else {}
    assert seen == [f"c{n}" for n in reversed(range(25))] and not cursor


def test_versions_of_a_dataset_stay_readable_and_differ_as_told(server: Server) -> None:
    server.upload(trajectory("a", "1"), trajectory("b", "1"))
    server.upload(trajectory("a", "2"), trajectory("b", "1"), trajectory("c", "1"))
    server.upload(trajectory("a", "2"))
    versions = server.get("/api/v1/versions", dataset="d")["versions"]
    assert [(v["number"], v["added"], v["changed"]) for v in versions] == [(2, 1, 1), (1, 2, 0)]
    assert (found(server, version=1), found(server, version=2)) == (["b", "a"], ["c", "a", "b"])
    assert found(server, version=0) == []
    told = server.get("/api/v1/diff", dataset="d", **{"from": 1, "to": 2})["differences"]
    assert [(d["conversation_id"], d["change"], d["before"], d["after"]) for d in told] == [
        ("a", "changed", 1, 2),
        ("c", "added", None, 1),
    ]
    first = server.get("/api/v1/trajectories", dataset="d", version=1)["trajectories"][1]
    both = server.get(f"/api/v1/trajectories/{first['trajectory_id']}/versions")["versions"]
    assert [(v["number"], v["added_in"], v["replaced_in"]) for v in both] == [(2, 2, None), (1, 1, 2)]
    old = server.get(f"/api/v1/trajectories/{first['trajectory_id']}", number=1)
    assert old["record"]["messages"][0]["content"] == "1"
    assert server.ask("GET", "/api/v1/diff", params={"dataset": "d", "from": 2, "to": 9}).status_code == 404


def upload_truth(server: Server, run: Any, folder: Path, dataset: str) -> list[Tree]:
    """Imports example traces that have sub-agents and alternatives; their records as they were uploaded."""
    records: list[Tree] = []
    for number, source in enumerate(sorted(TRUTH.rglob("*.parquet"))):
        out = folder / f"out{number}"
        run("import", source, "--out", out, "--format", "jsonl", "--quiet", status=0)
        lines = (out / "trajectories.jsonl").read_bytes()
        records += [json.loads(line) for line in lines.splitlines()]
        headers = {"Content-Type": "application/x-ndjson"}
        answer = server.ask(
            "POST", "/api/v1/trajectories/upload", params={"dataset": dataset}, data=lines, headers=headers
        ).json()
        assert answer["uploaded"] + answer["skipped"] == len(lines.splitlines()), answer["message"]
    return records


def test_a_native_trajectory_is_shown_whole_and_by_windows(
    server: Server, run: Any, tmp_path: Path, api: Document
) -> None:
    records = upload_truth(server, run, tmp_path, "n")
    by_name = {r["conversation_id"]: r for r in records}
    rows = server.get("/api/v1/trajectories", dataset="n", limit=1000)["trajectories"]
    assert {row["conversation_id"] for row in rows} == set(by_name)
    kinds = set()
    for row in rows:
        base, record = f"/api/v1/trajectories/{row['trajectory_id']}", by_name[row["conversation_id"]]
        whole = server.get(base)
        api.check("get", "/api/v1/trajectories/{id}", 200, whole)
        assert whole["record"] == record
        lines = server.get(base + "/lines")
        api.check("get", "/api/v1/trajectories/{id}/lines", 200, lines)
        kinds |= {line["kind"] for line in lines["lines"]}
        shown: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = server.get(base + "/messages", limit=2, **cursor)
            api.check("get", "/api/v1/trajectories/{id}/messages", 200, page)
            shown += page["messages"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert shown == record["messages"] and page["total"] == len(shown)
        calls = server.get(base + "/calls", limit=1000)
        api.check("get", "/api/v1/trajectories/{id}/calls", 200, calls)
        assert calls["calls"] == record["calls"]
        for line in lines["lines"]:
            window = server.get(base + "/messages", line=line["id"], limit=1000)
            assert window["total"] == line["messages"]
    assert {"main", "subagent", "alternative"} <= kinds


def test_a_trajectory_in_the_contracts_form_is_shown_as_a_record(server: Server) -> None:
    sent = rich(3)
    told = server.upload(sent)["trajectories"][0]
    shown = server.get(f"/api/v1/trajectories/{told['trajectory_id']}", contract="true")
    record = shown["record"]
    assert [m["role"] for m in record["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert [(c["context"], c["answer"], c["model"]) for c in record["calls"]] == [
        ([[0, 1]], 1, "model0"),
        ([[0, 3]], 3, "model0"),
    ]
    pool = record["contract"]["messages"]
    assert [s["messages"] for s in record["contract"]["steps"]] == [[[0, 1]], [[0, 3]], [[0, 4]]]
    assert pool == sent["steps"][-1]["messages"]
    assert {k: v for k, v in record["contract"].items() if k not in ("messages", "steps")} == {
        k: v for k, v in sent.items() if k != "steps"
    }
    row = shown["trajectory"]
    assert (row["title"], row["tokens"], row["reward"], row["messages"]) == ("please find number 3", 300, 0.3, 4)


def test_events_of_a_trajectory_come_by_time_and_by_pages(server: Server, api: Document) -> None:
    told = server.upload(trajectory("1", "x", trace_id="t"))["trajectories"][0]
    events = [
        {"event_id": f"e{n}", "event_type": "k", "session_id": "s", "timestamp": DAY.format(30 - n // 2), **extra}
        for n, extra in enumerate(
            [{"trace_id": "t"}, {"trajectory_id": told["trajectory_id"]}] * 3 + [{"trace_id": "u"}]
        )
    ]
    assert server.ask("POST", "/api/v1/telemetry/events", json={"events": events}).json()["accepted"] == 7
    path = f"/api/v1/trajectories/{told['trajectory_id']}/events"
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while len(seen) < 6:
        page = server.get(path, limit=4, **cursor)
        api.check("get", "/api/v1/trajectories/{id}/events", 200, page)
        seen += [event["event_id"] for event in page["events"]]
        cursor = {"cursor": page["next"] or ""}
    assert seen == ["e4", "e5", "e2", "e3", "e0", "e1"] and page["next"] is None
    assert server.ask("GET", path, params={"cursor": "x"}).status_code == 400


def test_figures_add_up(server: Server, api: Document) -> None:
    server.upload(*map(rich, range(10)))
    figures = server.get("/api/v1/figures", dataset="d")
    api.check("get", "/api/v1/figures", 200, figures)
    assert (figures["count"], figures["failed"], figures["tokens"]) == (10, 1, 4500)
    assert [(d["day"], d["count"]) for d in figures["days"]] == [(f"2026-11-{n:02d}", 1) for n in range(1, 11)]
    assert figures["labels"]["models"] == [{"name": f"model{n}", "count": count} for n, count in enumerate((4, 3, 3))]
    assert {t["from"]: t["count"] for t in figures["tokens_histogram"]} == {0: 1, 64: 1, 128: 1, 256: 3, 512: 4}
    assert server.get("/api/v1/figures", dataset="d", tool="tool1")["count"] == 5


def test_a_selection_is_exported_in_every_format(server: Server, run: Any, tmp_path: Path) -> None:
    server.upload(*map(rich, range(10)))
    selection = {"dataset": "d", "tool": "tool1"}
    expected = ["c9", "c7", "c5", "c3", "c1"]
    lines = server.ask("GET", "/api/v1/export", params=selection)
    records = [json.loads(line) for line in lines.content.splitlines()]
    assert [record["conversation_id"] for record in records] == expected
    parquet = server.ask("GET", "/api/v1/export", params={**selection, "format": "parquet"}).content
    table = pq.read_table(io.BytesIO(parquet))
    assert table.column("conversation_id").to_pylist() == expected
    arrow = server.ask("GET", "/api/v1/export", params={**selection, "format": "arrow"}).content
    assert pa.ipc.open_stream(arrow).read_all().equals(table)
    again = server.ask(
        "POST",
        "/api/v1/trajectories/upload",
        params={"dataset": "d"},
        data=lines.content,
        headers={"Content-Type": "application/x-ndjson"},
    ).json()
    assert again["skipped"] == 5, "what was exported is what is there"
    file = tmp_path / "exported.jsonl"
    file.write_bytes(lines.content)
    run("convert", file, "--out", tmp_path / "dataset", "--quiet")
    empty = server.ask("GET", "/api/v1/export", params={"dataset": "d", "tag": "none", "format": "parquet"}).content
    assert pq.read_table(io.BytesIO(empty)).num_rows == 0


def test_an_export_holds_what_was_there_when_it_began(server: Server) -> None:
    text = "word " * 20_000  # so that the answer does not fit into what a socket holds
    for at in range(0, 400, 100):
        server.upload(*(trajectory(f"c{n}", f"first {n} {text}") for n in range(at, at + 100)))
    parameters = {"dataset": "d", "format": "jsonl"}
    with server.ask("GET", "/api/v1/export", params=parameters, stream=True) as answer:
        lines = answer.iter_lines()
        records = [json.loads(next(lines))]
        server.upload(*(trajectory(f"c{n}", "second") for n in range(200)))
        assert server.ask("DELETE", "/api/v1/conversations", params={"conversation_id": "c200"}).status_code == 200
        records += map(json.loads, lines)
    contents = {record["conversation_id"]: record["messages"][0]["content"] for record in records}
    assert len(records) == len(contents)
    assert set(contents) == {f"c{n}" for n in range(400) if n != 200}
    assert all(content.startswith("first") for content in contents.values())
    assert server.ask("GET", "/api/v1/export", params={**parameters, "version": 99}).status_code == 404


def test_a_removed_conversation_is_nowhere(serve: Serve, run: Any, tmp_path: Path) -> None:
    server = serve()
    secret = "xylophone" + "".join(f" {n * 7919}" for n in range(60_000))
    server.upload(trajectory("gone", secret, trace_id="t"), trajectory("stays", "xylophone"))
    told = server.upload(trajectory("gone", secret, "more"))["trajectories"][0]
    server.upload(trajectory("gone", secret), dataset="other")
    event = {"event_id": "e", "event_type": "xylophone", "session_id": "s", "timestamp": DAY.format(1)}
    server.ask("POST", "/api/v1/telemetry/events", json={"events": [{**event, "trajectory_id": told["trajectory_id"]}]})
    searchable(server)
    assert found(server, q="xylophone") == ["gone", "stays"]
    answer = server.ask("DELETE", "/api/v1/conversations", params={"conversation_id": "gone"})
    assert answer.json() == {"removed": 3}
    assert found(server, q="xylophone") == found(server) == ["stays"]
    assert server.ask("GET", f"/api/v1/trajectories/{told['trajectory_id']}").status_code == 404
    assert server.get("/api/v1/datasets")["datasets"][0]["conversations"] == 1
    assert server.ask("DELETE", "/api/v1/conversations", params={"conversation_id": "gone"}).status_code == 404
    assert server.stop() == 0
    assert not list((tmp_path / "data" / "payloads").rglob("*.zst"))
    run("check", tmp_path / "data")
    for file in (tmp_path / "data").glob("catalog.db*"):
        assert b"7919 15838" not in file.read_bytes()


def test_every_operation_answers_as_the_document_says(server: Server, api: Document) -> None:
    server.upload(*map(rich, range(3)))
    server.upload(trajectory("c1", "other"))
    one = server.get("/api/v1/trajectories", dataset="d")["trajectories"][0]["trajectory_id"]
    questions: dict[str, dict[str, Any]] = {
        "/health": {},
        "/api/v1/info": {},
        "/api/v1/openapi.json": {},
        "/api/v1/datasets": {},
        "/api/v1/versions": {"dataset": "d", "limit": 1},
        "/api/v1/diff": {"dataset": "d", "from": 0, "to": 2, "limit": 2},
        "/api/v1/trajectories": {"dataset": "d", "q": "number"},
        "/api/v1/figures": {"dataset": "d"},
        **{
            f"/api/v1/trajectories/{{id}}{rest}": {}
            for rest in ("", "/versions", "/lines", "/messages", "/calls", "/events")
        },
    }
    for path, parameters in questions.items():
        api.check("get", path, 200, server.get(path.replace("{id}", one), **parameters))
    for path in ("/api/v1/trajectories", "/api/v1/versions", "/api/v1/figures", "/api/v1/export"):
        for parameters, status in (({}, 400), ({"dataset": "none"}, 404)):
            wrong = server.ask("GET", path, params=parameters)
            assert wrong.status_code == status, wrong.text
            api.check("get", path, status, wrong.json())
    for path, body in (
        ("upload", {"dataset": "d", "trajectories": [rich(1), 5]}),
        ("known", {"dataset": "d", "trajectories": [{}]}),
    ):
        answer = server.ask("POST", f"/api/v1/trajectories/{path}", json=body)
        api.check("post", f"/api/v1/trajectories/{path}", answer.status_code, answer.json())
    answer = server.ask("POST", "/api/v1/telemetry/events", json={"events": [{}]})
    api.check("post", "/api/v1/telemetry/events", answer.status_code, answer.json())
    answer = server.ask("DELETE", "/api/v1/conversations", params={"conversation_id": "c1"})
    api.check("delete", "/api/v1/conversations", answer.status_code, answer.json())
    assert api.used == api.operations()


def test_the_reference_names_every_operation_and_filter(api: Document) -> None:
    page = (TRUTH.parents[2] / "docs" / "platform" / "api.md").read_text()
    for method, path in api.operations():
        assert f"`{method.upper()} {path}`" in page
        for parameter in api.document["paths"][path][method].get("parameters", ()):
            assert f"`{parameter['name']}`" in page, parameter["name"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "x"},
        {"cursor": "x"},
        {"error": "1"},
        {"since": "x"},
        {"reward_min": "x"},
    ],
)
def test_a_wrong_parameter_is_named(server: Server, parameters: dict[str, str]) -> None:
    server.upload(trajectory("1", "x"))
    answer = server.ask("GET", "/api/v1/trajectories", params={"dataset": "d", **parameters})
    assert answer.status_code == 400 and next(iter(parameters)) in answer.json()["error"]
