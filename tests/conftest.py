"""What the tests share: the built program, and a way to run it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRUTH = ROOT / "tests" / "data" / "truth"

Run = Callable[..., subprocess.CompletedProcess[str]]


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
