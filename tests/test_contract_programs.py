"""Programs written for release 0.5.3 run word for word, without a key where no network is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from compat import builder_programs, programs
from compat.exports import PLANS, write_export
from compat.programs import Program
from compat.release import release_python

PROGRAMS = (*programs.PROGRAMS, *builder_programs.PROGRAMS)
CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("LANG", "TRAJECTORY_", "PYTHONPATH"))
} | {"PYTHONUTF8": "1"}
KEYED = CLEAN | {"LANGSMITH_API_KEY": "none", "LANGSMITH_ENDPOINT": "http://127.0.0.1:9"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the export that programs read."""
    write_export(tmp_path / "export.parquet", 53, len(PLANS))
    return tmp_path


def run(python: Path | str, program: Program, folder: Path, environment: dict[str, str]) -> str:
    (folder / "program.py").write_text(program.text, encoding="utf-8")
    done = subprocess.run(
        [str(python), "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_runs_word_for_word(program: Program, folder: Path) -> None:
    assert run(sys.executable, program, folder, CLEAN) == program.prints


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if not program.differs], ids=lambda program: program.name
)
def test_it_does_the_same_on_the_release(program: Program, folder: Path) -> None:
    assert run(release_python(), program, folder, KEYED) == program.prints
