"""Puts the parts together and serves them; the console script `trajectory-testbench`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from .bucket_proxy import BucketProxy
from .buckets import BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY, Buckets
from .control import Control
from .destinations import GCS_ENDPOINT, DestinationsApi
from .export_work import Work
from .exports import ExportsApi
from .faults import Faults
from .gate import V1_PREFIXES, V2_PREFIXES, Gate
from .ingest import IngestApi
from .limits import RateLimiter
from .load import load_folder
from .payloads import Payloads
from .projects import ProjectsApi
from .runs_v1 import RunsV1
from .runs_v2 import RunsV2
from .settings import Settings
from .store import Store
from .threads_v2 import ThreadsV2

API_KEY = "lsv2_pt_testbench_0123456789abcdef"
WORKSPACE_ID = "5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a10"
_MAX_BODY = 1 << 30


class Api(Protocol):
    """A part of the API: its routes without the version prefix."""

    def routes(self) -> list[tuple[str, str, Any]]: ...


class Double:
    """The double of LangSmith with its bucket servers."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.store = Store()
        self.faults = Faults()
        self.limiter = RateLimiter(self.settings.limits)
        self.buckets = Buckets()
        self.payloads = Payloads(self.store)
        self.destinations = DestinationsApi(self.settings, self.buckets, WORKSPACE_ID)
        self.work = Work(self.store, self.settings, self.buckets, self.destinations, WORKSPACE_ID)
        self.exports = ExportsApi(self.store, self.settings, self.destinations, self.work, WORKSPACE_ID)
        self._runner: web.AppRunner | None = None
        self._proxies: list[BucketProxy] = []

    async def start(self, port: int) -> dict[str, Any]:
        """Listens on loopback; returns what the announcement says."""
        await self.buckets.start()
        gate = Gate(self.settings, self.faults, self.limiter, API_KEY, WORKSPACE_ID)
        app = web.Application(middlewares=[gate.middleware], client_max_size=_MAX_BODY)
        self._add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.payloads.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._proxies = [
            BucketProxy("gcs", self.buckets.gcs, self.faults),
            BucketProxy("s3", self.buckets.s3, self.faults),
        ]
        faulty = [await proxy.start(_MAX_BODY) for proxy in self._proxies]
        gcs = await self.destinations.add("GCS", GCS_ENDPOINT, BUCKET, "gcs")
        s3 = await self.destinations.add("S3", self.buckets.s3, BUCKET, "s3")
        return {
            "langsmith": self.payloads.base,
            "api_key": API_KEY,
            "workspace_id": WORKSPACE_ID,
            "bucket": BUCKET,
            "gcs": self.buckets.gcs,
            "s3": self.buckets.s3,
            "gcs_faulty": faulty[0],
            "s3_faulty": faulty[1],
            "s3_access_key": S3_ACCESS_KEY,
            "s3_secret_key": S3_SECRET_KEY,
            "destinations": {"gcs": gcs.id, "s3": s3.id},
        }

    def _add_routes(self, app: web.Application) -> None:
        control = Control(self.store, self.settings, self.faults, self.limiter, self.exports, self.buckets)
        for method, path, handler in [*control.routes(), *self.payloads.routes()]:
            app.router.add_route(method, path, handler)
        v1: list[Api] = [
            ProjectsApi(self.store, self.settings, WORKSPACE_ID),
            RunsV1(self.store, self.settings, self.payloads),
            IngestApi(self.store),
            self.destinations,
            self.exports,
        ]
        v2: list[Api] = [RunsV2(self.store, self.settings, self.payloads), ThreadsV2(self.store, self.settings)]
        for apis, prefixes in ((v1, V1_PREFIXES), (v2, V2_PREFIXES)):
            for prefix in prefixes:
                for api in apis:
                    for method, path, handler in api.routes():
                        app.router.add_route(method, prefix + path, handler)

    async def stop(self) -> None:
        await self.exports.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        for proxy in self._proxies:
            await proxy.stop()
        self.buckets.stop()


def stop_signal() -> asyncio.Event:
    """Set once by SIGTERM or SIGINT, which end the program no other way."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def serve(port: int, announce: Path | None, data: Path | None) -> None:
    """Serves until SIGTERM or SIGINT."""
    stopped = stop_signal()
    double = Double()
    try:
        if data is not None:
            count = load_folder(double.store, data)
            print(f"loaded {count} runs from {data}", file=sys.stderr)
        announcement = json.dumps(await double.start(port), indent=2)
        if announce is None:
            print(announcement, flush=True)
        else:
            write_whole(announce, announcement + "\n")
        await stopped.wait()
    finally:
        await double.stop()


def write_whole(path: Path, text: str) -> None:
    """The file is not there, or whole."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def main() -> int:
    """Runs the console script."""
    parser = argparse.ArgumentParser(prog="trajectory-testbench", description="A double of LangSmith on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 lets the system pick one")
    parser.add_argument("--announce", type=Path, help="file that gets the addresses and keys once all is up")
    parser.add_argument("--data", type=Path, help="folder with runs to begin with: .json, .jsonl, .parquet")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.port, options.announce, options.data))
    except (OSError, RuntimeError, ValueError) as reason:
        print(f"trajectory-testbench: {reason}", file=sys.stderr)
        return 1
    # All is stopped. To free a hundred thousand runs one by one would take seconds.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
