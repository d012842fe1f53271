"""`trajectory sync` brings what is new or has grown, and leaves older versions readable."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq

from .conftest import Live


def sync(live: Live) -> list[dict[str, str]]:
    done = live.run("sync", "langsmith://shop", "--out", str(live.folder / "synced"), "--route", "api", "--json")
    changes: list[dict[str, str]] = json.loads(done.stdout)
    return changes


def turns(live: Live, version: int) -> dict[str, Any]:
    table = pq.read_table(live.folder / "synced" / f"version-{version:05d}" / "train-00000.parquet")
    rows = table.select(["conversation_id", "messages"]).to_pylist()
    return {row["conversation_id"]: sum(m["role"] == "user" for m in row["messages"]) for row in rows}


def test_only_what_is_new_or_has_grown_is_brought(live: Live) -> None:
    live.generate("shop", 6, turns=4, start="2026-11-01T10:00:00Z")
    first = sync(live)
    assert [one["change"] for one in first] == ["new", "new"]
    assert sync(live) == []
    assert not (live.folder / "synced/version-00002").exists()
    # The same project, two traces further: the second thread has grown from two turns to four.
    live.generate("shop", 8, turns=4, start="2026-11-01T10:00:00Z")
    second = sync(live)
    assert [(one["change"], one["version"], one["before"]) for one in second] == [
        ("grown", "version-00002", "version-00001")
    ]
    grown = second[0]["conversation"]
    assert (turns(live, 1)[grown], turns(live, 2)[grown]) == (2, 4)
    assert len(turns(live, 1)) == 2


def test_a_folder_with_something_else_in_it_is_left_alone(live: Live) -> None:
    live.generate("shop", 1)
    (live.folder / "synced").mkdir()
    (live.folder / "synced/precious").write_text("x")
    done = live.run("sync", "langsmith://shop", "--out", str(live.folder / "synced"), status=1)
    assert "holds something else" in done.stderr
