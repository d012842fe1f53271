"""The package's types: what type checkers of its users see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "python" / "trajectory_sdk"


def mypy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_package_and_tests_pass_the_strict_type_check() -> None:
    done = mypy()
    assert done.returncode == 0, done.stdout


def test_the_extension_has_the_types_that_stand_beside_it() -> None:
    generated = (ROOT / "build" / "dev" / "_core.pyi").read_text(encoding="utf-8")
    kept = (PACKAGE / "_core.pyi").read_text(encoding="utf-8")
    assert kept == generated, "copy build/dev/_core.pyi to python/trajectory_sdk (tools/lint --fix does)"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("tj.import_conversations(bulk=True, source='x')[0].nothing", "has no attribute"),
        ("tj.load('x')[0].steps[0].messages[0].content.upper()", "union-attr"),
        ("tj.to_arrow([], rows='token')", "arg-type"),
        ("reveal_type(tj.load('x')[0].calls[0].context)", "list[tuple[int, int]]"),
        ("reveal_type(tj.open('x')[0:2])", "list[trajectory_sdk.primitives.primitives.Trajectory]"),
    ],
)
def test_programs_of_users_are_checked(line: str, error: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"import trajectory_sdk as tj\n\n{line}\n", encoding="utf-8")
    done = mypy("--strict", "--config-file=", "--ignore-missing-imports", program)
    assert error in done.stdout.replace("builtins.", "")
