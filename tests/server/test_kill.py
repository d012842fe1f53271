"""A server that is killed loses nothing that it acknowledged."""

from __future__ import annotations

from pathlib import Path

from .kill import kill_servers


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    met = kill_servers(tmp_path, 5)
    assert met["acknowledged"] > 0 and met["lost"] == 0
