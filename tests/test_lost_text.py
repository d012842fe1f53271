"""No text of a model call is lost in silence: payloads of the golden cases with a value swapped for another kind."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Row, Run, lines_of, make_row, write_lines

GOLDEN = Path(__file__).resolve().parent / "golden"
Path_ = tuple[str | int, ...]


def model_runs() -> list[Row]:
    files = sorted(GOLDEN.glob("*/*/runs.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n")]
    rows = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [row for row in rows if row.get("run_type") == "llm" and isinstance(row.get("outputs"), dict)]


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


def put(payload: Any, at: Path_, value: Any) -> None:
    for key in at[:-1]:
        payload = payload[key]
    payload[at[-1]] = value


def odd_values(mark: str) -> list[Any]:
    return [mark, {"odd": mark}, [mark], [{"odd": mark}], {"text": mark}, [{"type": "text", "text": mark}], [[mark]]]


def mutated(runs: list[Row], number: int) -> tuple[Row, str, Path_]:
    """A run of its own with a mark in one place of its payload: under a key it has, or under one that nobody knows."""
    chance = random.Random(number)
    source = chance.choice(runs)
    mark = f"mark{number:06d}x"
    payloads = {key: copy.deepcopy(source[key]) for key in ("inputs", "outputs")}
    at = chance.choice(list(places(payloads)))
    if chance.random() < 0.2:
        parent = at[:-1]
        while isinstance(at[-1], int):
            at, parent = parent, parent[:-1]
        at = (*parent, "odd_key") if parent else ("outputs", "odd_key")
    put(payloads, at, chance.choice(odd_values(mark)))
    extra = {"metadata": {"thread_id": f"thread-{number}"}}
    return make_row(number, extra=extra, status=source.get("status", "success"), **payloads), mark, at


def names_of(at: Path_) -> set[str]:
    return {str(key) for key in at} | {"odd", "text"}


def is_reported(report: Row, at: Path_, mark: str) -> bool:
    """Whether the report has the mark's bytes under a key on its way, or says that its run is no model call."""
    tallies = {**report["text_set_aside_by_key"], **report["text_under_unknown_keys"]}
    named = {name.rsplit(".", 1)[-1]: tally for name, tally in tallies.items()} | tallies
    rules = {"choice.text", "generations.text", "repeated_message", "embedding", "redacted_thinking", "role"}
    by_key = any(named[name]["bytes"] >= len(mark) for name in (names_of(at) | rules) & named.keys())
    return by_key or report["runs_set_aside"].get("model_run_without_messages", 0) > 0


@pytest.mark.parametrize("round_", range(3))
def test_text_in_an_unexpected_place_is_kept_or_reported(run: Run, tmp_path: Path, round_: int) -> None:
    runs = model_runs()
    cases = [mutated(runs, number) for number in range(round_ * 1500, (round_ + 1) * 1500)]
    source = write_lines(tmp_path / "runs.jsonl", [row for row, _, _ in cases])
    run("import", source, "--out", tmp_path / "out", "--format", "jsonl", "--quiet")
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert report["adds_up"] is True
    kept = "".join(lines_of(tmp_path / "out/trajectories.jsonl"))
    lost = []
    for row, mark, at in cases:
        if mark in kept:
            continue
        alone = write_lines(tmp_path / "alone.jsonl", [row])
        own = json.loads(run("import", alone, "--dry-run", "--json", "--quiet").stdout)
        assert own["adds_up"] is True
        if not is_reported(own, at, mark):
            lost.append((mark, at, row["inputs"], row["outputs"]))
    assert lost == []
