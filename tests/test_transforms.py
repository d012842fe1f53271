"""Transforms of one's own: what they return is what is stored, and what they leave alone keeps its record."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from conftest import TRUTH
from trajectory_sdk.canonical import content_hash

pytestmark = pytest.mark.usefixtures("initialised")

EXPORT = TRUTH / "export.parquet"
replace = dataclasses.replace


class Own(tj.BaseTransform):
    """Calls a function."""

    def __init__(self, change: Callable[[tj.Trajectory], Any]) -> None:
        self.change = change

    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        changed: tj.Trajectory = self.change(trajectory)
        return changed


class Whole(tj.BaseTransform):
    """Calls a function with the whole list."""

    def __init__(self, change: Callable[[list[tj.Trajectory]], list[tj.Trajectory]]) -> None:
        self.change = change

    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        return trajectory

    def transform_batch(self, trajectories: list[tj.Trajectory]) -> list[tj.Trajectory]:
        return self.change(trajectories)


def imported(*transforms: tj.BaseTransform, out: Path | None = None) -> Any:
    tj.init(provider="langsmith", project_id="any", transforms=list(transforms))
    return tj.import_conversations(bulk=True, source=EXPORT, out=out)


def test_what_a_transform_leaves_alone_keeps_its_record(tmp_path: Path) -> None:
    plain = imported(out=tmp_path / "plain")
    imported(Own(lambda trajectory: trajectory), out=tmp_path / "own")
    kept = tj.load(tmp_path / "own")
    assert list(kept) == list(plain)
    assert [each.calls for each in kept] == [each.calls for each in plain]
    assert [each.subagents for each in kept] == [each.subagents for each in plain]
    assert tj.open(tmp_path / "own").manifest["lineage"] == tj.open(tmp_path / "plain").manifest["lineage"]
    imported(tj.RegexPiiTransform(), out=tmp_path / "redacted")
    assert tj.open(tmp_path / "redacted").manifest["lineage"] == tj.open(tmp_path / "plain").manifest["lineage"]


def each_step(change: Callable[[tj.Step], tj.Step]) -> Callable[[tj.Trajectory], tj.Trajectory]:
    return lambda trajectory: replace(trajectory, steps=[change(step) for step in trajectory.steps])


def each_message(change: Callable[[tj.Message], tj.Message]) -> Callable[[tj.Trajectory], tj.Trajectory]:
    return each_step(lambda step: replace(step, messages=[change(message) for message in step.messages]))


REWARD = tj.Reward(
    0.5, "mine", [tj.RewardComponent("é", 0.5, 0.75, "because", 2.0, (0.0, 1.0), {"judge": {"n": [1, None]}})]
)
CHANGES: dict[str, Callable[[tj.Trajectory], tj.Trajectory]] = {
    "a copy": lambda t: replace(t),
    "content": each_message(lambda m: replace(m, content=(m.content or "").upper())),
    "only the last step": lambda t: replace(t, steps=t.steps[-1:]),
    "no steps": lambda t: replace(t, steps=[]),
    "step reward and info": each_step(lambda s: replace(s, reward=REWARD, info={"a": 1, "b": [1.5, "\ud800"]})),
    "message metadata": each_message(lambda m: replace(m, metadata={"mine": 1}, usage={"x": 1}, finish_reason="q")),
    "reward": lambda t: replace(t, reward=REWARD),
    "ids": lambda t: replace(t, idx=3, model_id="m", trace_id="t", reference_trajectory={"a": [{"b": 1e300}]}),
    "telemetry": lambda t: replace(t, telemetry=tj.Telemetry("mine", {"mine": 1, "source_run_ids": ["b", "a"]})),
    "no telemetry": lambda t: replace(t, telemetry=None),
    "task": lambda t: replace(t, task=replace(t.task, data_source="mine", id="x", num_turns=None)),
    "times": lambda t: replace(t, execution_metrics=tj.ExecutionMetrics(1.0, None, 3.5, "TIMEOUT")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_transform_returns_is_what_is_stored(name: str, tmp_path: Path, run: Any) -> None:
    change = CHANGES[name]
    expected = imported(Own(change))
    stored = imported(Own(change), out=tmp_path / "dataset")
    loaded = tj.load(tmp_path / "dataset")
    assert list(stored) == list(expected)
    assert list(loaded) == list(expected)
    for trajectory in loaded:
        if trajectory.telemetry is not None and "content_hash" in trajectory.telemetry.data:
            assert trajectory.telemetry.data["content_hash"] == content_hash(trajectory)
    run("convert", tmp_path / "dataset", "--out", tmp_path / "lines", "--format", "jsonl", "--quiet")
    assert list(tj.load(tmp_path / "lines")) == list(expected)
    tj.save(loaded[:2], tmp_path / "light")
    tj.save(expected[:2], tmp_path / "whole")
    for file in (tmp_path / "whole").iterdir():
        assert (tmp_path / "light" / file.name).read_bytes() == file.read_bytes()
    assert tj.to_arrow(loaded, rows="message").num_rows == sum(len(each.messages) for each in expected)


@pytest.mark.parametrize(
    ("value", "error"), [(object(), TypeError), (float("nan"), ValueError), ({1, 2}, TypeError)], ids=str
)
def test_what_cannot_be_kept_is_refused_by_name(value: object, error: type[Exception], tmp_path: Path) -> None:
    change = Own(lambda t: replace(t, reference_trajectory=value))
    with pytest.raises(error, match=r"conversation '.*' cannot be kept"):
        imported(change, out=tmp_path / "dataset")
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match="Own must return trajectories, not NoneType"):
        imported(Own(lambda t: None))


def test_a_kept_trajectory_is_redacted_with_its_hash(tmp_path: Path) -> None:
    imported(Own(lambda t: replace(t, reference_trajectory={"who": "x@example.com"})), out=tmp_path / "dataset")
    before = tj.load(tmp_path / "dataset")[0]
    redacted = tj.RegexPiiTransform(["EMAIL"]).transform(before)
    assert redacted.reference_trajectory == {"who": "[REDACTED_EMAIL]"}
    assert replace(redacted, reference_trajectory=None) == replace(before, reference_trajectory=None)


def test_results_stand_in_order_of_their_ids(tmp_path: Path) -> None:
    def renamed(trajectory: tj.Trajectory) -> tj.Trajectory:
        name = str(trajectory.task.conversation_id)[::-1]
        return replace(trajectory, task=replace(trajectory.task, conversation_id=name))

    for change in (Own(renamed), Whole(lambda items: items[::-1])):
        out = tmp_path / type(change).__name__
        names = [each.task.conversation_id for each in imported(change, out=out)]
        assert names == sorted(names)
        assert tj.open(out).conversation_ids == names


def test_redacted_ids_stand_in_order_too(tmp_path: Path) -> None:
    rows = []
    for number in range(1, 9):
        run = f"{number:08x}-0000-4000-8000-000000000000"
        rows.append(
            {
                "id": run,
                "trace_id": run,
                "name": "llm",
                "run_type": "llm",
                "start_time": "2026-11-22T10:00:00",
                "end_time": "2026-11-22T10:00:01",
                "dotted_order": f"20261122T100000000000Z{run}",
                "inputs": {"messages": [{"role": "user", "content": "hello"}]},
                "outputs": {"choices": [{"message": {"role": "assistant", "content": "hi"}}]},
                "extra": {"metadata": {"thread_id": f"{number}@example.com"}},
            }
        )
    source = tmp_path / "runs.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tj.init(provider="langsmith", project_id="any", transforms=[tj.RegexPiiTransform(pseudonym_key="k")])
    names = [
        each.task.conversation_id for each in tj.import_conversations(bulk=True, source=source, out=tmp_path / "out")
    ]
    assert len(set(names)) == 8
    assert names == sorted(names) == tj.open(tmp_path / "out").conversation_ids  # type: ignore[type-var]
    assert {str(name)[:7] for name in names} == {"[EMAIL_"}


def test_the_report_counts_what_transforms_left(tmp_path: Path) -> None:
    found = imported(Whole(lambda items: items[:3]), out=tmp_path / "dataset")
    assert found.report.conversations == len(found) == 3
    report = tj.open(tmp_path / "dataset").report
    assert report is not None
    assert report.conversations == 3
