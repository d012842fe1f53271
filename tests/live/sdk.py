"""The Python package against the double, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api

from .conftest import Live


@dataclass
class Sdk:
    """`init` with what reaches the double, and what imports write."""

    live: Live

    def init(self, project: str = "shop", destination: str = "s3", **settings: Any) -> None:
        about = self.live.about
        buckets = {
            "s3": {"key": about["s3_access_key"], "secret": about["s3_secret_key"]},
            "gcs": {"endpoint_url": about["gcs"], "token": "anon"},
        }
        given = {
            "project_id": project,
            "provider": "langsmith",
            "api_key": about["api_key"],
            "workspace_id": about["workspace_id"],
            "destination_id": about["destinations"][destination],
            "langsmith_url": about["langsmith"],
            "storage_options": buckets[destination],
        }
        tj.init(**{**given, **settings})

    def imported(self, name: str, **arguments: Any) -> bytes:
        """An import into a folder; its records."""
        tj.import_conversations(out=self.live.folder / name, **arguments)
        return self.live.records(name)

    def states(self) -> list[Path]:
        """What interrupted imports left."""
        folder = self.live.folder / ".local/state/trajectory"
        return list(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def sdk(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sdk]:
    """A process that knows nothing of LangSmith but what `init` is given."""
    for name in list(os.environ):
        if name.startswith(("LANGSMITH_", "LANGCHAIN_", "AWS_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(live.folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield Sdk(live)
    api._State.config = None
