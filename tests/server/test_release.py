"""The unmodified release 0.5.3, in an environment of its own, against a real server."""

from __future__ import annotations

from pathlib import Path

from compat.release import answer_of, release_python

from .conftest import Server


def test_the_release_uploads_and_gets_its_answers(server: Server) -> None:
    told = answer_of(release_python(), Path(__file__).with_name("release_upload.py"), server.url)
    assert (told["first"]["uploaded"], told["first"]["skipped"], told["first"]["batches"]) == (1200, 0, 2)
    assert (told["again"]["uploaded"], told["again"]["backend_skipped"]) == (0, 1200)
    assert told["again"]["errors"] == []
    items = told["first"]["trajectories"]
    assert sorted(item["request_index"] for item in items) == list(range(1200))
    assert all(item["trace_id"] == f"trace-{item['request_index']}" for item in items)
    assert told["upload"]["uploaded"] == 1 and told["pushed"] == 1
