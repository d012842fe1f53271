"""Runs that were fetched already, made into a trajectory."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trajectory_sdk as tj
from conftest import TRUTH
from trajectory_sdk import api

Row = dict[str, Any]


def conversations() -> dict[str, list[Row]]:
    """Recorded runs by conversation, in the order in which traces began."""
    rows = [
        json.loads(line)
        for line in (TRUTH / "traces/q_threads/runs.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]
    truth = json.loads((TRUTH / "traces/q_threads/truth.json").read_text(encoding="utf-8"))
    return {
        conversation["conversation_id"]: [row for row in rows if row["trace_id"] in conversation["trace_ids"]]
        for conversation in truth["conversations"]
    }


def as_tree(rows: list[Row], key: str) -> list[Row]:
    nodes = {row["id"]: {**row, key: []} for row in rows}
    for node in nodes.values():
        if node["parent_run_id"] in nodes:
            nodes[node["parent_run_id"]][key].append(node)
    return [node for node in nodes.values() if node["parent_run_id"] not in nodes]


def turns(rows: list[Row], key: str | None) -> list[Row]:
    traces = list(dict.fromkeys(row["trace_id"] for row in rows))
    by_trace = [[row for row in rows if row["trace_id"] == trace] for trace in traces]
    return [{"runs": runs if key is None else as_tree(runs, key)} for runs in by_trace]


@pytest.fixture
def imported() -> dict[str | None, tj.Trajectory]:
    tj.init(provider="langsmith", project_id="any")
    found = tj.import_conversations(bulk=True, source=TRUTH / "traces/q_threads/runs.jsonl")
    api._State.config = None
    return {one.task.conversation_id: one for one in found}


@pytest.mark.parametrize("key", [None, "child_runs", "children"])
def test_turns_give_the_trajectory_of_an_import(key: str | None, imported: dict[str | None, tj.Trajectory]) -> None:
    checked = 0
    for name, rows in conversations().items():
        found = tj.transform({"conversation_id": name, "turns": turns(rows, key)})
        assert found.steps == imported[name].steps
        assert found.task == imported[name].task
        checked += len(found.steps)
    assert checked > 20


def test_a_list_of_runs_is_one_conversation(imported: dict[str | None, tj.Trajectory]) -> None:
    for name, rows in conversations().items():
        assert tj.transform(rows) == imported[name]
    everything = [row for rows in conversations().values() for row in rows]
    with pytest.raises(ValueError, match="6 conversations"):
        tj.transform(everything)


def test_runs_may_lack_what_their_place_says() -> None:
    call = {
        "run_type": "llm",
        "inputs": {"messages": [{"role": "user", "content": "hi"}]},
        "outputs": {"role": "assistant", "content": "yo"},
    }
    root = {"run_type": "chain", "inputs": {"input": "hi"}, "outputs": {"output": "yo"}, "children": [call]}
    found = tj.transform({"conversation_id": "c", "turns": [{"runs": [root]}]}, project_id="p")
    assert [(message.role, message.content) for message in found.messages] == [("user", "hi"), ("assistant", "yo")]
    assert found.task.conversation_id == "c"
    assert found.telemetry is not None
    assert found.telemetry.data["project_id"] == "p"


def test_no_runs_give_no_steps() -> None:
    found = tj.transform({"conversation_id": "c", "turns": [{"runs": []}]})
    assert (found.task.conversation_id, found.steps) == ("c", [])
    assert tj.transform({}).steps == []


@pytest.mark.parametrize(
    ("data", "error", "place"),
    [
        ({"turns": {}}, TypeError, "turns"),
        ({"turns": ["x"]}, TypeError, r"turns\[0\]"),
        ({"turns": [{"runs": [1]}]}, TypeError, r"turns\[0\]\.runs\[0\]"),
        ({"turns": [{"runs": [{"children": "x"}]}]}, TypeError, r"turns\[0\]\.runs\[0\]\.children"),
        ({"turns": [{"runs": [{"children": [1]}]}]}, TypeError, r"turns\[0\]\.runs\[0\]\.children\[0\]"),
        ("runs", TypeError, "the data"),
    ],
)
def test_another_shape_is_named(data: Any, error: type[Exception], place: str) -> None:
    with pytest.raises(error, match=place):
        tj.transform(data)
    with pytest.raises(ValueError, match="provider"):
        tj.transform({}, provider="elsewhere")
