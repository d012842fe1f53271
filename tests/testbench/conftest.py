"""The double as a process of its own, and ways to speak to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from langsmith import Client
from testbench.langsmith.process import start_double, stop_double


@dataclass
class Double:
    """What the announcement says, and the calls that tests make most."""

    about: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.about["langsmith"])

    def client(self) -> Client:
        """The official client; what it recorded has arrived after `flush()`."""
        return Client(api_url=self.url, api_key=self.about["api_key"])

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"X-API-Key": self.about["api_key"], **options.pop("headers", {})}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=60, **options)

    def get(self, path: str, **options: Any) -> Any:
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, **settings: Any) -> None:
        answer = self.call("PATCH", "/_testbench/settings", settings)
        assert answer.status_code == 200, answer.text

    def fault(self, path: str, kind: str, *, method: str = "*", skip: int = 0, times: int = 1, **action: Any) -> None:
        script = {"path": path, "method": method, "skip": skip, "times": times, "action": {"kind": kind, **action}}
        self.post("/_testbench/faults", script)

    def generate(self, project: str, traces: int, **plan: Any) -> str:
        """Fills a project; returns its id."""
        made = self.post("/_testbench/generate", {"project": project, "traces": traces, **plan})
        return str(made["project_id"])

    def query(self, body: Any, path: str = "/api/v1/runs/query") -> Any:
        return self.post(path, body)

    def pages(self, body: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """Every page of a v1 query."""
        cursor = None
        while True:
            page = self.query({**body, "cursor": cursor} if cursor else body)
            yield page["runs"]
            cursor = page["cursors"]["next"]
            if cursor is None:
                return

    def export(self, project_id: str, destination: str = "s3", **body: Any) -> dict[str, Any]:
        """Asks for an export of the days around the generated runs and waits for its end."""
        asked = {
            "bulk_export_destination_id": self.about["destinations"][destination],
            "session_id": project_id,
            "start_time": "2026-11-01T00:00:00Z",
            "end_time": "2026-11-05T00:00:00Z",
            **body,
        }
        return self.wait(self.post("/api/v1/bulk-exports", asked)["id"])

    def wait(self, export_id: str, *statuses: str) -> dict[str, Any]:
        """The export once it has one of the statuses, by default one that is final."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            export: dict[str, Any] = self.get(f"/api/v1/bulk-exports/{export_id}")
            if export["status"] in (statuses or ("Completed", "Failed", "Cancelled", "TimedOut")):
                return export
            time.sleep(0.05)
        raise AssertionError(f"the export is still {export['status']}")

    def days(self, export: dict[str, Any]) -> list[dict[str, Any]]:
        days: list[dict[str, Any]] = self.get(f"/api/v1/bulk-exports/{export['id']}/runs")
        return days


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The client announces the end of v1 with every call; v1 is what most tests here are about."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:.*(deprecated|will be removed).*"))


@pytest.fixture(scope="session")
def running_double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    process, about = start_double(tmp_path_factory.mktemp("double"))
    yield Double(about)
    stop_double(process)


@pytest.fixture
def double(running_double: Double) -> Iterator[Double]:
    """The double as after its start; fails a test whose faults were not consumed."""
    running_double.post("/_testbench/reset", {"data": True})
    yield running_double
    assert running_double.get("/_testbench/faults")["unconsumed"] == []
