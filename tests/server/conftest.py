"""A real server process on loopback, and what is sent to it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

Tree = dict[str, Any]


class Server:
    """`trajectory serve` on a free port; its standard error goes to a file."""

    def __init__(self, program: Path, data: Path, log: Path, *options: str) -> None:
        self.data, self.log = data, log
        self.announce = log.with_suffix(".json")
        self.announce.unlink(missing_ok=True)
        command = [
            str(program),
            "serve",
            "--data",
            str(data),
            "--port",
            "0",
            "--announce",
            str(self.announce),
            *options,
        ]
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, stderr=out, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.announce.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        self.url = json.loads(self.announce.read_text())["url"]
        self.session = requests.Session()
        self.session.headers["X-API-Key"] = "any"

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer to a question that is answered."""
        answer = self.session.get(self.url + path, params=parameters, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=60, **options)

    def upload(self, *trajectories: Tree, dataset: str = "d") -> Any:
        body = {"dataset": dataset, "trajectories": list(trajectories)}
        answer = self.ask("POST", "/api/v1/trajectories/upload", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stop(self) -> int:
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


Serve = Callable[..., Server]


@pytest.fixture
def serve(program: Path, tmp_path: Path) -> Iterator[Serve]:
    """Starts servers, and stops them at the end."""
    servers: list[Server] = []

    def start(*options: str, data: Path | None = None) -> Server:
        log = tmp_path / f"server-{len(servers)}.log"
        servers.append(Server(program, data or tmp_path / "data", log, *options))
        return servers[-1]

    yield start
    for server in servers:
        assert server.stop() == 0, server.log.read_text()


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve()


def trajectory(conversation: str, *texts: str, **fields: Any) -> Tree:
    """A trajectory whose user and assistant say these texts in turn, one step a message."""
    messages = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)]
    return {
        "task": {"id": f"test:{conversation}", "data_source": "test", "conversation_id": conversation},
        "steps": [{"messages": messages[: at + 1], "trainable_status": "trainable"} for at in range(len(messages))],
        **fields,
    }
