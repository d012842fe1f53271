"""Bucket servers of other makers on loopback, and a proxy that spoils their answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from testbench.langsmith.buckets import die_with_parent, fake_gcs_program, free_port, send

BUCKET = "exports"
LOOPBACK = "127.0.0.1"


@dataclass
class Server:
    """A bucket server as a process, with one bucket."""

    scheme: str
    process: subprocess.Popen[bytes]
    port: int
    options: Mapping[str, str]  # what a client needs beside the endpoint
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def make_bucket(self, name: str) -> None:
        if self.scheme == "gs":
            send("POST", f"{self.endpoint}/storage/v1/b?project=test", f'{{"name": "{name}"}}'.encode())
        else:
            send("PUT", f"{self.endpoint}/{name}", b"")

    def put(self, key: str, data: bytes, bucket: str = BUCKET) -> None:
        quoted = urllib.parse.quote(key, safe="" if self.scheme == "gs" else "/")
        if self.scheme == "gs":
            send("POST", f"{self.endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quoted}", data)
        else:
            send("PUT", f"{self.endpoint}/{bucket}/{quoted}", data)

    def put_folder(self, folder: Path, prefix: str) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder)}", path.read_bytes())

    def uri(self, path: str = "") -> str:
        return f"{self.scheme}://{BUCKET}/{path}"

    def flags(self, endpoint: str | None = None) -> list[str]:
        """Options of the program that lead to this server, or to a proxy of it."""
        pairs = {"endpoint_url": endpoint or self.endpoint, **self.options}
        return [part for name, value in pairs.items() for part in ("--storage-option", f"{name}={value}")]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_server(scheme: str, folder: Path) -> Server:
    port = free_port()
    if scheme == "gs":
        address = ["-host", LOOPBACK, "-port", str(port), "-public-host", f"{LOOPBACK}:{port}"]
        command = [str(fake_gcs_program(folder)), "-scheme", "http", "-backend", "memory", *address]
        options, variables = {"token": "anon"}, {}
    else:
        command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
        options, variables = {"region": "us-east-1"}, {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "top-secret"}
    environment = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        preexec_fn=die_with_parent,
    )
    server = Server(scheme, process, port, options, variables)
    deadline = time.monotonic() + 60
    while True:
        try:
            send("GET", server.endpoint + ("/_internal/healthcheck" if scheme == "gs" else "/moto-api/"), None)
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, f"the {scheme} server does not start"
            time.sleep(0.05)
    server.make_bucket(BUCKET)
    return server


Fault = Callable[[str, str], str | None]
"""Told method and path, with the range behind a #; names what happens instead of the answer: a
status, `cut`, `spoil` (its beginning), `reset`, or None."""


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news: it is what the faults lead to."""


class Proxy:
    """Hands requests on to a server, and does what the fault says with some of the answers."""

    def __init__(self, server: Server, fault: Fault) -> None:
        self.faults = 0
        self.requests: list[tuple[str, str]] = []
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                path = f"{self.path}#{self.headers.get('Range', '')}"
                with lock:
                    proxy.requests.append((self.command, path))
                    kind = fault(self.command, path)
                    proxy.faults += kind is not None
                if kind == "reset":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                if kind is not None and kind.isdigit():
                    self.answer(int(kind), {}, b"{}")
                    return
                upstream = HTTPConnection(LOOPBACK, server.port, timeout=60)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {**self.headers, "Host": f"{LOOPBACK}:{server.port}"}
                upstream.request(self.command, self.path, body, headers)
                response = upstream.getresponse()
                data = response.read()
                upstream.close()
                if kind == "spoil":
                    data = bytes(byte ^ 0x55 for byte in data[:1000]) + data[1000:]
                self.answer(response.status, dict(response.getheaders()), data, cut=kind == "cut")

            def answer(self, status: int, headers: dict[str, str], data: bytes, cut: bool = False) -> None:
                self.send_response(status)
                length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(data))
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command == "HEAD":
                    return
                self.wfile.write(data[: len(data) // 2] if cut else data)
                if cut:
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = _QuietServer((LOOPBACK, 0), Handler)
        self.endpoint = f"http://{LOOPBACK}:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
