"""What the pages tell a reader to do works: README and guides are executed."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import trajectory_sdk as tj
from server.conftest import Serve, serve

ROOT = Path(__file__).resolve().parent.parent
__all__ = ["serve"]
PAGES = ["README.md", "docs/getting-started.md", "docs/python.md"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^ *```{language}\n(.*?)^ *```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_programs_of_a_page_run_as_printed(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> None:
    if page == "docs/python.md":  # it uploads
        monkeypatch.setenv("TRAJECTORY_BASE_URL", serve().url)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    commands = [
        line
        for block in blocks(page, "sh")
        for line in block.splitlines()
        if line.strip() and not line.startswith("make ")
    ]
    assert commands or blocks(page, "python")
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    for program in blocks(page, "python"):
        done = subprocess.run(
            [ROOT / ".venv/bin/python", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{program}\n{done.stdout}\n{done.stderr}"


def test_the_packages_named_are_those_that_the_set_up_installs() -> None:
    setup = (ROOT / "tools/setup").read_text(encoding="utf-8")
    installed = {
        name for names in re.findall(r"^(?:system|python)_packages=\(([^)]*)\)", setup, re.M) for name in names.split()
    }
    (command,) = [block for block in blocks("docs/getting-started.md", "text") if block.startswith("apt-get install ")]
    named = set(command.replace("\\\n", " ").splitlines()[0].split()[2:])
    for_tests_and_speed = {"ccache", "libgtest-dev", "libgmock-dev"}
    assert named - {"python3"} == installed - for_tests_and_speed - {"python3"}


def test_the_excerpt_in_the_readme_is_what_the_demo_prints(tmp_path: Path) -> None:
    program = ROOT / ".venv/bin/trajectory"
    subprocess.run([program, "import", ROOT / "examples/export", "--out", tmp_path / "d", "--quiet"], check=True)
    shown = subprocess.run(
        [program, "show", tmp_path / "d", "bcab47dd-26a1-4e58-a8e6-0b903819cd7c"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    excerpts = blocks("README.md", "text")
    assert excerpts
    for excerpt in excerpts:
        assert excerpt in shown


def test_relative_links_lead_to_files() -> None:
    pages = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "README.md" in pages
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8")):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_the_guide_to_a_new_payload_shape_leads_to_a_reader_for_it(tmp_path: Path) -> None:
    """Follows docs/contributing/payload-shape.md in a copy of the checkout: case first, then the one line."""
    page = "docs/contributing/payload-shape.md"
    (run,) = blocks(page, "json")
    (line,) = blocks(page, "cpp")
    source = tmp_path / "runs.jsonl"
    source.write_text(json.dumps(json.loads(run)) + "\n", encoding="utf-8")

    def problems(program: Path) -> dict[str, object]:
        done = subprocess.run(
            [program, "import", source, "--dry-run", "--json"], capture_output=True, text=True, check=False
        )
        found: dict[str, object] = json.loads(done.stdout)["problems"]
        return found

    assert "unknown_part_type" in problems(ROOT / ".venv/bin/trajectory")

    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ["src", "cmake", "CMakeLists.txt", "tools"]:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, copy / name)
    shutil.copytree(ROOT / ".deps", copy / ".deps")
    (copy / ".venv").symlink_to(ROOT / ".venv")
    table = copy / "src/messages/parts.cpp"
    text = table.read_text(encoding="utf-8")
    anchor = '    {"text", PartKind::k_text},\n'
    assert anchor in text
    table.write_text(text.replace(anchor, anchor + line), encoding="utf-8")

    environment = {**os.environ, "CCACHE_BASEDIR": str(copy), "CCACHE_NOHASHDIR": "1"}
    configure = [
        "cmake",
        "-S",
        str(copy),
        "-B",
        str(copy / "build/dev"),
        "-G",
        "Ninja",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
        f"-DPython_EXECUTABLE={ROOT / '.venv/bin/python'}",
    ]
    for command in [configure, ["cmake", "--build", str(copy / "build/dev"), "--target", "trajectory"]]:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert problems(copy / "build/dev/trajectory") == {}


def test_the_reference_is_built_from_docstrings_of_every_public_name(tmp_path: Path) -> None:
    options = ["--docformat", "google", "--output-directory", str(tmp_path)]
    done = subprocess.run(
        [str(ROOT / ".venv/bin/pdoc"), *options, "trajectory_sdk", "!trajectory_sdk._core"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warn" not in done.stderr, done.stderr
    page = (tmp_path / "trajectory_sdk.html").read_text(encoding="utf-8")
    for name in tj.__all__:
        assert f'id="{name}"' in page, name
        value = getattr(tj, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{name} has no docstring"
