"""The Python package as its users meet it."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api, errors
from trajectory_sdk.primitives.contract import from_dict

ROOT = Path(__file__).resolve().parent.parent
EXPORT = ROOT / "examples" / "export"


@pytest.fixture(autouse=True)
def fresh_state() -> Iterator[None]:
    api._State.config = None
    yield
    api._State.config = None


@pytest.fixture
def trajectories() -> list[tj.Trajectory]:
    tj.init(provider="langsmith", project_id="any")
    return tj.import_conversations(bulk=True, source=str(EXPORT))


def test_saves_the_bytes_that_the_program_writes(trajectories: list[tj.Trajectory], tmp_path: Path) -> None:
    tj.save(trajectories, tmp_path / "python")
    command = [
        str(ROOT / ".venv/bin/trajectory"),
        "import",
        str(EXPORT),
        "--format",
        "json",
        "--out",
        str(tmp_path / "program"),
        "--quiet",
    ]
    subprocess.run(command, check=True)
    by_program = {path.name: path.read_bytes() for path in (tmp_path / "program").iterdir()}
    by_python = {path.name: path.read_bytes() for path in (tmp_path / "python").iterdir()}
    assert len(by_program) > 20
    assert by_python == by_program


def test_results_are_sorted_and_limited_by_conversation_id(trajectories: list[tj.Trajectory]) -> None:
    ids = [trajectory.task.conversation_id for trajectory in trajectories]
    assert ids == sorted(ids, key=str)
    first = tj.import_conversations(bulk=True, source=EXPORT, limit=3)
    assert [trajectory.task.conversation_id for trajectory in first] == ids[:3]


def test_since_takes_spans_and_moments_and_nothing_else() -> None:
    tj.init(provider="langsmith", project_id="any")
    everything = tj.import_conversations(bulk=True, source=EXPORT)
    assert tj.import_conversations(bulk=True, source=EXPORT, since=datetime(2100, 1, 1)) == []
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    assert len(tj.import_conversations(bulk=True, source=EXPORT, since=long_ago)) == len(everything)
    assert len(tj.import_conversations(bulk=True, source=EXPORT, since=timedelta(days=36500))) == len(everything)
    with pytest.raises(tj.ArgumentTypeError, match="since must be"):
        tj.import_conversations(bulk=True, source=EXPORT, since="7d")  # type: ignore[arg-type]


def test_says_what_is_missing() -> None:
    with pytest.raises(RuntimeError, match=r"call trajectory_sdk\.init"):
        tj.import_conversations(bulk=True, source=EXPORT)
    tj.init(project_id="any")
    with pytest.raises(RuntimeError, match="provider"):
        tj.import_conversations(bulk=True, source=EXPORT)
    tj.init(provider="langsmith", project_id="any")
    with pytest.raises(ValueError, match="source"):
        tj.import_conversations(bulk=True)
    with pytest.raises(ValueError, match="bulk=True"):
        tj.import_conversations(source=EXPORT)
    with pytest.raises(ValueError, match="provider"):
        tj.init(provider="elsewhere", project_id="any")


def test_needs_no_key_and_no_project_for_a_local_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "TRAJECTORY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    tj.init(provider="langsmith", project_id="a project that no run belongs to")
    assert tj.import_conversations(bulk=True, source=EXPORT, limit=1)


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    tj.init(provider="langsmith", project_id="any")
    missing = tmp_path / "missing.parquet"
    with pytest.raises(tj.SourceError, match=r"missing\.parquet") as caught:
        tj.import_conversations(bulk=True, source=missing)
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, tj.TrajectoryError)


def test_types_are_values(trajectories: list[tj.Trajectory]) -> None:
    trajectory = next(t for t in trajectories if t.steps)
    assert pickle.loads(pickle.dumps(trajectory)) == trajectory
    assert copy.deepcopy(trajectory) == trajectory
    changed = dataclasses.replace(trajectory, error="x")
    assert changed != trajectory
    assert dataclasses.replace(changed, error=trajectory.error) == trajectory
    assert from_dict(json.loads(json.dumps(dataclasses.asdict(trajectory)))) == trajectory
    with pytest.raises(dataclasses.FrozenInstanceError):
        trajectory.error = "y"  # type: ignore[misc]


def test_steps_are_cumulative_and_tool_messages_carry_their_call(trajectories: list[tj.Trajectory]) -> None:
    tools = [
        message for t in trajectories for message in (t.steps[-1].messages if t.steps else []) if message.role == "tool"
    ]
    assert tools
    for message in tools:
        assert message.content is None
        assert message.tool_response is not None
        assert message.tool_response.id
        assert message.tool_response.name


def test_save_refuses_two_trajectories_of_one_name(trajectories: list[tj.Trajectory], tmp_path: Path) -> None:
    one = trajectories[0]
    with pytest.raises(ValueError, match="two trajectories"):
        tj.save([one, dataclasses.replace(one, error="another")], tmp_path)


@pytest.mark.parametrize("touched", [False, True])
def test_save_raises_an_error_of_the_system_where_nothing_can_be_written(
    trajectories: list[tj.Trajectory], tmp_path: Path, touched: bool
) -> None:
    (one,) = tj.import_conversations(bulk=True, source=EXPORT, limit=1)
    if touched:
        one = dataclasses.replace(one)
    (tmp_path / f"{trajectories[0].task.conversation_id}.json").mkdir()
    assert one._is_untouched() is not touched
    with pytest.raises(OSError, match=r"\.json"):
        tj.save(one, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1, "nothing half-written is left"


def test_every_class_of_the_error_table_exists() -> None:
    table = (ROOT / "src/base/error_table.h").read_text(encoding="utf-8")
    names = {line.split('"')[1] for line in table.splitlines() if line.strip().startswith("{ErrorCode::")}
    assert "UsageError" in names
    for name in names:
        assert issubclass(getattr(errors, name), tj.TrajectoryError)


def test_ctrl_c_ends_an_import(tmp_path: Path) -> None:
    source = tmp_path / "runs.jsonl"
    line = next((ROOT / "tests/golden").glob("*/*/runs.jsonl")).read_text(encoding="utf-8").splitlines()[0]
    run = json.loads(line)
    with source.open("w", encoding="utf-8") as out:
        for number in range(60_000):
            out.write(
                json.dumps({**run, "id": f"{number:036d}", "trace_id": f"{number:036d}", "parent_run_id": None}) + "\n"
            )
    program = (
        "import _thread, threading, trajectory_sdk as tj\n"
        "tj.init(provider='langsmith', project_id='any')\n"
        "threading.Timer(0.05, _thread.interrupt_main).start()\n"
        f"tj.import_conversations(bulk=True, source={str(source)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "KeyboardInterrupt" in done.stderr
    assert done.returncode != 0


def test_counts_and_spans_that_cannot_be_are_named() -> None:
    tj.init(provider="langsmith", project_id="any")
    with pytest.raises(ValueError, match="limit must be at least 0, not -1"):
        tj.import_conversations(bulk=True, source=EXPORT, limit=-1)
    with pytest.raises(tj.ArgumentTypeError, match="limit must be a whole number, not str"):
        tj.import_conversations(bulk=True, source=EXPORT, limit="3")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="since reaches back"):
        tj.import_conversations(bulk=True, source=EXPORT, since=timedelta.max)


def test_refused_data_is_warned_of(tmp_path: Path) -> None:
    tj.init(provider="langsmith", project_id="any")
    good = (ROOT / "tests/golden/openai/refusals/runs.jsonl").read_text(encoding="utf-8")
    source = tmp_path / "runs.jsonl"
    source.write_text(good + "[1]\n", encoding="utf-8")
    with pytest.warns(tj.RefusedDataWarning, match=r"invalid_json_row 1 \(first in .*runs\.jsonl"):
        result = tj.import_conversations(bulk=True, source=source)
    assert result.report is not None
    assert result.report.rows_refused == 1
    assert result


def test_keys_given_to_init_stay_out_of_reprs() -> None:
    tj.init(project_id="any", provider="langsmith", api_key="secret-1", trajectory_api_key="secret-2")
    config = api._State.config
    assert config is not None
    assert (config.api_key, config.trajectory_api_key) == ("secret-1", "secret-2")
    assert "secret" not in repr(config)


def test_a_missing_source_is_a_missing_file_too(tmp_path: Path) -> None:
    tj.init(provider="langsmith", project_id="any")
    with pytest.raises(FileNotFoundError, match="nowhere") as imported:
        tj.import_conversations(bulk=True, source=tmp_path / "nowhere.parquet")
    with pytest.raises(FileNotFoundError, match="nowhere") as loaded:
        tj.load(tmp_path / "nowhere")
    assert isinstance(imported.value, tj.SourceError)
    assert isinstance(loaded.value, tj.SourceError)
