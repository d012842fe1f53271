"""The identity of an upload: one hash, computed by the engine from JSON and by the package from objects."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import _core
from trajectory_sdk.canonical import canonical_json
from trajectory_sdk.errors import SourceError

TEXTS = (
    "",
    "a",
    "Grüße, 東京",
    "line\nbreak\t\x00\x7f\u2028",
    '"quoted" \\',
    "😀",
    "null",
    "idx",
    "\ud800",
    "z" * 9000,
)
NUMBERS = (0, 1, -1, 10**30, -(10**20), 1e-7, 1e16, 1e22, 12.5, 0.1, -0.0, 5e-324, 1.7976931348623157e308)
FILLERS: tuple[Callable[[dict[str, Any]], str], ...] = (
    json.dumps,
    lambda tree: json.dumps(tree, indent=2),
    lambda tree: json.dumps(tree, separators=(",", ":")),
)


def value(chance: random.Random, depth: int = 3) -> Any:
    kind = chance.randrange(6 if depth else 4)
    if kind == 0:
        return chance.choice((None, True, False))
    if kind == 1:
        return chance.choice(NUMBERS)
    if kind < 4:
        return chance.choice(TEXTS)
    if kind == 4:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(TEXTS): value(chance, depth - 1) for _ in range(chance.randrange(24))}


def tree(seed: int) -> dict[str, Any]:
    """A trajectory of odd values whose steps repeat messages, whole, in part and out of order."""
    chance = random.Random(seed)
    pool = [{"role": "user", "n": n, "metadata": value(chance), "content": value(chance)} for n in range(5)]
    steps = [
        {"messages": chance.choices(pool, k=chance.randrange(6)), "info": value(chance), "trainable_status": "x"}
        for _ in range(chance.randrange(5))
    ]
    names = ("reward", "metrics", "execution_metrics", "reference_trajectory", "error", "trace_id", "model_id", "idx")
    return {
        "task": {"id": value(chance), "more": value(chance)},
        "steps": steps,
        "telemetry": value(chance),
        **{name: value(chance) for name in names},
    }


def expected(whole: dict[str, Any]) -> str:
    counted = {name: item for name, item in whole.items() if name != "telemetry"}
    return hashlib.sha256(canonical_json(counted).encode("utf-8", "surrogatepass")).hexdigest()


@pytest.mark.parametrize("fill", FILLERS)
def test_engine_and_package_agree_on_odd_values(fill: Callable[[dict[str, Any]], str]) -> None:
    for seed in range(300):
        whole = tree(seed)
        assert _core.upload_hash(fill(whole).encode()) == expected(whole), seed


def test_a_built_trajectory_has_the_hash_of_its_tree() -> None:
    messages = [tj.Message("user", "ask"), tj.Message("assistant", "answer"), tj.Message("user", "ask")]
    reward = tj.build_reward_from_scalar(0.5)
    built = tj.build_trajectory_from_messages(messages, conversation_id="c", data_source="d", reward=reward)
    whole = dataclasses.asdict(built)
    assert _core.upload_hash(json.dumps(whole).encode()) == expected(whole)
    other = dataclasses.replace(built, telemetry=None)
    assert _core.upload_hash(json.dumps(dataclasses.asdict(other)).encode()) == expected(whole), "telemetry counts not"


def test_what_is_no_trajectory_is_an_error_that_names_the_place() -> None:
    with pytest.raises(SourceError, match="steps"):
        _core.upload_hash(b'{"task": {}}')
