"""A platform that knows the wire contract alone, answers as it is told to, and writes down what it is asked."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from .loopback import LoopbackServer

UPLOAD, EVENTS = "/api/v1/trajectories/upload", "/api/v1/telemetry/events"
DROP = 0  # in place of a status: the connection is closed without an answer


@dataclass
class Call:
    """A request with a body."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Platform(LoopbackServer):
    """The double; `script` holds (status, body) for the next requests, a body of None is the usual answer."""

    script: deque[tuple[int, Any]] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)

    def bodies(self, path: str) -> list[Any]:
        return [call.body for call in self.calls if call.path == path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(404, {"detail": "Not Found"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                platform.calls.append(Call(self.path, dict(self.headers), body))
                status, answer = platform.script.popleft() if platform.script else (200, None)
                if status == DROP:
                    self.close_connection = True
                    return
                self._answer(status, _usual(body) if answer is None else answer)

            def _answer(self, status: int, body: Any) -> None:
                text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _usual(body: Any) -> Any:
    if "events" in body:
        return {"accepted": len(body["events"])}
    items = [
        {
            "request_index": index,
            "trajectory_id": f"id-{trajectory['task']['conversation_id']}",
            "trace_id": trajectory["trace_id"],
            "status": "uploaded",
            "error": None,
        }
        for index, trajectory in enumerate(body["trajectories"])
    ]
    return {"uploaded": len(items), "skipped": 0, "errors": [], "message": "ok", "trajectories": items}
