"""The make targets work from an empty environment, in this checkout and in a clean copy of it.

The copy holds the project's files, nothing built. Only `.venv` and `.deps` are taken over (as hard links): fetching
the same packages again would need the network and prove nothing new. The compiler cache makes its build short.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def make(target: str, root: Path) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/env", "-i", "/usr/bin/make", "-C", str(root), target]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


@pytest.fixture(scope="module")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("clean") / "checkout"
    command = [str(ROOT / "tools" / "list_files")]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in names:
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for folder in (".venv", ".deps"):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, copy_function=link_or_copy)
    (copy / ".venv" / ".installed-engine").unlink()
    return copy


def test_help_names_every_target() -> None:
    done = make("help", ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    for target in ("demo", "sandbox", "test", "install", "bench", "lint", "clean"):
        assert f"make {target} " in done.stdout


def test_the_demo_runs_where_everything_is_set_up() -> None:
    assert make("install", ROOT).returncode == 0
    done = make("demo", ROOT)
    assert done.returncode == 0, done.stderr
    assert "set-up:" not in done.stdout, "the second set-up has nothing left to do"
    assert "Equal records by bulk export, by queries of both versions, and from the files" in done.stdout


def test_the_demo_runs_in_a_clean_copy(clean_copy: Path) -> None:
    done = make("demo", clean_copy)
    assert done.returncode == 0, done.stderr
    assert "set-up: building the engine" in done.stdout
    assert (clean_copy / ".venv" / "bin" / "trajectory").read_bytes().startswith(b"\x7fELF")


def test_the_package_of_a_clean_copy_is_its_own(clean_copy: Path) -> None:
    assert make("install", clean_copy).returncode == 0
    command = [str(clean_copy / ".venv" / "bin" / "python"), "-c", "import trajectory_sdk as t; print(t.__file__)"]
    done = subprocess.run(command, env={}, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(clean_copy / "python" / "trajectory_sdk" / "__init__.py")


def test_a_wheel_holds_the_program_the_extension_and_the_types(clean_copy: Path) -> None:
    command = [str(clean_copy / ".venv" / "bin" / "python"), "-m", "pip", "wheel", "--no-build-isolation", "--no-deps"]
    command += ["--quiet", "--wheel-dir", str(clean_copy / "dist"), "-Cbuild-dir=build/dev", str(clean_copy)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = (clean_copy / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    version = wheel.name.split("-")[1]
    assert f"trajectory_sdk-{version}.data/scripts/trajectory" in names
    assert f"trajectory_sdk-{version}.dist-info/licenses/LICENSE" in names
    assert {"trajectory_sdk/__init__.py", "trajectory_sdk/_core.pyi", "trajectory_sdk/py.typed"} <= set(names)
    assert any(name.startswith("trajectory_sdk/_core.") and name.endswith(".so") for name in names)
    assert not [name for name in names if name.endswith((".cpp", ".h", ".a")) or "test" in name]


def test_the_program_and_the_package_are_of_one_version() -> None:
    program = [str(ROOT / ".venv" / "bin" / "trajectory"), "--version"]
    done = subprocess.run(program, env={}, capture_output=True, text=True, check=True)
    assert importlib.metadata.version("trajectory-sdk") in done.stdout


def test_a_failed_set_up_says_what_failed_and_where_to_look(clean_copy: Path) -> None:
    assert make("install", clean_copy).returncode == 0
    broken = clean_copy / "src" / "base" / "broken.cpp"
    broken.write_text("not C++;\n", encoding="utf-8")
    done = make("install", clean_copy)
    broken.unlink()
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make:")]
    assert len(lines) == 1
    assert lines[0].startswith("set-up failed at engine: ")
    assert "broken.cpp:1:" in lines[0]
    assert lines[0].endswith("(log: build/logs/engine.log)")
