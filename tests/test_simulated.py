"""Made-up conversations, played by seed, import to what their models saw and said.

tests/simulate plays scripted models in applications with the habits that real ones have (windows, compactions, retries,
branches, helpers, sub-agents, ...) and writes the runs as the client libraries do. What no reading of the rows could
tell is not played.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "simulate"))

import habits  # noqa: E402
import run as simulated  # noqa: E402

Played = list[tuple[str, list[dict[str, Any]], dict[str, Any]]]


def import_records(program: Path, played: Played, folder: Path) -> dict[str, Any]:
    rows = folder / "runs.jsonl"
    rows.write_text(simulated.shuffled_lines(played), encoding="utf-8")
    out = folder / "out"
    command = [str(program), "import", str(rows), "--out", str(out), "--format", "jsonl", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines: dict[str, Any] = simulated.read_records((out / "trajectories.jsonl").read_text(encoding="utf-8"))
    return lines


def wrong(program: Path, played: Played, folder: Path) -> list[str]:
    """Names of the conversations that lack anything, with what they lack."""
    found = import_records(program, played, folder)
    out = []
    for _, _, truth in played:
        losses = simulated.losses(truth, found.get(truth["conversation_id"]))
        if losses:
            out.append(f"{truth['name']}: {', '.join(losses)}")
    return out


def test_every_habit_alone(program: Path, tmp_path: Path) -> None:
    assert wrong(program, list(simulated.cases(range(8), habits.ALONE, 0, None)), tmp_path) == []


def test_two_habits_at_once(program: Path, tmp_path: Path) -> None:
    assert wrong(program, list(simulated.cases(range(400), habits.ALONE, 2, None)), tmp_path) == []


@pytest.mark.parametrize("habit", ["window", "compaction_in_turn", "switch"])
def test_a_record_that_lacks_a_message_is_found(program: Path, habit: str, tmp_path: Path) -> None:
    played = list(simulated.cases(range(1), [habit], 0, "openai"))
    truth = played[0][2]
    found = import_records(program, played, tmp_path)[truth["conversation_id"]]
    del found["messages"][2]
    assert simulated.losses(truth, found)
