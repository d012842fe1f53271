"""Each bucket server in turn, and an environment without accounts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bucket_servers import Server, start_server


@pytest.fixture(scope="session", params=["gs", "s3"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the servers in turn."""
    started = start_server(request.param, tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the user's own accounts is used: no files of credentials, no servers that hand some out."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "AZURE_", "STORAGE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if "server" in request.fixturenames:
        for name, value in request.getfixturevalue("server").variables.items():
            monkeypatch.setenv(name, value)
