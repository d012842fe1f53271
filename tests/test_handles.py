"""Trajectories as light handles over a dataset: lazily made, yet ordinary values."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import trajectory_sdk as tj
from conftest import TRUTH
from trajectory_sdk.primitives.contract import from_dict

pytestmark = pytest.mark.usefixtures("initialised")

EXPORT = TRUTH / "export.parquet"


def imported(**arguments: object) -> tj.Trajectories:
    return tj.import_conversations(bulk=True, source=EXPORT, **arguments)  # type: ignore[arg-type]


def saved(trajectory: tj.Trajectory, folder: Path) -> bytes:
    tj.save(trajectory, folder)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    file.unlink()
    return content


def test_a_handle_equals_the_trajectory_of_its_saved_file(tmp_path: Path) -> None:
    for handle in imported():
        text = saved(handle, tmp_path)
        assert handle._is_untouched(), "saving made Python objects"
        assert from_dict(json.loads(text)) == handle
        assert saved(handle, tmp_path) == text, "a touched trajectory is saved as other bytes"


@pytest.mark.parametrize(
    "through",
    [
        lambda t: pickle.loads(pickle.dumps(t)),
        copy.copy,
        copy.deepcopy,
        dataclasses.replace,
        lambda t: from_dict(dataclasses.asdict(t)),
    ],
    ids=["pickle", "copy", "deepcopy", "replace", "asdict"],
)
def test_untouched_handles_are_ordinary_values(through: object) -> None:
    first, second = imported(limit=30), imported(limit=30)
    for untouched, reference in zip(first, second, strict=True):
        assert isinstance(untouched, tj.Trajectory)
        assert untouched._is_untouched()
        assert through(untouched) == reference  # type: ignore[operator]
    for touched, reference in zip(first, second, strict=True):
        assert touched.steps is touched.steps
        assert through(touched) == reference  # type: ignore[operator]


def test_steps_are_ordinary_values_before_their_messages_are_looked_at() -> None:
    (first,), (second,) = imported(limit=1), imported(limit=1)
    for step, reference in zip(first.steps, second.steps, strict=True):
        assert "messages" not in step.__dict__
        assert pickle.loads(pickle.dumps(step)) == reference
        assert dataclasses.replace(step, info={"a": 1}).messages == reference.messages
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.steps[0].info = None  # type: ignore[misc]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        first.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_pickled_handles_outlive_their_dataset() -> None:
    handles = imported(limit=5)
    pickles = [pickle.dumps(handle) for handle in handles]
    expected = [dataclasses.asdict(handle) for handle in handles]
    folder = handles[0].__dict__["_record"].dataset.path
    del handles
    gc.collect()
    assert not folder.exists()
    restored = [pickle.loads(text) for text in pickles]
    assert [dataclasses.asdict(handle) for handle in restored] == expected


def test_a_temporary_dataset_lives_as_long_as_one_handle() -> None:
    handles = imported(limit=3)
    last = handles[2]
    del handles
    gc.collect()
    folder = last.__dict__["_record"].dataset.path
    assert folder.exists()
    assert last.steps
    del last
    gc.collect()
    assert not folder.exists()


def step_counts(handle: tj.Trajectory) -> int:
    return len(handle.steps)


def test_forked_children_read_handles_and_leave_the_dataset_alone() -> None:
    handles = imported(limit=8)
    expected = [len(handle.steps) for handle in imported(limit=8)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(step_counts, handles) == expected
    child = os.fork()
    if child == 0:
        status = 0 if [len(handle.steps) for handle in handles] == expected else 1
        del handles
        gc.collect()
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert [len(handle.steps) for handle in handles] == expected


def test_a_record_tells_what_stands_beside_the_steps() -> None:
    handles = imported()
    lines = [json.loads(handle.__dict__["_record"].record()) for handle in handles]
    assert sum(len(handle.subagents) for handle in handles) == sum(len(line.get("subagents", ())) for line in lines) > 0
    assert sum(len(handle.alternatives) for handle in handles) > 0
    assert sum(len(handle.auxiliary) for handle in handles) > 0
    for handle, line in zip(handles, lines, strict=True):
        assert [message.role for message in handle.messages] == [message["role"] for message in line["messages"]]
        assert [origin.run_id for origin in handle.provenance] == [
            message["origin"].get("run_id") for message in line["messages"]
        ]
        for call in handle.calls:
            assert call.answer is None or handle.messages[call.answer].role == "assistant"
            assert max(call.places(), default=0) < len(handle.messages)
        for lane in handle.subagents:
            assert lane.messages[0].role in ("system", "user")
            if lane.parent_tool_call_id:
                calls = [call.id for message in handle.messages for call in message.tool_calls or ()]
                assert lane.parent_tool_call_id in calls


def test_a_changed_trajectory_knows_what_its_steps_tell() -> None:
    for handle in imported():
        changed = dataclasses.replace(handle, error="changed")
        assert changed.subagents == []
        answers = [message for message in changed.messages if message.role == "assistant"]
        own = [message for message in answers if not (message.metadata or {}).get("seen_only_as_input")]
        assert [changed.messages[call.answer] for call in changed.calls if call.answer is not None] == own


def test_out_keeps_the_dataset_that_the_program_writes(run: object, tmp_path: Path) -> None:
    handles = imported(out=tmp_path / "python")
    run("import", EXPORT, "--out", tmp_path / "program", "--quiet")  # type: ignore[operator]
    for name in ("train-00000.parquet", "manifest.json"):
        assert (tmp_path / "python" / name).read_bytes() == (tmp_path / "program" / name).read_bytes()
    with pytest.raises(tj.OutputError, match="python"):
        imported(out=tmp_path / "python")
    assert tj.load(tmp_path / "program") == handles
    again = tj.load(tmp_path / "program")
    assert again.report is not None
    assert handles.report is not None
    assert again.report.rows_read == handles.report.rows_read == 1683
    assert again.report.adds_up


def test_json_lines_and_folders_of_several_formats_load_too(run: object, tmp_path: Path) -> None:
    run("import", EXPORT, "--out", tmp_path / "all", "--format", "parquet,jsonl", "--quiet")  # type: ignore[operator]
    expected = imported()
    for path in ("all", "all/parquet", "all/jsonl", "all/jsonl/trajectories.jsonl"):
        assert tj.load(tmp_path / path) == expected, path


def test_an_open_dataset_is_a_sequence_without_reading_it_through(tmp_path: Path) -> None:
    handles = imported(out=tmp_path / "dataset")
    dataset = tj.open(tmp_path / "dataset")
    assert len(dataset) == len(handles) == len(list(dataset))
    assert dataset[-1] == handles[-1]
    assert dataset[2:5] == handles[2:5]
    assert dataset.conversation_ids == [handle.task.conversation_id for handle in handles]
    assert dataset.get(dataset.conversation_ids[7]) == handles[7]
    assert dataset.manifest["rows"] == len(handles)
    assert pickle.loads(pickle.dumps(dataset))[3] == handles[3]
    with pytest.raises(IndexError, match="106"):
        dataset[106]
    with pytest.raises(KeyError):
        dataset.get("nobody")


def test_what_is_no_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(tj.SourceError, match="nowhere"):
        tj.open(tmp_path / "nowhere")
    with pytest.raises(tj.SourceError, match=r"no manifest\.json"):
        tj.load(tmp_path)
    imported(limit=2, out=tmp_path / "dataset")
    file = tmp_path / "dataset" / "train-00000.parquet"
    damaged = bytearray(file.read_bytes())
    damaged[200] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(tj.SourceError, match="checksum"):
        tj.load(tmp_path / "dataset")


def test_iterating_gives_the_same_trajectories_and_may_end_early() -> None:
    assert list(tj.iter_conversations(bulk=True, source=EXPORT)) == imported()
    some = tj.iter_conversations(bulk=True, source=EXPORT)
    first = next(some)
    some.close()
    assert first == imported(limit=1)[0]
    with pytest.raises(tj.SourceError, match="nowhere"):
        next(tj.iter_conversations(bulk=True, source="nowhere.parquet"))


def test_conversations_can_be_picked() -> None:
    ids = [handle.task.conversation_id for handle in imported()][3:6]
    picked = tj.import_conversations([str(name) for name in ids], bulk=True, source=EXPORT)
    assert [handle.task.conversation_id for handle in picked] == ids


def test_a_hundred_thousand_untouched_handles_stay_small(tmp_path: Path) -> None:
    """Resident memory grows by less than 1 KB a handle."""
    imported(limit=1, out=tmp_path / "dataset")
    program = (
        "import resource, sys, trajectory_sdk as tj\n"
        "dataset = tj.open(sys.argv[1])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "handles = [dataset[0] for _ in range(100_000)]\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert all(handle._is_untouched() for handle in handles)\n"
        "print(after - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "dataset")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100_000


def test_reprs_are_short_and_html_is_escaped() -> None:
    handles = imported()
    assert all(len(repr(handle)) < 300 for handle in handles)
    assert repr(handles[0]).startswith("Trajectory('")
    message = dataclasses.replace(handles[0].messages[0], content="<script>alert(1)</script>")
    step = dataclasses.replace(handles[0].steps[0], messages=[message])
    html = dataclasses.replace(handles[0], steps=[step])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    with_agents = next(handle for handle in handles if handle.subagents)
    assert "sub-agent" in with_agents._repr_html_()
