"""The house rules hold for this checkout, and each check finds a planted violation."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CMAKE = """
layer(base LINK Xxhash::xxhash)
layer(json LINK base Simdjson::simdjson)
layer(columnar LINK base ArrowWheel::arrow)
layer(build LINK json)
layer(platform/client LINK base)
layer(platform/server LINK json)
bindings(LINK build)
"""


def run_check(name: str, root: Path = ROOT) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / name), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["check_layers", "check_rules"])
def test_this_checkout_keeps_the_rules(name: str) -> None:
    assert run_check(name) == (0, "")


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    write(tmp_path, "CMakeLists.txt", CMAKE)
    (tmp_path / "src").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/json/a.cpp", '#include "base/result.h"'),
        ("src/build/a.cpp", '#include "base/result.h"'),  # through json
        ("src/json/a.cpp", "#include <simdjson.h>"),
        ("src/base/a_test.cpp", "#include <gtest/gtest.h>"),
        ("python/bindings/a.cpp", '#include "build/a.h"'),
        ("src/platform/client/a.cpp", '#include "platform/client/b.h"'),
        ("src/platform/server/a.cpp", '#include "base/result.h"'),
    ],
)
def test_an_include_on_the_link_line_passes(layered: Path, path: str, line: str) -> None:
    write(layered, path, line + "\n")
    assert run_check("check_layers", layered) == (0, "")


@pytest.mark.parametrize(
    ("path", "line", "message"),
    [
        ("src/base/a.h", '#include "json/value.h"', "base does not link json"),  # up
        ("src/json/a.h", '#include "columnar/read.h"', "json does not link columnar"),  # sideways
        ("python/bindings/a.cpp", '#include "columnar/read.h"', "bindings does not link columnar"),
        ("src/json/a.h", '#include "value.h"', "write the path from src/"),
        ("src/json/a.h", '#include "extra/value.h"', "extra is not a layer"),
        ("src/build/a.cpp", "#include <simdjson.h>", "does not name Simdjson::simdjson"),
        ("src/base/a.cpp", "#include <gtest/gtest.h>", "does not name tests"),
        ("src/platform/client/a.cpp", '#include "json/value.h"', "platform/client does not link json"),
        ("src/platform/server/a.cpp", '#include "platform/client/b.h"', "server does not link platform/client"),
        ("src/base/a.cpp", "#include <json/value.h>", 'write "json/value.h"'),
        ("src/base/a.cpp", '#include "base/../json/value.h"', "write the path from src/"),
        ("src/base/a.cpp", '/* why */ #include "json/value.h"', "base does not link json"),
        ("src/base/a.cpp", '#include /* why */ "json/value.h"', "base does not link json"),
        ("src/base/a.cpp", "#include <boost/any.hpp>", "no library that tools/check_layers knows"),
        ("src/base/a.cpp", "#include <bzlib.h>", "no library that tools/check_layers knows"),
        ("src/build/a.cpp", '#include "simdjson.h"', "does not name Simdjson::simdjson"),
        ("src/base/a.cc", '#include "json/value.h"', "base does not link json"),
        ("src/base/a.hpp", '#include "json/value.h"', "base does not link json"),
        ("src/base/a.inc", '#include "json/value.h"', "base does not link json"),
    ],
)
def test_an_include_off_the_link_line_is_named(layered: Path, path: str, line: str, message: str) -> None:
    write(layered, path, f"#pragma once\n{line}\n")
    status, output = run_check("check_layers", layered)
    assert status == 1
    assert output.startswith(f"{path}:2: ")
    assert message in output


def test_a_link_line_that_points_up_is_named(layered: Path) -> None:
    write(layered, "CMakeLists.txt", "layer(base LINK json)\nlayer(json)\n")
    assert run_check("check_layers", layered) == (
        1,
        "CMakeLists.txt: base links json, which is not a layer named above it\n",
    )


def test_a_file_beside_the_layers_is_named(layered: Path) -> None:
    write(layered, "src/stray.cc", "int stray;\n")
    assert run_check("check_layers", layered) == (1, "src/stray.cc: stands in no layer's folder\n")


def test_an_include_in_a_comment_or_a_string_is_none(layered: Path) -> None:
    lines = ["// see", '// #include "json/value.h"', "/*", '#include "json/value.h"', "*/", 'auto url = "http://a";']
    write(layered, "src/base/a.cpp", "\n".join(lines) + "\n#include <sys/stat.h>\n#include <vector>\n")
    assert run_check("check_layers", layered) == (0, "")


def test_a_folder_without_a_link_line_is_named(layered: Path) -> None:
    write(layered, "src/stray/a.h", "#pragma once\n")
    assert run_check("check_layers", layered) == (1, "src/stray: has no line in CMakeLists.txt\n")


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("src/base/a.cpp", "//\n" * 601, "601 lines, at most 600"),
        ("src/base/a.h", "struct A {};\n", "needs #pragma once"),
        ("src/utils/a.cpp", "", "says nothing about what is in it"),
        ("docs/guide.md", "see /" + "work/main\n", "a path of one machine"),
        ("README.md", "from https://pypi" + ".org/simple\n", "package registry's host name"),
        ("src/base/a.cpp", "// TO" + "DO: later\n", "a note for later"),
        ("src/base/a_test.cpp", "TEST(A, DIS" + "ABLED_b) {}\n", "switched off"),
        ("src/base/a.cpp", 'auto x = std::getenv("X");\n', "reads the environment"),
        ("src/base/a.cpp", "std::cerr << 1;\n", "prints below the front ends"),
        ("src/base/a.cpp", "std::exit(1);\n", "ends the program"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, path: str, text: str, message: str) -> None:
    write(tmp_path, path, text)
    status, output = run_check("check_rules", tmp_path)
    assert status == 1
    assert message in output
    assert output.count("\n") == 1


def test_rules_leave_harmless_text_alone(tmp_path: Path) -> None:
    write(tmp_path, "src/base/a.cpp", 'int n = std::snprintf(buffer, size, "%d", 1);  // frame/work/flow\n')
    write(tmp_path, "src/cli/main.cpp", 'std::cerr << std::getenv("COLUMNS");\n')
    write(tmp_path, "examples/runs.jsonl", '{"cwd": "/' + 'home/ada"}\n')
    assert run_check("check_rules", tmp_path) == (0, "")


def test_files_that_git_ignores_are_nobodys_business(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    write(tmp_path, ".gitignore", "/out/\n")
    write(tmp_path, "out/utils/a.md", "TO" + "DO\n")
    assert run_check("check_rules", tmp_path) == (0, "")
    write(tmp_path, ".gitignore", "")
    assert run_check("check_rules", tmp_path)[0] == 1


def test_the_build_requirements_are_pinned_alike_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = {line for line in project["build-system"]["requires"] if "==" in line}
    listed = set((ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines())
    assert pinned
    assert pinned <= listed


def test_every_requirement_is_pinned() -> None:
    for file in (ROOT / "requirements").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            pin = r"[\w.-]+(\[[\w,]+\])?==[\w.]+( --hash=sha256:[0-9a-f]{64})*"
            assert re.fullmatch(rf"#.*|{pin}", line), f"{file.name}: {line}"
