"""The wire: release 0.5.3 and this package send the same for the same program, and return the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from compat.release import answer_of, release_python

from .double import EVENTS, UPLOAD, Platform


def run(python: Path) -> tuple[Any, Platform]:
    program = Path(__file__).with_name("program.py")
    with Platform() as platform:
        return answer_of(python, program, platform.url, TRAJECTORY_BASE_URL=platform.url), platform


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
