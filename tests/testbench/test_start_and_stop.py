"""The double as a program: what it announces, what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import requests

from testbench.langsmith.process import PROGRAM, start_double, stop_double

from .conftest import Double

EXPORT = Path(__file__).resolve().parents[2] / "examples" / "export"


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_announces_itself_once_all_is_up_and_leaves_no_process(tmp_path: Path) -> None:
    process, about = start_double(tmp_path, "--data", str(EXPORT))
    try:
        servers = children(process.pid)
        double = Double(about)
        assert {"langsmith", "api_key", "workspace_id", "gcs", "s3", "s3_access_key", "s3_secret_key"} < about.keys()
        assert [one["id"] for one in double.get("/api/v1/workspaces")] == [about["workspace_id"]]
        listed = {one["id"] for one in double.get("/api/v1/bulk-exports/destinations")}
        assert listed == {about["destinations"]["gcs"], about["destinations"]["s3"]}
        assert requests.get(about["s3"], timeout=5).status_code == 200
        assert requests.get(about["gcs"] + "/storage/v1/b", timeout=5).status_code == 200
        assert len(double.get("/api/v1/sessions")) == 6
    finally:
        status = stop_double(process)
    assert status == 0
    assert len(servers) == 2
    assert not any(map(is_running, servers))


def test_its_servers_end_with_it_when_it_is_killed(tmp_path: Path) -> None:
    process, _ = start_double(tmp_path)
    servers = children(process.pid)
    process.kill()
    process.wait(10)
    assert len(servers) == 2
    end = time.monotonic() + 10
    while any(map(is_running, servers)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_folder_that_cannot_be_read_ends_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps([{"id": "no uuid"}]), encoding="utf-8")
    done = subprocess.run([PROGRAM, "--data", tmp_path], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "runs.json" in done.stderr
    assert len(done.stderr.splitlines()) == 1
