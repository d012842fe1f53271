"""The wire: release 0.5.3 and this package send the same for the same program, and return the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from compat.release import release_python

from .double import EVENTS, UPLOAD, Platform


def run(python: Path) -> tuple[Any, Platform]:
    program = Path(__file__).with_name("program.py")
    with Platform() as platform:
        left_out = ("PYTHONPATH", "TRAJECTORY_API_KEY", "TRAJECTORY_BASE_URL")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        environment["TRAJECTORY_BASE_URL"] = platform.url
        done = subprocess.run(
            [str(python), str(program), platform.url],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), platform


def uploads(platform: Platform) -> list[Any]:
    return sorted(platform.bodies(UPLOAD), key=lambda body: (body["dataset"], len(body["trajectories"])))


def test_a_program_sends_and_gets_the_same_with_either_package() -> None:
    release, theirs = run(release_python())
    ours, mine = run(Path(sys.executable))
    assert len(release) == len(ours) > 15
    for number, (expected, got) in enumerate(zip(release, ours, strict=True)):
        assert got == expected, f"call {number}"
    assert [len(body["trajectories"]) for body in uploads(mine)] == [3, 1000, 1, 2, 2]
    assert uploads(mine) == uploads(theirs)
    assert mine.bodies(EVENTS) == theirs.bodies(EVENTS)
    for call in mine.calls:
        assert call.headers["X-API-Key"] == "key"
        assert call.headers["Content-Type"] == "application/json"
