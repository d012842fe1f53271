"""The client and our own server: what is there is not sent again, and records go with each message once."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from server.conftest import Server
from trajectory_sdk import api

from .conftest import built, record
from .relay import Relay


@pytest.fixture
def ready(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server; `init` was called for it."""
    monkeypatch.setenv("TRAJECTORY_API_KEY", "any")
    monkeypatch.setenv("TRAJECTORY_BASE_URL", server.url)
    tj.init(project_id="p")
    yield server
    api._State.config = None


def with_steps(folder: Path) -> int:
    """How many trajectories of a dataset are uploaded."""
    return sum(bool(trajectory.steps) for trajectory in tj.load(folder))


def counts(result: dict[str, Any]) -> tuple[int, int, int, int]:
    return (result["uploaded"], result["client_skipped"], result["backend_skipped"], result["batches"])


def test_what_is_there_is_not_sent_again(ready: Server, dataset: Path) -> None:
    handles = tj.load(dataset / "parquet")
    mixed = [built(1), *handles, built(2), dataclasses.replace(built(3), steps=[])]
    number = with_steps(dataset / "parquet") + 2
    first = tj.upload(mixed, "d")
    assert counts(first)[:3] == (number, len(mixed) - number, 0)
    again = tj.upload(mixed, "d")
    assert counts(again) == (0, len(mixed) - number, number, 0)
    ids = [item["trajectory_id"] for item in first["trajectories"]]
    assert [item["trajectory_id"] for item in again["trajectories"]] == ids
    sent = [place for place, trajectory in enumerate(mixed) if trajectory.steps]
    assert [item["request_index"] for item in again["trajectories"]] == sent
    assert {item["status"] for item in again["trajectories"]} == {"skipped"}


def test_only_what_changed_is_sent_as_a_new_version(ready: Server) -> None:
    trajectories = [built(number) for number in range(50)]
    first = tj.upload(trajectories, "d")
    trajectories[7] = dataclasses.replace(trajectories[7], error="it went wrong")
    again = tj.upload(trajectories, "d")
    assert counts(again) == (1, 0, 49, 1)
    changed = again["trajectories"][7]
    assert (changed["status"], changed["trajectory_id"]) == ("uploaded", first["trajectories"][7]["trajectory_id"])
    assert counts(tj.upload(trajectories, "d")) == (0, 0, 50, 0)


def test_every_form_of_the_same_content_is_the_same(ready: Server, dataset: Path) -> None:
    """Handles, datasets, JSON lines, looked-at objects, copies and saved files."""
    whole = tj.open(dataset / "parquet")
    number = with_steps(dataset / "parquet")
    empty = len(whole) - number
    assert counts(tj.upload(whole, "d"))[:3] == (number, empty, 0)
    handles = tj.load(dataset / "parquet")
    assert counts(tj.upload(handles, "d")) == (0, empty, number, 0)
    assert not any("steps" in handle.__dict__ for handle in handles), "no Python objects were made"
    looked_at = tj.load(dataset / "parquet")
    assert sum(bool(trajectory.steps) for trajectory in looked_at) == number
    copies = [tj.Trajectory(**{f.name: getattr(t, f.name) for f in dataclasses.fields(t)}) for t in looked_at]
    for form in (whole, looked_at, copies, tj.open(dataset / "lines.jsonl")):
        assert counts(tj.upload(form, "d")) == (0, empty, number, 0)


def run(program: Path, server: Server, *arguments: object, status: int = 0) -> Any:
    environment = {**os.environ, "TRAJECTORY_API_KEY": "any", "TRAJECTORY_BASE_URL": server.url}
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == status, done.stderr
    return done


def test_the_program_uploads_every_form(program: Path, server: Server, dataset: Path) -> None:
    number = with_steps(dataset / "parquet")
    empty = len(tj.open(dataset / "parquet")) - number
    first = run(program, server, "upload", dataset / "parquet", "--dataset", "d")
    assert f"uploaded {number} trajectories to d" in first.stderr
    for path in ("parquet", "json", "lines.jsonl", "."):
        again = json.loads(run(program, server, "upload", dataset / path, "--dataset", "d", "--json").stdout)
        assert counts(again) == (0, empty, number, 0), path
    both = run(program, server, "upload", dataset / "json", dataset / "parquet", "--dataset", "other", "--json")
    assert counts(json.loads(both.stdout))[0] + counts(json.loads(both.stdout))[2] == 2 * number


def test_the_program_says_what_it_cannot_upload(program: Path, server: Server, tmp_path: Path) -> None:
    missing = run(program, server, "upload", tmp_path / "no", "--dataset", "d", status=1)
    assert "no such dataset or folder" in missing.stderr
    (tmp_path / "empty").mkdir()
    empty = run(program, server, "upload", tmp_path / "empty", "--dataset", "d", status=1)
    assert "nothing to upload" in empty.stderr
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRAJECTORY_")}
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "none")
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(record("c", "ask", "answer")) + "\n")

    def upload(path: Path, *options: str, given: str = "") -> tuple[int, str]:
        command = [str(program), "upload", str(path), "--dataset", "d", *options]
        done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False)
        return done.returncode, done.stderr

    status, told = upload(file)
    assert status == 2 and "TRAJECTORY_API_KEY" in told
    status, told = upload(tmp_path / "no")
    assert status == 1 and "no such dataset or folder" in told, "the path comes before the key"
    config = tmp_path / "config"
    config.write_text(f"TRAJECTORY_API_KEY=any\nTRAJECTORY_BASE_URL={server.url}\n")
    config.chmod(0o644)
    status, told = upload(file, "--config", str(config))
    assert status == 2 and "can be read by others" in told
    config.chmod(0o600)
    assert upload(file, "--config", str(config))[0] == 0
    status, told = upload(file, "--base-url", server.url, "--key-stdin", given="any\n")
    assert status == 0 and "1 were there already" in told


def test_records_go_with_each_message_once_and_compressed(ready: Server, tmp_path: Path) -> None:
    """Forty steps repeat the history; what goes over the wire does not."""
    turns = [f"{at} " + os.urandom(500).hex() for at in range(40)]
    (tmp_path / "one.jsonl").write_text(json.dumps(record("long", *turns)) + "\n")
    with Relay(ready.url) as relay:
        tj.init(project_id="p", base_url=relay.url)
        assert counts(tj.upload(tj.open(tmp_path / "one.jsonl"), "d")) == (1, 0, 0, 1)
    text = sum(len(turn) for turn in turns)
    assert text / 3 < relay.sent < text, "random digits shrink to half at most"


def test_a_killed_upload_goes_on_with_the_rest(program: Path, server: Server, tmp_path: Path) -> None:
    number = 6000
    file = tmp_path / "records.jsonl"
    with file.open("w") as out:
        for at in range(number):
            out.write(json.dumps(record(f"c{at}", f"{at} " + os.urandom(300).hex())) + "\n")
    command = [str(program), "upload", str(file), "--dataset", "d", "--base-url", server.url, "--quiet"]
    environment = {**os.environ, "TRAJECTORY_API_KEY": "any"}
    process = subprocess.Popen(command, env=environment)
    while process.poll() is None and stored(server) == 0:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = stored(server)
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["uploaded"] + result["backend_skipped"] == number
    assert result["backend_skipped"] >= before > 0, "what was taken is not sent again"
    again = json.loads(
        subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment, check=True).stdout
    )
    assert counts(again) == (0, 0, number, 0)


def stored(server: Server) -> int:
    """How many trajectories are there."""
    with closing(sqlite3.connect(f"file:{server.data / 'catalog.db'}?mode=ro", uri=True)) as catalog:
        (number,) = catalog.execute("SELECT count(*) FROM trajectories").fetchone()
    return int(number)


def test_events_are_pushed_and_tied_to_their_trajectory(ready: Server, program: Path, tmp_path: Path) -> None:
    trace = tj.start_trace()
    trace.event("click", {"at": 1})
    trajectory = trace.build_trajectory([tj.Message("user", "hello")], data_source="test")
    result = tj.upload_trace(trajectory, trace.events, "d")
    assert result["push"] == tj.PushResult(pushed=1)
    assert result["events"][0].trajectory_id == result["upload"]["trajectories"][0]["trajectory_id"]
    assert tj.push_events(result["events"]).pushed == 1, "again, without effect"
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event.to_api_dict()) + "\n" for event in result["events"]) + '{"a": 1}\n')
    done = run(program, ready, "events", "push", file, status=3)
    assert "pushed 1 event" in done.stderr and "Event 1: event_type is required" in done.stderr
    odd = [tj.TelemetryEvent("a", "s", timestamp=time) for time in ("2026-W01-1", "20260101T101010")]
    pushed = tj.push_events([*odd, tj.TelemetryEvent("a", "s", event_id="")])
    assert (pushed.pushed, pushed.skipped) == (2, 1) and "Event 2: the platform refuses it: event_id" in pushed.errors[
        0
    ]
    file.write_text(json.dumps([event.to_api_dict() for event in result["events"]]))
    assert json.loads(run(program, ready, "events", "push", file, "--json").stdout)["pushed"] == 1
