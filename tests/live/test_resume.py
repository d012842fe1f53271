"""A process killed at any moment is gone on with: nothing finished is done again, and the bytes are the same."""

from __future__ import annotations

import json
import time

import pytest

from .conftest import QUERY, Live, wait_until

TRACES = 230


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", TRACES, start="2026-11-01T10:00:00Z")
    return "shop"


def asked_traces(live: Live) -> list[str]:
    """The trace filters of the queries that were answered whole."""
    return [
        body["filter"]
        for call in live.calls(QUERY)
        if call["status"] == 200 and "in(trace_id" in (body := json.loads(call["body"])).get("filter", "")
    ]


@pytest.mark.parametrize("calls", [1, 3, 5, 7, 9, 12, 16])
def test_queries_go_on_after_a_kill(live: Live, shop: str, calls: int) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.control("POST", "/_testbench/reset", {})
    live.fault(QUERY, "delay", times=calls, seconds=0.05)
    live.fault(QUERY, "delay", skip=calls, times=8, seconds=1.5)
    arguments = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", "api")
    process = live.start(*arguments)
    wait_until(lambda: len(live.calls(QUERY)) >= calls or process.poll() is not None)
    time.sleep(0.1)
    process.kill()
    process.communicate()
    assert not (live.folder / "out").exists()
    live.control("DELETE", "/_testbench/faults")
    live.run(*arguments)
    assert live.records("out") == calm
    assert not list((live.folder / ".local/state/trajectory").iterdir())


def test_finished_batches_are_not_asked_for_again(live: Live, shop: str) -> None:
    arguments = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", "api")
    live.fault(QUERY, "answer", skip=20, times=400, status=400, body={"detail": "no more today"})
    done = live.run(*arguments, status=1)
    assert "no more today" in done.stderr
    live.control("DELETE", "/_testbench/faults")
    state = next((live.folder / ".local/state/trajectory").iterdir())
    finished = len(list((state / "answers").glob("*.json")))
    assert finished > 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in [state, *state.rglob("*")])
    live.control("POST", "/_testbench/reset", {})
    live.run(*arguments)
    assert len(set(asked_traces(live))) == -(-TRACES // 50) - finished
    assert not any(json.loads(call["body"]).get("is_root") for call in live.calls(QUERY)[1:])


@pytest.mark.parametrize("state", ["listing", "ordered", "running"])
def test_an_export_is_gone_on_with_after_a_kill(live: Live, shop: str, state: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.control("POST", "/_testbench/reset", {})
    live.set(exports={"running_seconds": 3.0})
    if state == "ordered":
        # The order arrives, and its answer breaks off: it is on its way when the process ends.
        live.fault("/api/v1/bulk-exports", "stall", method="POST", bytes=5, seconds=3)
    else:
        live.fault(QUERY, "delay", skip=3, seconds=0.5)
    arguments = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *live.bulk())
    process = live.start(*arguments)
    path = {"listing": QUERY, "ordered": "/api/v1/bulk-exports", "running": "/api/v1/bulk-exports/*"}[state]
    method = "GET" if state == "running" else "POST"
    if state == "ordered":
        wait_until(lambda: live.control("GET", "/api/v1/bulk-exports"))
    else:
        wait_until(lambda: len(live.calls(path, method)) >= (2 if state == "listing" else 3))
    process.kill()
    process.communicate()
    live.run(*arguments)
    assert live.records("out") == calm
    assert len(live.control("GET", "/api/v1/bulk-exports")) == 1


def test_two_processes_do_not_share_one_import(live: Live, shop: str) -> None:
    live.fault(QUERY, "delay", skip=3, times=1, seconds=3)
    arguments = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", "api")
    first = live.start(*arguments)
    wait_until(lambda: len(live.calls(QUERY)) >= 3)
    second = live.run(*arguments, status=1)
    assert "another process is at the same import" in second.stderr
    assert "--force" not in second.stderr
    _, err = first.communicate(timeout=60)
    assert first.returncode == 0, err


def test_a_state_folder_is_not_taken_from_another_import(live: Live, shop: str) -> None:
    state = live.folder / "state"
    live.fault(QUERY, "answer", skip=6, times=100, status=400, body="stop")
    common = ("--route", "api", "--state", str(state))
    live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *common, status=1)
    live.control("DELETE", "/_testbench/faults")
    other = live.run(
        "import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *common, "--limit", "1", status=2
    )
    assert "belongs to another import" in other.stderr


@pytest.mark.parametrize("beside", [[], ["lock"], ["journal.db"], ["answers"]])
def test_a_folder_with_files_of_ones_own_is_no_state_folder(live: Live, shop: str, beside: list[str]) -> None:
    full = live.folder / "full"
    full.mkdir()
    for name in ("precious", *beside):
        (full / name).write_text("")
    refused = live.run(
        "import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--state", str(full), status=2
    )
    assert "is no state folder" in refused.stderr
    assert sorted(path.name for path in full.iterdir()) == sorted(["precious", *beside])


def test_a_damaged_journal_is_told(live: Live, shop: str) -> None:
    state = live.folder / "state"
    state.mkdir()
    (state / "journal.db").write_bytes(b"no database" * 1000)
    out = str(live.folder / "out")
    done = live.run("import", f"langsmith://{shop}", "--out", out, "--state", str(state), status=1)
    assert done.stderr == f"trajectory: the journal is damaged: remove the folder to begin anew ({state})\n"
