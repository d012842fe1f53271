"""kill -9 in every state that a journal can be in: the same command goes on, with the same bytes and no second export.

A scripted fault holds the process at a call; what its journal says then is the state, and the process is killed there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import QUERY, Live, wait_until

PROJECT = {"project": "shop", "traces": 230, "start": "2026-11-01T10:00:00Z"}
EXPORTS = "/api/v1/bulk-exports"
SINCE = ("--since", "2026-11-01T00:00:00Z")  # so that exports name their traces: two exports


def state_folder(live: Live) -> Path:
    folders = list((live.folder / ".local/state/trajectory").glob("*"))
    assert len(folders) <= 1
    return folders[0] if folders else live.folder / "no-journal"


def journal_of(live: Live) -> str:
    """The state that is written down, in a word; of batches, each state that one of them is in."""
    if not (state_folder(live) / "journal.db").exists():
        return "nothing"
    copy = live.folder / "journal-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(state_folder(live), copy)
    journal = sqlite3.connect(copy / "journal.db")
    try:
        facts = {name for (name,) in journal.execute("SELECT name FROM fact")}
        batches = sorted({state for (state,) in journal.execute("SELECT state FROM batch")})
        (roots,) = journal.execute("SELECT count(*) FROM root").fetchone()
    finally:
        journal.close()
        shutil.rmtree(copy)
    if "plan" in facts:
        return " and ".join(batches)
    if "discovered" in facts:
        return "discovered"
    return "listing" if roots else "windows" if "windows" in facts else "window" if "window" in facts else "request"


@pytest.fixture(scope="module")
def calm(announcement: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The records of an import that nothing disturbs."""
    live = Live(announcement, tmp_path_factory.mktemp("calm"))
    live.control("POST", "/_testbench/reset", {"data": True})
    live.control("POST", "/_testbench/generate", PROJECT)
    return live.imported("shop", "calm", "--route", "api")


@pytest.fixture
def shop(calm: bytes, live: Live) -> Iterator[Live]:
    live.control("POST", "/_testbench/generate", PROJECT)
    yield live


def kill_at(
    live: Live, arguments: tuple[str, ...], path: str, method: str, kind: str, state: str, **fault: Any
) -> None:
    """Starts an import, and kills it while the fault holds it and its journal is in the state."""
    live.fault(path, kind, method=method, seconds=20, **fault)
    process = live.start(*arguments)

    def held() -> bool:
        assert process.poll() is None, process.communicate()
        return bool(live.control("GET", "/_testbench/faults")["unconsumed"] == [])

    def reached() -> bool:
        try:
            return journal_of(live) == state
        except (sqlite3.Error, OSError):
            return False  # it was being written

    try:
        wait_until(held)
        if kind == "stall":  # the order has to arrive
            wait_until(lambda: live.control("GET", EXPORTS))
        wait_until(reached)
    finally:
        process.kill()
        live.written += process.communicate()
    live.check_written()
    assert state in journal_of(live)  # "planned" may be "done and planned" by now: other calls are not held


def arguments_of(live: Live, *options: str) -> tuple[str, ...]:
    return ("import", "langsmith://shop", "--out", str(live.folder / "out"), *options)


LAST = 20  # the query that an undisturbed import sends last

QUERIES = [
    # path, method, calls that pass first, state
    ("/api/v1/sessions", "GET", 0, "nothing"),
    ("/api/v1/info", "GET", 0, "window"),
    (QUERY, "POST", 1, "windows"),  # all of its windows at once
    (QUERY, "POST", 6, "listing"),
    (QUERY, "POST", 9, "planned"),
    (QUERY, "POST", LAST, "done and planned"),
]


@pytest.mark.parametrize(("path", "method", "skip", "state"), QUERIES, ids=[case[-1] for case in QUERIES])
def test_queries_go_on_from_each_state(shop: Live, calm: bytes, path: str, method: str, skip: int, state: str) -> None:
    arguments = arguments_of(shop, "--route", "api")
    kill_at(shop, arguments, path, method, "hold", state, skip=skip, times=4 if state == "windows" else 1)
    assert not (shop.folder / "out").exists()
    shop.run(*arguments)
    assert shop.records("out") == calm
    assert not state_folder(shop).exists()


BULK = [
    # path, method, kind of fault, calls that pass first, state, orders in all
    (EXPORTS + "/destinations", "GET", "hold", 0, "nothing", 2),
    (EXPORTS, "POST", "hold", 0, "asked and planned", 3),
    (EXPORTS, "POST", "stall", 0, "asked and planned", 2),
    (EXPORTS, "POST", "hold", 1, "asked and running", 3),
    (EXPORTS, "POST", "stall", 1, "asked and running", 2),
    (EXPORTS + "/*", "GET", "hold", 1, "running", 2),
    (EXPORTS + "/*-*-*-*-*/runs", "GET", "hold", 1, "done and running", 2),
    ("/_s3/*", "*", "hold", 0, "done", 2),
    ("/_s3/*", "*", "hold", 3, "done", 2),
]


@pytest.mark.parametrize(
    ("path", "method", "kind", "skip", "state", "orders"),
    BULK,
    ids=[f"{case[4]}, {case[2]} {case[3]}" for case in BULK],
)
def test_exports_go_on_from_each_state(
    shop: Live, calm: bytes, path: str, method: str, kind: str, skip: int, state: str, orders: int
) -> None:
    arguments = arguments_of(shop, *SINCE, *shop.bulk(), "--storage-option", f"endpoint_url={shop.about['s3_faulty']}")
    kill_at(shop, arguments, path, method, kind, state, skip=skip)
    assert not (shop.folder / "out").exists()
    shop.run(*arguments)
    assert shop.records("out") == calm
    assert len(shop.calls(EXPORTS)) == orders
    assert len(shop.control("GET", EXPORTS)) == 2
    assert not state_folder(shop).exists()


@pytest.mark.parametrize("skip", [1, 4])
def test_kept_files_go_on_after_a_kill(shop: Live, calm: bytes, skip: int) -> None:
    kept = shop.folder / "kept"
    endpoint = ("--storage-option", f"endpoint_url={shop.about['s3_faulty']}")
    arguments = arguments_of(shop, *SINCE, *shop.bulk(), *endpoint, "--keep-export", str(kept))
    kill_at(shop, arguments, "/_s3/*", "*", "hold", "done", skip=skip)
    shop.run(*arguments)
    assert shop.records("out") == calm
    assert not list(kept.rglob("*.part"))
    assert len(list(kept.rglob("*.parquet"))) == 3  # of 1000 and 150 runs, 500 a file


def test_what_a_killed_process_leaves_is_its_owners_alone(shop: Live) -> None:
    kill_at(shop, arguments_of(shop, "--route", "api"), QUERY, "POST", "hold", "done and planned", skip=LAST)
    left = [state_folder(shop), *state_folder(shop).rglob("*")]
    assert {"journal.db", "lock", "answers"} <= {path.name for path in left}
    assert all(path.stat().st_mode & 0o077 == 0 for path in left)
    assert all(path.stat().st_uid == os.getuid() for path in left)
    assert all(json.loads(path.read_text(encoding="utf-8")) for path in left if path.suffix == ".json")
