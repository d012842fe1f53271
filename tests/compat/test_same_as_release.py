"""Builders, recipes and helpers give what release 0.5.3 gives, on tens of thousands of generated calls.

Equal are results with their types, orders, number spellings, content hashes and idempotency keys; classes of errors
(ours derive from them and from `TrajectoryError`); and the indices that an error names.
"""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from compat.cases import Cases
from compat.release import ROOT, release_python
from trajectory_sdk.primitives import primitives

SEED = 53
COUNT = 2500
KINDS = list(Cases(SEED, tj, primitives).kinds)
RECIPES = ("openai", "anthropic", "vercel")
INDEX = re.compile(r"(message|block|part) (\d+)")

Outcomes = dict[str, list[tuple[str, Any]]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcomes, Outcomes]:
    """What came out of the release and of this package."""
    folder = tmp_path_factory.mktemp("outcomes")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONHASHSEED": "0"}
    files = [folder / "release", folder / "ours"]
    processes = [
        subprocess.Popen(
            [str(python), "-m", "compat.runner", str(file), str(SEED), str(COUNT)], cwd=folder, env=environment
        )
        for python, file in zip((release_python(), Path(sys.executable)), files, strict=True)
    ]
    assert [process.wait(timeout=300) for process in processes] == [0, 0]
    release, ours = (pickle.loads(file.read_bytes()) for file in files)
    return release, ours


@pytest.mark.parametrize("kind", KINDS)
def test_gives_the_same(kind: str, outcomes: tuple[Outcomes, Outcomes]) -> None:
    release, ours = (side[kind] for side in outcomes)
    assert len(release) == len(ours) == COUNT
    for number, (expected, got) in enumerate(zip(release, ours, strict=True)):
        show = f"python -m compat.runner - {SEED} {COUNT} {kind} {number}"
        assert got[0] == expected[0], show
        if expected[0] == "value":
            assert got[1] == expected[1], show
            continue
        (expected_classes, expected_sentence), (classes, sentence) = expected[1], got[1]
        assert expected_classes[0] in classes, show
        assert "TrajectoryError" in classes, show
        if kind in RECIPES:
            assert set(INDEX.findall(expected_sentence)) <= set(INDEX.findall(sentence)), show


@pytest.mark.parametrize("kind", [*RECIPES, "from_messages", "from_parsed", "recipe_and_builder"])
def test_cases_succeed_and_fail_often_enough(kind: str, outcomes: tuple[Outcomes, Outcomes]) -> None:
    ended = [outcome[0] for outcome in outcomes[0][kind]]
    assert ended.count("value") > COUNT / 6
    assert ended.count("error") > COUNT / 6


def test_declares_the_same_types_and_parameters(outcomes: tuple[Outcomes, Outcomes]) -> None:
    release, ours = (side["declarations"][0][1] for side in outcomes)
    assert len(release) > 30
    assert ours == release
