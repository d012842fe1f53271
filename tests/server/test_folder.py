"""Which folders a server and its tools take, and what they say of others."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from .conftest import Serve, trajectory


@pytest.mark.parametrize(
    "command", [("check", "{}"), ("keys", "list", "--data", "{}"), ("keys", "revoke", "x", "--data", "{}")]
)
@pytest.mark.parametrize("what", ["missing", "empty", "other", "file"])
def test_tools_make_nothing_where_no_server_was(run: Any, tmp_path: Path, command: tuple[str, ...], what: str) -> None:
    folder = tmp_path / "folder"
    if what == "file":
        folder.write_text("x")
    elif what != "missing":
        folder.mkdir()
        if what == "other":
            (folder / "train-00000.parquet").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    told = run(*(part.format(folder) for part in command), status=1)
    assert "there is no data of a server" in told.stderr and str(folder) in told.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("keys", "create")])
def test_a_folder_with_other_things_is_left_alone(run: Any, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    told = run(*command, "--data", tmp_path, status=1)
    assert "the folder holds other things" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    told = run(*command, "--data", tmp_path / "notes.txt", status=1)
    assert "it is no folder" in told.stderr


def test_an_empty_folder_becomes_its_owners_alone(serve: Serve, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "lost+found").mkdir()
    serve(data=data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_payloads_without_their_catalog_are_kept(serve: Serve, run: Any, tmp_path: Path) -> None:
    server = serve()
    server.upload(trajectory("1", " ".join(str(n * 7919 % 100_003) for n in range(40_000))))
    assert server.stop() == 0
    for file in server.data.glob("catalog.db*"):
        file.rename(tmp_path / file.name)
    (kept,) = server.data.rglob("*.zst")
    assert "its catalog.db is missing" in run("serve", "--data", server.data, "--port", "0", status=1).stderr
    assert kept.exists()
    for file in tmp_path.glob("catalog.db*"):
        file.rename(server.data / file.name)
    run("check", server.data)


def test_a_damaged_search_index_may_be_removed(serve: Serve, run: Any) -> None:
    server = serve()
    server.upload(trajectory("1", "heron"))
    assert server.stop() == 0
    index = server.data / "search.db"
    for file in server.data.glob("search.db-*"):
        file.unlink()
    index.write_bytes(b"damaged " * 2000)
    told = run("check", server.data, status=1)
    assert "search.db" in told.stderr and "made anew" in told.stderr
    index.unlink()
    run("check", server.data)


def test_a_newer_catalog_is_left_to_its_program(serve: Serve, run: Any, tmp_path: Path) -> None:
    server = serve()
    assert server.stop() == 0
    shutil.copytree(server.data, tmp_path / "newer")
    with sqlite3.connect(tmp_path / "newer" / "catalog.db") as catalog:
        catalog.execute("PRAGMA user_version = 99")
    for command in (("serve", "--port", "0", "--data"), ("keys", "list", "--data"), ("check",)):
        assert "a newer version of this program" in run(*command, tmp_path / "newer", status=1).stderr


@pytest.mark.parametrize("rate", ["-1", "x", "1e3"])
def test_an_odd_rate_is_wrong_usage(run: Any, tmp_path: Path, rate: str) -> None:
    assert "--rate" in run("serve", "--data", tmp_path / "data", "--rate", rate, status=2).stderr
