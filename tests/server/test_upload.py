"""What a server takes, what it answers, and what it refuses."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import zstandard
from trajectory_sdk import _core
from trajectory_sdk.canonical import canonical_json

from .conftest import Serve, Server, trajectory

UPLOAD, KNOWN, EVENTS = "/api/v1/trajectories/upload", "/api/v1/trajectories/known", "/api/v1/telemetry/events"
CODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress, "identity": bytes}


def statuses(answer: Any) -> list[str]:
    return [item["status"] for item in answer["trajectories"]]


def hash_of(tree: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json({k: v for k, v in tree.items() if k != "telemetry"}).encode()).hexdigest()


def test_it_says_what_it_can(server: Server) -> None:
    told = requests.get(server.url + "/api/v1/info", timeout=10).json()
    assert told["name"] == "trajectory" and told["abilities"] == ["known-hashes", "native-records"]
    assert told["limits"]["batch"] == 1000 and told["compression"] == ["gzip", "zstd"]
    assert requests.get(server.url + "/health", timeout=10).json() == {"status": "ok"}


def test_equal_content_is_skipped_and_other_content_is_a_new_version(server: Server) -> None:
    one, two = trajectory("1", "ask", "answer", trace_id="t1"), trajectory("2", "ask")
    first = server.upload(one, two)
    assert (first["uploaded"], first["skipped"], first["errors"], statuses(first)) == (2, 0, [], ["uploaded"] * 2)
    assert [item["trace_id"] for item in first["trajectories"]] == ["t1", None]
    telemetry = {"source": "elsewhere", "data": {}}
    again = server.upload({**one, "telemetry": telemetry, "idx": 7, "error": None}, trajectory("2", "ask", "more"))
    assert statuses(again) == ["skipped", "uploaded"]
    assert [i["trajectory_id"] for i in again["trajectories"]] == [i["trajectory_id"] for i in first["trajectories"]]
    assert statuses(server.upload(two)) == ["uploaded"], "what was there once, but is not the latest, is a new version"
    assert statuses(server.upload(one, dataset="other")) == ["uploaded"]


def test_one_body_may_name_a_conversation_twice(server: Server) -> None:
    a, b = trajectory("1", "a"), trajectory("1", "b")
    assert statuses(server.upload(a, a, b, a)) == ["uploaded", "skipped", "uploaded", "uploaded"]


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_come_coded_and_in_chunks(server: Server, coding: str, chunked: bool) -> None:
    body = json.dumps({"dataset": "d", "trajectories": [trajectory("1", "x" * 100_000)]}).encode()
    coded = CODERS[coding](body)
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    data: Any = iter([coded[:7], coded[7:5000], coded[5000:]]) if chunked and len(coded) > 5000 else coded
    answer = server.ask("POST", UPLOAD, data=data, headers=headers)
    assert answer.status_code == 200 and answer.json()["uploaded"] == 1, answer.text


def test_native_records_are_what_their_contract_form_is(server: Server, run: Any, tmp_path: Path) -> None:
    export = Path(__file__).resolve().parents[1] / "data" / "truth"
    source = next(iter(sorted(export.rglob("*.parquet"))))
    run("import", source, "--out", tmp_path / "out", "--format", "jsonl", "--format", "json", "--quiet")
    lines = (tmp_path / "out" / "jsonl" / "trajectories.jsonl").read_bytes()
    saved = [json.loads(file.read_bytes()) for file in sorted((tmp_path / "out" / "json").glob("*.json"))]
    headers = {"Content-Type": "application/x-ndjson"}
    native = server.ask("POST", UPLOAD, params={"dataset": "n"}, data=lines, headers=headers).json()
    assert native["uploaded"] == len(saved) > 0
    assert statuses(server.upload(*saved, dataset="n")) == ["skipped"] * len(saved)
    for tree in saved:
        assert _core.upload_hash(json.dumps(tree).encode()) == hash_of(tree)


def test_known_hashes_are_told(server: Server) -> None:
    one, two = trajectory("1", "ask", trace_id="t"), trajectory("2", "ask")
    ids = [item["trajectory_id"] for item in server.upload(one, two)["trajectories"]]
    asked = [
        {"conversation_id": "0", "upload_hash": hash_of(one)},
        {"conversation_id": "1", "upload_hash": hash_of(one)},
        {"conversation_id": "2", "upload_hash": hash_of(one)},
        {"conversation_id": "2", "upload_hash": hash_of(two)},
    ]
    told = server.ask("POST", KNOWN, json={"dataset": "d", "trajectories": asked}).json()
    assert told["known"] == [
        {"request_index": 1, "trajectory_id": ids[0], "trace_id": "t"},
        {"request_index": 3, "trajectory_id": ids[1], "trace_id": None},
    ]
    assert server.ask("POST", KNOWN, json={"dataset": "none", "trajectories": asked}).json() == {"known": []}
    assert server.ask("POST", KNOWN, json={"dataset": "d", "trajectories": asked * 2501}).status_code == 413


def test_what_is_wrong_with_one_does_not_hinder_the_others(server: Server) -> None:
    wrong: list[Any] = [{"task": {}}, 5, {"task": {"conversation_id": "x"}, "steps": [{"messages": [1]}]}]
    told = server.upload(trajectory("1", "a"), *wrong, trajectory("2", "b"))
    assert statuses(told) == ["uploaded", "error", "error", "error", "uploaded"]
    assert "steps[0].messages[0]" in told["trajectories"][3]["error"]
    headers = {"Content-Type": "application/x-ndjson"}
    lines = b'{"conversation_id":"c","messages":[]}\n{"x":1}\n\nno json\n'
    told = server.ask("POST", UPLOAD, params={"dataset": "n"}, data=lines, headers=headers).json()
    assert statuses(told) == ["uploaded", "error", "error"]


DEEP = '{"dataset":"d","trajectories":[{"task":{"x":' + "[" * 1100 + "]" * 1100 + '},"steps":[]}]}'


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"", {}, 400, "JSON"),
        (b"[]", {}, 400, "no JSON object"),
        (b'{"dataset":"d","trajectories":[}', {}, 400, "invalid JSON"),
        (b'{"dataset":"d"}', {}, 400, "no list"),
        (b'{"trajectories":[]}', {}, 400, "name a dataset"),
        (b'{"dataset":"a\\nb","trajectories":[]}', {}, 400, "name a dataset"),
        (b'{"dataset":"d","trajectories":[' + b"{}," * 1000 + b"{}]}", {}, 413, "1000 trajectories"),
        (b"{}", {"Content-Type": "text/plain"}, 400, "Content-Type"),
        (b"{}", {"Content-Encoding": "br"}, 400, "Content-Encoding"),
        (b"{}", {"Content-Encoding": "gzip"}, 400, "not gzip"),
        (gzip.compress(b"{}")[:-4], {"Content-Encoding": "gzip"}, 400, "ends too early"),
        (zstandard.compress(b" " * (300 << 20)), {"Content-Encoding": "zstd"}, 413, "times its size"),
    ],
)
def test_a_body_that_cannot_be_read_stores_nothing(
    server: Server, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    told = server.ask("POST", UPLOAD, data=body, headers={"Content-Type": "application/json", **headers})
    assert told.status_code == status and says in told.json()["error"], told.text


def test_deep_json_is_refused_alone(server: Server) -> None:
    told = server.ask("POST", UPLOAD, data=DEEP, headers={"Content-Type": "application/json"})
    assert statuses(told.json()) == ["error"] and "deep" in told.json()["trajectories"][0]["error"]


def test_bodies_above_the_limit_are_refused_before_they_are_read(serve: Serve) -> None:
    server = serve("--max-body", "1MiB")
    big = {"dataset": "d", "trajectories": [trajectory("1", "x" * (2 << 20))]}
    assert server.ask("POST", UPLOAD, json=big).status_code == 413
    text = json.dumps(big).encode()
    headers = {"Content-Type": "application/json"}
    assert server.ask("POST", UPLOAD, data=iter([text[: 1 << 20], text[1 << 20 :]]), headers=headers).status_code == 413
    zipped = gzip.compress(text)
    assert server.ask("POST", UPLOAD, data=zipped, headers={**headers, "Content-Encoding": "gzip"}).status_code == 413
    assert server.upload(trajectory("1", "small"))["uploaded"] == 1


def test_events_are_stored_once(server: Server) -> None:
    good = {"event_id": "e1", "event_type": "t", "session_id": "s", "timestamp": "2026-11-29T10:00:00+00:00"}
    body = {"events": [good, {**good, "event_id": "e2", "properties": {"a": 1}}, {**good, "event_type": " "}, 5]}
    told = server.ask("POST", EVENTS, json=body).json()
    assert (told["accepted"], told["skipped"], told["refused"]) == (2, 0, 2)
    assert [error["request_index"] for error in told["errors"]] == [2, 3]
    assert server.ask("POST", EVENTS, json={"events": [good]}).json()["skipped"] == 1
    assert server.ask("POST", EVENTS, json={"events": [good] * 1001}).status_code == 413
