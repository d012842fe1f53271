"""What imports that failed have left is told, and goes when nobody went on with it for a month."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from .conftest import QUERY, Live

DAY = 86_400


@pytest.fixture
def left(live: Live) -> Path:
    """The state folder of an import that failed."""
    live.generate("shop", 3)
    live.fault(QUERY, "answer", skip=2, times=4, status=400, body={"detail": "not today"})
    live.run("import", "langsmith://shop", "--out", str(live.folder / "out"), "--route", "api", status=1)
    live.control("DELETE", "/_testbench/faults")
    (folder,) = (live.folder / ".local/state/trajectory").iterdir()
    return folder


def age(folder: Path, days: int) -> None:
    moment = time.time() - days * DAY
    for path in folder.iterdir():
        os.utime(path, (moment, moment))


def import_another(live: Live) -> str:
    live.generate("other", 1)
    return live.run("import", "langsmith://other", "--out", str(live.folder / "another"), "--route", "api").stderr


def test_the_doctor_tells_of_unfinished_imports(live: Live, left: Path) -> None:
    found = {one["what"]: one for one in json.loads(live.run("doctor", "--json").stdout)}
    assert found["unfinished imports"]["health"] == "look"
    assert str(left) in found["unfinished imports"]["text"]
    live.run("import", "langsmith://shop", "--out", str(live.folder / "out"), "--route", "api")
    assert "unfinished imports" not in live.run("doctor").stdout


def test_the_next_import_removes_what_is_older_than_a_month(live: Live, left: Path) -> None:
    age(left, 29)
    assert "unfinished" not in import_another(live)
    assert left.exists()
    age(left, 31)
    live.run("langsmith", "projects")
    assert left.exists()
    said = live.run("import", "langsmith://other", "--out", str(live.folder / "b"), "--route", "api").stderr
    assert "removed what 1 import has left unfinished more than 30 days ago" in said
    assert not left.exists()


def test_a_folder_with_other_files_is_not_removed(live: Live, left: Path) -> None:
    (left / "notes.txt").write_text("mine")
    age(left, 31)
    import_another(live)
    assert (left / "notes.txt").exists()
