"""The unmodified release 0.5.3, in an environment of its own, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from compat.release import release_python

from .conftest import Server


def test_the_release_uploads_and_gets_its_answers(server: Server) -> None:
    script = Path(__file__).with_name("release_upload.py")
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TRAJECTORY_API_KEY")
    }
    done = subprocess.run(
        [str(release_python()), str(script), server.url],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["first"]["uploaded"], told["first"]["skipped"], told["first"]["batches"]) == (1200, 0, 2)
    assert (told["again"]["uploaded"], told["again"]["backend_skipped"]) == (0, 1200)
    assert told["again"]["errors"] == []
    items = told["first"]["trajectories"]
    assert sorted(item["request_index"] for item in items) == list(range(1200))
    assert all(item["trace_id"] == f"trace-{item['request_index']}" for item in items)
    assert told["upload"]["uploaded"] == 1 and told["pushed"] == 1
