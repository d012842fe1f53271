"""What the tests share: the built program, a way to run it, and rows to give it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRUTH = ROOT / "tests" / "data" / "truth"

Run = Callable[..., subprocess.CompletedProcess[str]]
Row = dict[str, Any]


@pytest.fixture(scope="session")
def program() -> Path:
    """The installed program."""
    path = ROOT / ".venv" / "bin" / "trajectory"
    assert path.exists(), "run make install first"
    return path


@pytest.fixture(scope="session")
def run(program: Path) -> Run:
    """Runs the program; checks the exit status, 0 unless `status` says otherwise."""

    def run_program(
        *arguments: str | Path, status: int = 0, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
        assert done.returncode == status, (
            f"{' '.join(command)} -> {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done

    return run_program


@pytest.fixture
def initialised() -> Iterator[None]:
    """`init` was called, for this test alone."""
    import trajectory_sdk as tj
    from trajectory_sdk import api

    tj.init(provider="langsmith", project_id="any")
    yield
    api._State.config = None


def make_row(number: int, thread: str | None = None, **fields: Any) -> Row:
    """A root that is a model call of its own: started at that second of a day, in a conversation of its own."""
    run_id = f"{number:08d}-0000-4000-8000-000000000000"
    stamp = f"{number // 3600 % 24:02d}{number // 60 % 60:02d}{number % 60:02d}"
    row = {
        "id": run_id,
        "trace_id": run_id,
        "name": "model",
        "run_type": "llm",
        "status": "success",
        "start_time": f"2026-11-22T{stamp[:2]}:{stamp[2:4]}:{stamp[4:]}.000000",
        "end_time": f"2026-11-22T{stamp[:2]}:{stamp[2:4]}:{stamp[4:]}.500000",
        "dotted_order": f"20261122T{stamp}000000Z{run_id}",
        "session_id": "project",
        "inputs": {"messages": [{"role": "user", "content": f"question {number}"}]},
        "outputs": {"role": "assistant", "content": f"answer {number}"},
        "extra": {"metadata": {"thread_id": thread or f"thread-{number}"}},
    }
    return {**row, **fields}


def write_lines(path: Path, rows: Sequence[Row | str]) -> Path:
    """Writes runs as JSON lines; a text is a line as it is."""
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Names and bytes of all files below a folder, the import report left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "report.json"
    }


def lines_of(path: Path) -> list[str]:
    """Lines of a JSON-lines file: cut at line feeds alone (texts may hold other line separators)."""
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    return lines
