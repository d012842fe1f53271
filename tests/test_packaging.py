"""Wheels: built for every Python at hand, installed into a clean environment, and used there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
TESTS = (
    "tests/test_python.py",
    "tests/test_handles.py",
    "tests/test_payload.py",
    "tests/test_builders.py",
    "tests/test_recipes.py",
)


def interpreters() -> dict[str, Path]:
    """Pythons on this machine that can make an environment and build an extension."""
    found: dict[str, Path] = {}
    for version in VERSIONS:
        places = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
        if named := shutil.which(f"python{version}"):
            places.insert(0, Path(named))
        check = (
            "import ensurepip, pathlib, sys, sysconfig, venv\n"
            f"assert sys.version.startswith('{version}.')\n"
            "assert (pathlib.Path(sysconfig.get_path('include')) / 'Python.h').exists()"
        )
        for place in places:
            if subprocess.run([str(place), "-c", check], capture_output=True, check=False).returncode == 0:
                found.setdefault(version, place)
    return found


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    # Paths relative to the checkout, so that the compiler cache serves every environment.
    environment = {**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_this_python_is_at_hand() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in interpreters()


@pytest.mark.parametrize("version", interpreters())
def test_the_wheel_installs_and_passes_the_tests(version: str, tmp_path: Path) -> None:
    pins = [line for line in (ROOT / "requirements" / "dev.txt").read_text().splitlines() if "==" in line]

    def pinned(*names: str) -> list[str]:
        return [pin for pin in pins if pin.split("==")[0] in names]

    # The environment that builds stays where it is, so that its include paths, and with them the cache, stay too.
    builder = ROOT / "build" / f"wheel-{version}" / "env"
    if not (builder / "bin" / "python").exists():
        run(interpreters()[version], "-m", "venv", builder)
    python = builder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", *pinned("nanobind", "scikit-build-core", "pyarrow", "pip"))
    run(
        python,
        *("-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", ROOT, "--wheel-dir", tmp_path),
        *("-Ccmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache", f"-Cbuild-dir=build/wheel-{version}/cmake"),
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"trajectory_sdk/py.typed", "trajectory_sdk/_core.pyi", "trajectory_sdk/__init__.py"} <= names
    assert not [name for name in names if "/tests/" in name or name.endswith((".cpp", ".h"))]

    run(interpreters()[version], "-m", "venv", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, *pinned("pytest", "pyarrow", "tqdm"))
    assert " passed" in run(python, "-m", "pytest", "-q", *TESTS)
    assert "site-packages" in run(python, "-c", "import trajectory_sdk; print(trajectory_sdk.__file__)", cwd=tmp_path)
    assert run(tmp_path / "env" / "bin" / "trajectory", "--version").startswith("trajectory ")
