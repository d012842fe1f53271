"""A Python process that is killed or interrupted while it imports from LangSmith is gone on with by the same call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import QUERY, Live, Sdk, wait_until

TRACES = 230
EXPORTS = "/api/v1/bulk-exports"

PROGRAM = """
import sys
import trajectory_sdk as tj

route, out, destination = sys.argv[1:]
tj.init(provider="langsmith", project_id="shop", destination_id=destination)
result = tj.import_conversations(bulk=True, route=route, out=out)
print(len(result), result.report.rows_read)
"""


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", TRACES, start="2026-11-01T10:00:00Z")
    return "shop"


def start(live: Live, route: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, route, str(live.folder / "out"), str(live.about["destinations"]["s3"])]
    return subprocess.Popen(
        command, env=live.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=live.folder
    )


def finish(live: Live, process: subprocess.Popen[str], status: int) -> str:
    out, err = process.communicate(timeout=120)
    live.written += [out, err]
    assert process.returncode == status, err
    return err


@pytest.mark.parametrize("calls", [2, 6, 11])
def test_queries_go_on_after_a_kill(live: Live, sdk: Sdk, shop: str, calls: int) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.control("POST", "/_testbench/reset", {})
    live.fault(QUERY, "delay", times=calls, seconds=0.05)
    live.fault(QUERY, "delay", skip=calls, times=8, seconds=1.5)
    process = start(live, "api")
    wait_until(lambda: len(live.calls(QUERY)) >= calls or process.poll() is not None)
    finished = len(list(live.folder.glob(".local/state/trajectory/*/answers/*.json")))
    process.kill()
    finish(live, process, -signal.SIGKILL)
    assert not (live.folder / "out").exists()
    assert len(sdk.states()) == 1
    assert sdk.states()[0].stat().st_mode & 0o077 == 0
    live.control("DELETE", "/_testbench/faults")
    live.control("POST", "/_testbench/reset", {})
    finish(live, start(live, "api"), 0)
    assert live.records("out") == calm
    assert sdk.states() == []
    asked = {call["body"] for call in live.calls(QUERY) if "in(trace_id" in call["body"]}
    assert len({json.loads(body)["filter"] for body in asked}) <= -(-TRACES // 50) - finished


def test_an_export_is_gone_on_with_after_a_kill(live: Live, sdk: Sdk, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.set(exports={"running_seconds": 4.0})
    process = start(live, "bulk")
    wait_until(lambda: live.control("GET", EXPORTS) or process.poll() is not None)
    process.kill()
    finish(live, process, -signal.SIGKILL)
    finish(live, start(live, "bulk"), 0)
    assert live.records("out") == calm
    assert len(live.control("GET", EXPORTS)) == 1
    assert sdk.states() == []


def test_ctrl_c_ends_an_import_and_says_what_goes_on(live: Live, sdk: Sdk, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.set(exports={"running_seconds": 6.0})
    process = start(live, "bulk")
    wait_until(lambda: any("destinations" not in call["path"] for call in live.calls(EXPORTS + "/*", "GET")))
    process.send_signal(signal.SIGINT)
    said = finish(live, process, -signal.SIGINT)
    assert "KeyboardInterrupt" in said
    assert "the export goes on in LangSmith; the same import picks it up" in said
    assert not Path(live.folder / "out").exists()
    finish(live, start(live, "bulk"), 0)
    assert live.records("out") == calm
    assert len(live.control("GET", EXPORTS)) == 1


def test_ctrl_c_ends_queries_at_once(live: Live, sdk: Sdk, shop: str) -> None:
    live.fault(QUERY, "delay", skip=3, times=1, seconds=30)
    process = start(live, "api")
    wait_until(lambda: len(live.calls(QUERY)) >= 3)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in finish(live, process, -signal.SIGINT)
    live.control("DELETE", "/_testbench/faults")
    finish(live, start(live, "api"), 0)
