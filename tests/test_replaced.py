"""Handles and streams of a dataset whose folder is replaced or removed while they live."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import trajectory_sdk as tj
from conftest import make_row, write_lines

pytestmark = pytest.mark.usefixtures("initialised")


def written(folder: Path, numbers: range, **options: bool) -> tj.Trajectories:
    source = write_lines(folder.with_suffix(".jsonl"), [make_row(number) for number in numbers])
    return tj.import_conversations(bulk=True, source=source, out=folder, **options)  # type: ignore[arg-type]


def check(handles: list[tj.Trajectory], names: list[str], folder: Path) -> None:
    """What can be asked of untouched handles, then of their fields."""
    for rows in ("trajectory", "message", "call"):
        table = tj.to_arrow(handles, rows=rows)
        assert sorted(set(table.column("conversation_id").to_pylist())) == names, rows
    tj.save(handles, folder)
    assert sorted(file.stem for file in folder.iterdir()) == names
    for file in folder.iterdir():
        assert json.loads(file.read_text())["task"]["conversation_id"] == file.stem
    assert [handle.task.conversation_id for handle in handles] == names


def test_old_handles_keep_their_content_when_the_dataset_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    old = written(folder, range(1, 4))
    opened = tj.open(folder)
    stream = opened.to_arrow("trajectory")
    new = written(folder, range(7, 9), force=True)
    old_names, new_names = ["thread-1", "thread-2", "thread-3"], ["thread-7", "thread-8"]
    check(list(old), old_names, tmp_path / "old")
    check(list(new), new_names, tmp_path / "new")
    assert stream.read_all().column("conversation_id").to_pylist() == old_names
    assert opened.conversation_ids == old_names
    assert opened.manifest["rows"] == 3
    assert opened.report is not None
    assert opened.report.conversations == 3
    assert tj.open(folder).conversation_ids == new_names


def test_handles_outlive_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    written(folder, range(1, 4))
    opened = tj.open(folder)
    shutil.rmtree(folder)
    check(list(opened), ["thread-1", "thread-2", "thread-3"], tmp_path / "saved")
    assert opened.get("thread-2").task.conversation_id == "thread-2"
    assert opened.manifest["rows"] == 3
    assert opened.report is not None
    assert opened.report.conversations == 3


def test_a_file_that_shrank_is_a_source_error(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    written(folder, range(1, 40))
    opened = tj.open(folder)
    file = folder / "train-00000.parquet"
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 4)
    with pytest.raises(tj.SourceError) as caught:
        tj.to_arrow(opened)
    assert "\n" not in str(caught.value)
    with pytest.raises(tj.SourceError):
        opened[3].task  # noqa: B018
    assert "cannot be shown" in repr(opened[3])


def test_ids_are_those_of_the_manifest_s_files_to_the_last_character(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    rows = [make_row(1, thread="a\ud800b"), make_row(2, thread="c\ufffdd"), make_row(3)]
    tj.import_conversations(bulk=True, source=write_lines(tmp_path / "runs.jsonl", rows), out=folder)
    shutil.copy(folder / "train-00000.parquet", folder / "train-00001.parquet")  # no part of the dataset
    opened = tj.open(folder)
    assert opened.conversation_ids == [trajectory.task.conversation_id for trajectory in opened]
    assert set(opened.conversation_ids) == {"a\ud800b", "c\ufffdd", "thread-3"}
    found = tj.import_conversations(["a\ud800b"], bulk=True, source=tmp_path / "runs.jsonl")
    assert [trajectory.task.conversation_id for trajectory in found] == ["a\ud800b"]
