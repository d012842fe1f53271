"""The engine and the Arrow libraries do not use each other's inner libraries.

libparquet shows its own simdjson and a whole libcrypto to the dynamic linker. Were ours visible too, the two versions
would mix without a word. The dynamic linker's own log says which library each symbol was taken from.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [str(Path(sys.prefix) / "bin" / "trajectory"), "--version"]
EXTENSION = [sys.executable, "-c", "import trajectory_sdk"]

BINDING = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: \w+ symbol `([^']+)'")


def find_bindings(command: list[str]) -> list[tuple[str, str, str]]:
    """Every (user, provider, symbol) the dynamic linker reports, files by their names alone."""
    environment = {**os.environ, "LD_BIND_NOW": "1", "LD_DEBUG": "bindings"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=True)
    return [(Path(a).name, Path(b).name, symbol) for a, b, symbol in BINDING.findall(done.stderr)]


def is_ours(file: str) -> bool:
    return file == "trajectory" or file.startswith("_core.")


def find_clashes(bindings: list[tuple[str, str, str]]) -> Iterator[str]:
    for user, provider, symbol in bindings:
        if is_ours(provider) and user.startswith("lib") and "simdjson" in symbol:
            yield f"{user} uses our {symbol}"
        if is_ours(user) and provider.startswith("lib") and "simdjson" in symbol:
            yield f"{user} uses {provider}'s {symbol}"
        outside = not user.startswith(("libparquet", "libarrow"))
        if outside and provider.startswith("libparquet") and re.match(r"(EVP|SSL|CRYPTO|OPENSSL|X509|BN)_", symbol):
            yield f"{user} uses libparquet's {symbol}"


@pytest.mark.parametrize("command", [PROGRAM, EXTENSION], ids=["program", "extension"])
def test_no_symbol_is_taken_from_the_wrong_library(command: list[str]) -> None:
    bindings = find_bindings(command)
    assert any(user.startswith("libparquet") for user, _, _ in bindings), "the log shows no Parquet library"
    assert list(find_clashes(bindings)) == []


@pytest.mark.parametrize(
    "binding",
    [
        ("libparquet.so.2600", "trajectory", "_ZN8simdjson5errorE"),
        ("libparquet.so.2600", "_core.cpython-311-x86_64-linux-gnu.so", "_ZN8simdjson5errorE"),
        ("trajectory", "libparquet.so.2600", "_ZN8simdjson13validate_utf8EPKcm"),
        ("libssl.so.3", "libparquet.so.2600", "EVP_MD_fetch"),
        ("trajectory", "libparquet.so.2600", "EVP_MD_CTX_new"),
    ],
)
def test_a_wrong_binding_is_found(binding: tuple[str, str, str]) -> None:
    right = ("libparquet.so.2600", "libcrypto.so.3", "EVP_MD_fetch")
    assert len(list(find_clashes([right, binding]))) == 1
