"""The client against a double of the public platform, and against our own server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trajectory_sdk as tj
from conftest import TRUTH
from server.conftest import serve, server
from trajectory_sdk import api

from .double import Platform

__all__ = ["serve", "server"]
KEY = "the-platform-key-0123456789"


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """The double; `init` was called for it."""
    monkeypatch.setenv("TRAJECTORY_API_KEY", KEY)
    with Platform() as double:
        tj.init(project_id="p", base_url=double.url)
        yield double
    api._State.config = None


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The true traces, imported: a dataset, JSON lines and the contract's files."""
    folder = tmp_path_factory.mktemp("truth") / "out"
    tj.init(provider="langsmith", project_id="p")
    imported = tj.import_conversations(bulk=True, source=TRUTH / "export.parquet", out=folder / "parquet")
    tj.save(imported, folder / "json")
    lines = (json.dumps(json.loads(t._source().record())) for t in imported)  # type: ignore[union-attr]
    (folder / "lines.jsonl").write_text("".join(f"{line}\n" for line in lines))
    api._State.config = None
    return folder


def built(number: int, **fields: object) -> tj.Trajectory:
    """A conversation of one question and its answer."""
    return tj.build_trajectory_from_messages(
        [tj.Message("user", f"question {number}"), tj.Message("assistant", f"\u00e4ntwort {number}")],
        conversation_id=f"c{number}",
        data_source="test",
        **fields,  # type: ignore[arg-type]
    )


def record(conversation_id: str, *texts: str) -> dict[str, object]:
    """A native record in which user and assistant say these texts in turn."""
    messages = [
        {
            "role": ("user", "assistant")[place % 2],
            "content": text,
            "trainable_status": "not_trainable",
            "origin": {"kind": "verbatim"},
        }
        for place, text in enumerate(texts)
    ]
    return {"conversation_id": conversation_id, "messages": messages, "calls": []}
