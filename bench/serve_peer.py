"""The server that ours is measured beside: it appends the bodies of POSTs to a file and says so.

python bench/serve_peer.py FILE ANNOUNCE
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
from pathlib import Path

PIECE = 1 << 20
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Append(socketserver.StreamRequestHandler):
    rbufsize = 1 << 16

    def handle(self) -> None:
        buffer = memoryview(bytearray(PIECE))
        while self.rfile.readline():
            length = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while length:
                count = self.rfile.readinto1(buffer[: min(length, PIECE)])  # type: ignore[attr-defined]
                if not count:
                    return
                os.write(OUT, buffer[:count])
                length -= count
            self.wfile.write(ANSWER)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    OUT = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with Server(("127.0.0.1", 0), Append) as server:
        Path(sys.argv[2]).write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}))
        server.serve_forever()
