"""Runs that were put into a folder are there when the double starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbench.langsmith.generate import Plan, generate
from testbench.langsmith.load import load_folder
from testbench.langsmith.parquet import Form, make_table, write_table
from testbench.langsmith.run import Run
from testbench.langsmith.settings import Quirks
from testbench.langsmith.store import Scope, Store

PROJECT = "0f8fad5b-d9cb-469f-a165-70867728950e"


def run(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "session_id": PROJECT,
        "name": f"run {number}",
        "start_time": f"2026-11-22T10:00:{number:02d}.000000",
        **fields,
    }


def everything(store: Store) -> list[Run]:
    return store.select(Scope(), lambda run: True, newest_first=False)[0]


def shown(store: Store) -> list[Any]:
    return [
        {
            "id": run.id,
            "place": run.place,
            "dotted_order": run.dotted_order,
            "name": run.name,
            "status": run.status,
            "end": run.end,
            "documents": {name: text for name, text in run.documents.items() if text != "null"},
            "figures": store.figures(run),
        }
        for run in everything(store)
    ]


def test_json_lists_and_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "projects.json").write_text(json.dumps({PROJECT: "shop"}), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps([run(1), run(2)]), encoding="utf-8")
    (tmp_path / "deep").mkdir()
    lines = [json.dumps(run(3, inputs={"x": 1.10})), json.dumps(run(4, parent_run_id=run(3)["id"]))]
    (tmp_path / "deep" / "b.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no runs", encoding="utf-8")
    store = Store()
    assert load_folder(store, tmp_path) == 4
    assert [project.name for project in store.projects.values()] == ["shop"]
    assert [one.name for one in everything(store)] == ["run 1", "run 2", "run 3", "run 4"]
    assert everything(store)[3].trace_id == run(3)["id"]


@pytest.mark.parametrize("version", ["v1", "v2_beta"])
def test_an_export_of_its_own_is_read_back(tmp_path: Path, version: str) -> None:
    written, read = Store(), Store()
    plan = Plan("p", 12, start="2026-11-02T00:00:00Z", errors=2, pending=2, fine_times=version == "v1")
    generate(written, plan)
    form = Form(version, "zstandard", None, "tenant")
    data = write_table(make_table(written, everything(written), form, Quirks()), form, 20)
    (tmp_path / "part.parquet").write_bytes(data)
    assert load_folder(read, tmp_path) == 60
    for one, other in zip(shown(read), shown(written), strict=True):
        assert one == other


def test_a_file_that_holds_no_runs_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 7}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.jsonl"):
        load_folder(Store(), tmp_path)


def test_the_same_plan_makes_the_same_runs() -> None:
    stores = [Store(), Store(), Store()]
    for store, seed in zip(stores, (1, 1, 2), strict=True):
        generate(store, Plan("p", 5, seed=seed, start="2026-11-02T00:00:00Z"))
    assert shown(stores[0]) == shown(stores[1])
    assert shown(stores[0]) != shown(stores[2])


def test_twenty_thousand_traces_are_paged_in_order() -> None:
    store = Store()
    made = generate(store, Plan("p", 20_000, tools=0, text_bytes=12, start="2026-11-02T00:00:00Z"))
    assert made["runs"] == 60_000
    scope = Scope(frozenset([made["project_id"]]), is_root=True)
    found: list[Run] = []
    after = None
    while True:
        page, after = store.select(scope, lambda run: True, after=after, limit=100)
        found += page
        if after is None:
            break
    assert len(found) == len({run.id for run in found}) == 20_000
    assert [run.start for run in found] == sorted((run.start for run in found), reverse=True)
