"""Imports compared with release 0.5.3, field by field, on exports that the release reads rightly.

Conversations, their order, turns, steps, messages, tool calls and times are the same. What differs stands in
`DIFFERENCES`, each with its reason and with what holds between the two values; nothing else may differ, and each must.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from compat.exports import OFFERED, PLANS, PROJECT, write_export
from compat.release import ROOT, release_python

SEED = 53
CONVERSATIONS = 20 * len(PLANS)
ABSENT = "<absent>"

Tree = Any


@dataclass(frozen=True)
class Difference:
    """Why the values under a path differ, and what holds between the release's and ours wherever they do."""

    path: str
    reason: str
    holds: Callable[[Any, Any], bool]


def added(release: Any, ours: Any) -> bool:
    return release is None and ours is not None


def is_half(release: float, ours: float) -> bool:
    return abs(ours * 2 - release) < 1e-11  # costs are counted in units of 1e-12 dollars


def is_hash(value: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", value) is not None


MESSAGE = "steps[].messages[]"
DIFFERENCES = (
    Difference(
        "task.total_tokens",
        "each model call counts once: the release adds the sums that parents hold to those of their children",
        is_half,
    ),
    Difference("task.total_cost", "each model call counts once, as with tokens", is_half),
    Difference("metrics.tokens_generated", "each model call counts once, as with total tokens", is_half),
    Difference(
        "metrics.num_tool_response_none",
        "tool messages without a text are counted; the release leaves null",
        lambda release, ours: release is None and ours == 0,
    ),
    Difference("reward", "feedback of the traces is the reward", added),
    Difference("metrics.aggregated_reward", "feedback of the traces is the reward", added),
    Difference("execution_metrics.llm_time", "time of the model calls is summed", added),
    Difference("execution_metrics.env_time", "time of the tool runs is summed", added),
    Difference(
        "error",
        "a tool that failed inside a turn that ended well is no error of the conversation: the model went on",
        lambda release, ours: release.startswith("ValueError: ") and ours is None,
    ),
    Difference(
        "execution_metrics.termination_reason",
        "follows the error",
        lambda release, ours: (release, ours) == ("ERROR", "ENV_DONE"),
    ),
    Difference(
        "telemetry.data.source_run_ids",
        "every run of every trace that was used, roots of traces first; the release names the first trace only",
        lambda release, ours: release == ours[:1] and len(ours) == len(set(ours)) > 1,
    ),
    Difference(
        "telemetry.data.trace_ids",
        "every trace of the conversation, in order",
        lambda release, ours: release == ABSENT and len(ours) == len(set(ours)) > 0,
    ),
    Difference(
        "telemetry.data.project_id",
        "the project that the runs were recorded in",
        lambda release, ours: (release, ours) == (ABSENT, PROJECT),
    ),
    Difference(
        "telemetry.data.content_hash",
        "the content differs",
        lambda release, ours: is_hash(release) and is_hash(ours),
    ),
    Difference(
        "telemetry.data.idempotency_key",
        "holds the content hash",
        lambda release, ours: release.rpartition(":")[0] == ours.rpartition(":")[0],
    ),
    Difference(
        "steps[].trainable_status",
        "a step that ends with an answer of the recorded model can be trained on",
        lambda release, ours: (release, ours) == ("not_trainable", "trainable"),
    ),
    Difference(
        f"{MESSAGE}.trainable_status",
        "an answer of the recorded model can be trained on",
        lambda release, ours: (release, ours) == ("not_trainable", "trainable"),
    ),
    Difference(f"{MESSAGE}.metadata", "run and time that a message comes from", added),
    Difference(f"{MESSAGE}.usage", "tokens of the call that gave the answer", added),
    Difference(
        f"{MESSAGE}.finish_reason",
        "why the model stopped, as it said",
        lambda release, ours: (release, ours) == (None, "stop"),
    ),
    Difference(f"{MESSAGE}.reasoning", "the model's reasoning is kept", added),
    Difference(
        f"{MESSAGE}.tool_definitions",
        "tools stand on the answer of the call that they were offered to; the release puts them on the first message",
        lambda release, ours: [OFFERED] in (release, ours) and None in (release, ours),
    ),
    Difference(
        f"{MESSAGE}.content",
        "an empty text beside tool calls is null, whichever of the two the client wrote",
        lambda release, ours: release == "" and ours is None,
    ),
    Difference(
        f"{MESSAGE}.tool_response.response",
        "what the model was shown of a failed tool; the release has the result of the tool's run alone",
        added,
    ),
    Difference(
        f"{MESSAGE}.tool_response.error",
        "the sentence of the exception, without its class and traceback",
        lambda release, ours: release == f"ValueError: {ours}",
    ),
)


@dataclass(frozen=True)
class Side:
    """What one package made of the export."""

    trees: list[Tree]
    limits: dict[int, list[str]]
    files: dict[str, str]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """The release's results and ours; ours has no key to read a local file with."""
    folder = tmp_path_factory.mktemp("imports")
    export = folder / "export.parquet"
    write_export(export, SEED, CONVERSATIONS)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LANGSMITH_", "LANGCHAIN_"))}
    clean["PYTHONPATH"] = str(ROOT / "tests")
    keyed = {**clean, "LANGSMITH_API_KEY": "none", "LANGSMITH_ENDPOINT": "http://127.0.0.1:9"}
    made = []
    for name, python, environment in (("release", release_python(), keyed), ("ours", Path(sys.executable), clean)):
        command = [python, "-m", "compat.import_runner", export, folder / f"{name}.pickle", folder / name]
        done = subprocess.run(
            [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        results = pickle.loads((folder / f"{name}.pickle").read_bytes())
        files = {path.name: path.read_text(encoding="utf-8") for path in (folder / name).iterdir()}
        made.append(Side(results["trees"], results["limits"], files))
    return made[0], made[1]


def differing(release: Tree, ours: Tree, path: str = "") -> Iterator[tuple[str, Tree, Tree]]:
    """Paths and values that differ in value or type: objects and lists of objects are walked, others are values."""
    if isinstance(release, dict) and isinstance(ours, dict):
        for name in sorted({*release, *ours}):
            yield from differing(release.get(name, ABSENT), ours.get(name, ABSENT), f"{path}.{name}".removeprefix("."))
    elif _objects(release) and _objects(ours) and len(release) == len(ours):
        for one, other in zip(release, ours, strict=True):
            yield from differing(one, other, f"{path}[]")
    elif release != ours or type(release) is not type(ours):
        yield path, release, ours


def _objects(value: Tree) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def differences_of(sides: tuple[Side, Side]) -> Iterator[tuple[str, Tree, Tree]]:
    release, ours = sides
    for one, other in zip(release.trees, ours.trees, strict=True):
        yield from differing(one, other)


def test_the_same_conversations_come_in_the_same_order(sides: tuple[Side, Side]) -> None:
    release, ours = ([tree["task"]["conversation_id"] for tree in side.trees] for side in sides)
    assert len(release) == CONVERSATIONS
    assert ours == release


def test_limits_take_the_same_conversations(sides: tuple[Side, Side]) -> None:
    release, ours = (side.limits for side in sides)
    assert [len(ids) for ids in release.values()] == [1, 3, CONVERSATIONS]
    assert ours == release


def test_fields_come_in_the_same_order(sides: tuple[Side, Side]) -> None:
    def names(tree: Tree) -> Tree:
        return {name: names(tree[name]) for name in tree} if isinstance(tree, dict) else None

    for one, other in zip(*(side.trees for side in sides), strict=True):
        for at in ("task", "metrics", "execution_metrics"):
            assert list(one[at]) == list(other[at])
        assert list(one) == list(other)
        for step, same in zip(one["steps"], other["steps"], strict=True):
            assert list(step) == list(same)
            assert [list(message) for message in step["messages"]] == [list(message) for message in same["messages"]]


def test_what_differs_is_listed_with_its_reason(sides: tuple[Side, Side]) -> None:
    listed = {difference.path: difference for difference in DIFFERENCES}
    assert len(listed) == len(DIFFERENCES)
    for path, release, ours in differences_of(sides):
        assert path in listed, f"{path}: {release!r} in the release, {ours!r} here"
        difference = listed[path]
        assert difference.holds(release, ours), f"{path} ({difference.reason}): {release!r}, {ours!r}"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.path)
def test_what_is_listed_differs(difference: Difference, sides: tuple[Side, Side]) -> None:
    assert difference.path in {path for path, _, _ in differences_of(sides)}, "no longer a difference: take it out"


def test_saved_files_have_the_same_names_and_form(sides: tuple[Side, Side]) -> None:
    release, ours = sides
    assert sorted(ours.files) == sorted(release.files)
    assert len(ours.files) == CONVERSATIONS
    for side in sides:
        for tree in side.trees:
            text = side.files[f"{tree['task']['conversation_id']}.json"]
            assert text == json.dumps(tree, indent=2)
