"""Program and package against the double of LangSmith, which runs as a process of its own on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api

from testbench.langsmith.process import start_double, stop_double

PROGRAM = Path(sys.prefix) / "bin" / "trajectory"
QUERY = "/api/*/runs/query"


@dataclass
class Live:
    """The double, and the program with what it needs to reach it."""

    about: dict[str, Any]
    folder: Path
    written: list[str] = field(default_factory=list)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.about["langsmith"] + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        request.add_header("X-API-Key", self.about["api_key"])
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def set(self, **settings: Any) -> None:
        self.control("PATCH", "/_testbench/settings", settings)

    def fault(self, path: str, kind: str, *, method: str = "*", skip: int = 0, times: int = 1, **action: Any) -> None:
        script = {"path": path, "method": method, "skip": skip, "times": times, "action": {"kind": kind, **action}}
        self.control("POST", "/_testbench/faults", script)

    def generate(self, project: str, traces: int, **plan: Any) -> str:
        return str(
            self.control("POST", "/_testbench/generate", {"project": project, "traces": traces, **plan})["project_id"]
        )

    def calls(self, path: str, method: str = "POST") -> list[dict[str, Any]]:
        found = self.control("GET", f"/_testbench/requests?method={method}&path={path}")
        calls: list[dict[str, Any]] = found["requests"] if isinstance(found, dict) else found
        return calls

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.folder),
            "LANGSMITH_API_KEY": self.about["api_key"],
            "LANGSMITH_ENDPOINT": self.about["langsmith"],
            "LANGSMITH_WORKSPACE_ID": self.about["workspace_id"],
            "AWS_ACCESS_KEY_ID": self.about["s3_access_key"],
            "AWS_SECRET_ACCESS_KEY": self.about["s3_secret_key"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(PROGRAM), *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        self.written += [out, err]
        if status is not None:
            assert process.returncode == status, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def check_written(self) -> None:
        """No key stands in anything that was printed, or in any file: journals, answers, outputs, leftovers."""
        secrets = [self.about["api_key"], self.about["s3_secret_key"]]
        for text in self.written:
            assert not any(secret in text for secret in secrets)
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "config":
                content = path.read_bytes()
                assert not any(secret.encode() in content for secret in secrets), path

    def imported(self, project: str, name: str, *options: str) -> bytes:
        """Imports a project; the records."""
        self.run("import", f"langsmith://{project}", "--out", str(self.folder / name), *options)
        return self.records(name)

    def records(self, name: str) -> bytes:
        return b"".join(path.read_bytes() for path in sorted((self.folder / name).glob("train-*.parquet")))

    def bulk(self, destination: str = "s3") -> tuple[str, ...]:
        """Options of the bulk route to one of the double's buckets."""
        chosen = ("--route", "bulk", "--destination", str(self.about["destinations"][destination]))
        if destination == "s3":
            return chosen
        storage = ("--storage-option", f"endpoint_url={self.about['gcs']}", "--storage-option", "token=anon")
        return (*chosen, "--bucket", f"gs://{self.about['bucket']}", *storage)


def wait_until(found: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def announcement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    process, about = start_double(tmp_path_factory.mktemp("double"))
    yield about
    stop_double(process)


@pytest.fixture
def live(announcement: dict[str, Any], tmp_path: Path) -> Iterator[Live]:
    """The double as after its start. Fails a test whose faults did not strike, and one that wrote a key anywhere."""
    one = Live(announcement, tmp_path)
    one.control("POST", "/_testbench/reset", {"data": True})
    yield one
    assert one.control("GET", "/_testbench/faults")["unconsumed"] == []
    one.check_written()


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
