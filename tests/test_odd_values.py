"""Values at the edge: what builders accept beyond a record, and what JSON, Unicode and Arrow can hold beyond Python."""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import trajectory_sdk as tj
from conftest import TRUTH, make_row, write_lines
from trajectory_sdk.canonical import content_hash

pytestmark = pytest.mark.usefixtures("initialised")

EXPORT = TRUTH / "export.parquet"


def built(*messages: tj.Message, **options: Any) -> tj.Trajectory:
    return tj.build_trajectory_from_messages(messages, **{"conversation_id": "c", "data_source": "d", **options})


def user(content: Any = "x", **fields: Any) -> tj.Message:
    return tj.Message(role="user", content=content, **fields)


def answer(**fields: Any) -> tj.Message:
    return tj.Message(role="assistant", content="y", **fields)


@pytest.mark.parametrize(
    "message",
    [
        user(metadata={"time": 3}),
        user(metadata={"time": "yesterday"}),
        user(metadata={"run_id": 5, "parts": 5, "cut": "no", "original_role": 5}),
        user([{"type": "text", "text": "x"}]),
        user(5),
        tj.Message(role="developer", content="x"),  # type: ignore[arg-type]
        tj.Message(role=None),  # type: ignore[arg-type]
        answer(usage={"prompt_tokens": "many", "cost": "free"}),
        answer(usage={"prompt_tokens": 1.5, "cost": math.nan, "details": {"a": 1}}),
        answer(usage={"prompt_tokens": 2**70}, metadata={"model": 5}, finish_reason=5),
        answer(tool_calls=[tj.ToolCall("t", {"a": math.nan})]),
        answer(tool_calls=[tj.ToolCall(5, None, 5)]),  # type: ignore[arg-type]
        user(trainable_status="perhaps"),
    ],
    ids=str,
)
def test_what_builders_accept_can_be_shown_and_put_into_tables(message: tj.Message) -> None:
    trajectory = built(user("first"), message, answer())
    assert "cannot be shown" not in repr(trajectory)
    assert "first" in trajectory._repr_html_()
    assert trajectory.messages == [user("first"), message, answer()]
    assert trajectory.calls[-1].places() == [0, 1]
    assert tj.to_arrow(trajectory).num_rows == 3
    assert tj.to_arrow(trajectory, rows="call").num_rows == len(trajectory.calls)
    assert tj.to_arrow(trajectory, rows="trajectory").num_rows == 1


def test_a_repr_never_raises() -> None:
    for broken in (
        replace(built(user()), task=None),  # type: ignore[arg-type]
        replace(built(user()), steps=5),  # type: ignore[arg-type]
        built(error="\n"),
        built(user(), conversation_id=5),
    ):
        for text in (repr(broken), broken._repr_html_()):
            assert "\n" not in text


def test_classes_show_the_defaults_of_their_fields() -> None:
    assert (tj.Trajectory.reward, tj.Trajectory.idx, tj.Step.trainable_status) == (None, None, "not_trainable")
    (handle,) = tj.import_conversations(bulk=True, source=EXPORT, limit=1)
    assert handle.trace_id is None
    assert handle.metrics is not None


def test_slices_keep_the_report() -> None:
    found = tj.import_conversations(bulk=True, source=EXPORT, limit=4)
    assert isinstance(found[1:3], tj.Trajectories)
    assert found[1:3].report is found.report
    assert list(found[1:3]) == [found[1], found[2]]
    assert isinstance(found[0], tj.Trajectory)


# ---- save


def test_nothing_is_saved_when_one_cannot_be(tmp_path: Path) -> None:
    good = built(user(), conversation_id="good")
    cyclic: dict[str, Any] = {}
    cyclic["a"] = cyclic
    for bad, kind in (
        (replace(good, error="another"), tj.UsageError),
        (replace(built(user()), reference_trajectory=object()), tj.ArgumentTypeError),
        (replace(built(user()), reference_trajectory=10**5000), tj.UsageError),
    ):
        with pytest.raises(kind) as caught:
            tj.save([good, bad], tmp_path / "out")
        assert isinstance(caught.value, tj.TrajectoryError)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_ids_that_no_file_can_have_and_ids_of_one_name(tmp_path: Path) -> None:
    ids = ["a/b", "a_b", "A_b", "..", "nul\0x", "x" * 300, "é", "\ud800"]
    one = built(user())
    tj.save([replace(one, task=replace(one.task, conversation_id=name)) for name in ids], tmp_path)
    saved = {json.loads(file.read_text())["task"]["conversation_id"]: file.stem for file in tmp_path.iterdir()}
    assert set(saved) == set(ids)
    assert (saved["a/b"], saved["é"], saved["nul\0x"]) == ("a_b", "é", "nul_x")
    assert saved["a_b"].startswith("a_b-")
    assert not any(name.startswith(".") for name in saved.values())


def test_a_dataset_is_saved_under_the_names_of_the_program(tmp_path: Path, run: Any) -> None:
    rows = [
        make_row(1, thread="a/b"),
        make_row(2, thread="a_b"),
        make_row(3, thread=".."),
        make_row(4, thread="x" * 300),
    ]
    source = write_lines(tmp_path / "runs.jsonl", rows)
    found = tj.import_conversations(bulk=True, source=source)
    tj.save(found, tmp_path / "untouched")
    assert [one.task.num_turns for one in found] == [1] * 4
    tj.save(found, tmp_path / "touched")
    run("import", source, "--out", tmp_path / "program", "--format", "json", "--quiet")
    expected = {file.name for file in (tmp_path / "program").iterdir()} - {"report.json"}
    for folder in ("untouched", "touched"):
        assert {file.name for file in (tmp_path / folder).iterdir()} == expected


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    trajectory = built(user())
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(tj.OutputError) as caught:
            tj.save(trajectory, place)
        assert "\n" not in str(caught.value)
    with pytest.raises(tj.UsageError, match="NUL"):
        tj.save(trajectory, "a\0b")
    with pytest.raises(tj.ArgumentTypeError, match="output_dir must be a path"):
        tj.save(trajectory, 5)  # type: ignore[arg-type]


# ---- texts and numbers of imports


def call(arguments: str) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "t", "arguments": arguments}}


def imported(tmp_path: Path, outputs: dict[str, Any], **fields: Any) -> tj.Trajectory:
    source = write_lines(tmp_path / "runs.jsonl", [make_row(1, outputs={"role": "assistant", **outputs}, **fields)])
    (found,) = tj.import_conversations(bulk=True, source=source)
    return found


@pytest.mark.parametrize(
    "outputs",
    [
        {"content": "z\udc00"},
        {"content": "z", "reasoning_content": "\ud800"},
        {"content": "\ud83d \ude00 😀 \uffff"},
        {"content": None, "tool_calls": [call('{"\\ud800":1,"\\uffff":3,"\\ud83d\\ude00":2}')]},
        {"content": None, "tool_calls": [call('{"z":"\\udc00","b":"\\ud800"}')]},
        {"content": None, "tool_calls": [call('{"a":1e400,"b":-0,"c":1.0,"d":0.10000000000000000555}')]},
        {"content": None, "tool_calls": [call('{"a":' + "9" * 5000 + "}")]},
    ],
    ids=str,
)
def test_the_engine_and_the_dataclasses_give_one_hash(outputs: dict[str, Any], tmp_path: Path) -> None:
    found = imported(tmp_path, outputs, inputs={"messages": [{"role": "user", "content": "x\ud800y"}]})
    assert found.telemetry is not None
    assert found.telemetry.data["content_hash"] == content_hash(found)


@pytest.mark.parametrize("text", ["\ufeff{}", "[1]", "{", " ", '{"a":' + "9" * 5000 + "}"], ids=lambda text: text[:5])
def test_arguments_that_are_no_object_of_python_stay_verbatim(text: str, tmp_path: Path) -> None:
    found = imported(tmp_path, {"content": None, "tool_calls": [call(text)]})
    calls = found.steps[-1].messages[-1].tool_calls
    assert calls is not None
    assert calls[0].arguments == text
    assert found.messages[-1].tool_calls == calls
    assert repr(found)
    tj.save(found, tmp_path / "saved")
    (file,) = (tmp_path / "saved").iterdir()
    saved = json.loads(file.read_text())
    assert saved["steps"][-1]["messages"][-1]["tool_calls"][0]["arguments"] == text
    assert tj.to_arrow(found).column("tool_calls").to_pylist()[-1][0]["arguments"] == text


def test_a_call_without_arguments_has_none(tmp_path: Path) -> None:
    found = imported(tmp_path, {"content": None, "tool_calls": [call("")]})
    calls = found.steps[-1].messages[-1].tool_calls
    assert calls is not None
    assert calls[0].arguments == {}


def test_long_whole_numbers_elsewhere_are_texts(tmp_path: Path) -> None:
    part = {"type": "custom", "value": 10**4299}
    text = json.dumps(make_row(1, inputs={"messages": [{"role": "user", "content": [part]}], "seed": 10**4299}))
    source = write_lines(tmp_path / "runs.jsonl", [text.replace("1" + "0" * 4299, "1" + "0" * 5000)])
    (found,) = tj.import_conversations(bulk=True, source=source)
    metadata = found.steps[-1].messages[0].metadata
    assert metadata is not None
    assert metadata["parts"][0]["value"] == "1" + "0" * 5000
    assert found.calls[0].parameters == {"seed": "1" + "0" * 5000}


# ---- types of Arrow


def converted(kind: str) -> pa.Table:
    table = pq.read_table(EXPORT)
    for name in table.column_names:
        column = table.column(name)
        place = table.column_names.index(name)
        if kind == "uuid" and name in ("id", "trace_id", "parent_run_id"):
            raw = [None if value is None else uuid.UUID(value).bytes for value in column.to_pylist()]
            new: Any = pa.chunked_array([pa.array(raw, pa.binary(16)).cast(pa.uuid())])
        elif kind == "run-end encoded" and pa.types.is_string(column.type):
            new = pa.chunked_array([pc.run_end_encode(chunk) for chunk in column.chunks])
        elif kind == "unsigned" and name.endswith("_tokens"):
            new = column.cast(pa.uint64())
        else:
            continue
        table = table.set_column(place, name, new)
    return table


@pytest.mark.parametrize("kind", ["uuid", "run-end encoded", "unsigned"])
def test_columns_of_rare_types(kind: str) -> None:
    table = converted(kind)
    assert tj.import_conversations(bulk=True, source=table) == tj.import_conversations(bulk=True, source=EXPORT)
    sliced = [table.slice(0, 100), table.slice(100)]
    assert tj.import_conversations(bulk=True, source=sliced) == tj.import_conversations(bulk=True, source=EXPORT)


def test_counts_above_the_greatest_integer_are_not_negative() -> None:
    row = make_row(1)
    columns = {name: [json.dumps(value) if isinstance(value, dict) else value] for name, value in row.items()}
    table = pa.table({**columns, "total_tokens": pa.array([2**63 + 5], pa.uint64())})
    (found,) = tj.import_conversations(bulk=True, source=table)
    assert (found.task.total_tokens or 0) >= 0
