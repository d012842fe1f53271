"""What stands between the program and LangSmith: TLS in front of the double, and a proxy program."""

from __future__ import annotations

import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from .conftest import wait_until


class _Front(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class TlsFront:
    """Speaks TLS with a certificate for `host`, and hands the plain bytes on to a server."""

    def __init__(self, target: str, authority: trustme.CA, host: str = "localhost") -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(host).configure_cert(context)
        address = (urlsplit(target).hostname, urlsplit(target).port)
        front = self
        self.connections = 0
        """That were secured."""

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    client = context.wrap_socket(self.request, server_side=True)
                except OSError:
                    return  # the client did not trust the certificate
                front.connections += 1
                with client, socket.create_connection(address) as server:
                    back = threading.Thread(target=pump, args=(server, client), daemon=True)
                    back.start()
                    pump(client, server)
                    back.join()

        self._server = _Front(("127.0.0.1", 0), Handler)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> TlsFront:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side may end a connection


class Proxy:
    """A proxy program, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        port_file, self._log = folder / "proxy-port", folder / "proxy-log"
        arguments = [
            "--hostname",
            "127.0.0.1",
            "--port",
            "0",
            "--port-file",
            str(port_file),
            "--log-file",
            str(self._log),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "proxy", *arguments, "--num-workers", "1", "--num-acceptors", "1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: port_file.exists() and port_file.read_text().strip())
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def was_asked_for(self, url: str) -> bool:
        """Whether its log has a tunnel to the address; it is written when a connection ends."""
        port = str(urlsplit(url).port)
        text = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        return any("CONNECT" in line and f":{port}" in line for line in text.splitlines())

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
