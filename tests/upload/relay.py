"""Hands requests on to a server and counts the bytes of their bodies."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import requests

from .loopback import LoopbackServer


class Relay(LoopbackServer):
    """Between a client and the server at `target`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.sent = 0  # bytes of uploads

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._hand_on(None)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if "/upload" in self.path:
                    relay.sent += len(body)
                self._hand_on(body)

            def _hand_on(self, body: bytes | None) -> None:
                kept = ("X-API-Key", "Content-Type", "Content-Encoding")
                headers = {name: self.headers[name] for name in kept if name in self.headers}
                answer = requests.request(
                    self.command, relay.target + self.path, data=body, headers=headers, timeout=60
                )
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
