"""The rival of the benchmark does the engine's work: the same contract JSON, the same messages and contexts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run
from make_export import FLAT, MIXED, Shape, make

BENCH = ROOT / "bench"
MESSAGE_KEYS = ("role", "content", "tool_calls", "tool_call_id", "name", "time", "trainable_status")
CALL_KEYS = ("context", "answer", "model", "usage", "finish_reason", "run_id", "trace_id", "start_time", "end_time")


@pytest.fixture(scope="module", params=["flat", "mixed", "flat in several row groups"])
def export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shapes: dict[str, tuple[int, Shape]] = {
        "flat": (20, FLAT),
        "mixed": (30, MIXED),
        "flat in several row groups": (130, FLAT),
    }
    folder = tmp_path_factory.mktemp("export") / "set"
    make(folder, *shapes[request.param])
    return folder


@pytest.fixture(params=[[], ["--tuned"]], ids=["general", "tuned"])
def options(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    return found


def rival(form: str, export: Path, out: Path, options: list[str]) -> Path:
    command = [sys.executable, str(BENCH / "rival.py"), form, str(export), str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return out


def by_name(folder: Path, pattern: str, key: Callable[[Path], str]) -> dict[str, Path]:
    return {key(path): path for path in folder.glob(pattern)}


def records(folder: Path) -> dict[str, Any]:
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return {record["conversation_id"]: record for record in map(json.loads, lines)}


def pick(values: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The keys that both forms have; what is null is the same as what is missing."""
    return [{key: value[key] for key in keys if value.get(key) is not None} for value in values]


def test_the_rival_writes_the_same_contract_json(run: Run, export: Path, options: list[str], tmp_path: Path) -> None:
    run("import", export, "--out", tmp_path / "ours", "--format", "json", "--quiet")
    ours = {path.name: path.read_bytes() for path in (tmp_path / "ours").glob("*.json") if path.name != "report.json"}
    theirs = {path.name: path.read_bytes() for path in rival("json", export, tmp_path / "theirs", options).iterdir()}
    assert ours.keys() == theirs.keys()
    for name, text in ours.items():
        assert theirs[name] == text, name


def test_the_rival_writes_the_same_messages_and_contexts(
    run: Run, export: Path, options: list[str], tmp_path: Path
) -> None:
    run("import", export, "--out", tmp_path / "ours", "--format", "jsonl", "--quiet")
    ours = records(tmp_path / "ours")
    theirs = records(rival("delta", export, tmp_path / "theirs", options))
    assert ours.keys() == theirs.keys()
    for key, record in ours.items():
        assert pick(theirs[key]["messages"], MESSAGE_KEYS) == pick(record["messages"], MESSAGE_KEYS), key
        assert pick(theirs[key]["calls"], CALL_KEYS) == pick(record["calls"], CALL_KEYS), key
        assert theirs[key]["steps"] == record["steps"], key
