"""An environment of its own with release 0.5.3, made once and kept below the build folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "compat.txt"
ENVIRONMENT = ROOT / "build" / "release-0.5.3"


def release_python() -> Path:
    """The interpreter that has release 0.5.3; made anew when the requirements or the Python version changed."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "installed.txt"
    wanted = f"{sys.version}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
        options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check")
        _run(str(python), "-m", "pip", "install", *options, "--requirement", str(REQUIREMENTS))
        stamp.write_text(wanted, encoding="utf-8")
    return python


def answer_of(python: Path, program: Path, url: str, **environment: str) -> Any:
    """The JSON that a program prints last. It is told the address of a platform, and nothing of this environment."""
    ours = ("PYTHONPATH", "TRAJECTORY_API_KEY", "TRAJECTORY_BASE_URL")
    done = subprocess.run(
        [str(python), str(program), url],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name not in ours} | environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"making an environment with release 0.5.3 failed:\n{done.stdout}{done.stderr}"
