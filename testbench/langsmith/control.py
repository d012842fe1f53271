"""The double's own endpoints below `/_testbench`: settings, faults, the log, counters, data. They need no key."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from .answers import error, write_json
from .buckets import Buckets
from .exports import ExportsApi
from .faults import Call, Faults
from .gate import CONTROL
from .generate import Plan, generate
from .ingest import take_run
from .json_text import elements, members
from .limits import RateLimiter
from .settings import Settings, update
from .store import Store

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        faults: Faults,
        limiter: RateLimiter,
        exports: ExportsApi,
        buckets: Buckets,
    ) -> None:
        self._store = store
        self._settings = settings
        self._faults = faults
        self._limiter = limiter
        self._exports = exports
        self._buckets = buckets

    def routes(self) -> list[tuple[str, str, Any]]:
        handlers = [
            ("GET", "/settings", self.read_settings),
            ("PATCH", "/settings", self.change_settings),
            ("GET", "/faults", self.read_faults),
            ("POST", "/faults", self.add_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/requests", self.read_requests),
            ("GET", "/limits", self.read_limits),
            ("POST", "/reset", self.reset),
            ("POST", "/runs", self.add_runs),
            ("POST", "/generate", self.generate),
            ("POST", "/buckets/{name}", self.make_bucket),
            ("POST", "/exports/{id}/spawn", self.spawn),
        ]
        return [(method, CONTROL + path, _explained(handler)) for method, path, handler in handlers]

    async def read_settings(self, request: web.Request) -> web.Response:
        return write_json(asdict(self._settings))

    async def change_settings(self, request: web.Request) -> web.Response:
        update(self._settings, await read_object(request))
        return write_json(asdict(self._settings))

    async def read_faults(self, request: web.Request) -> web.Response:
        return write_json(self._faults.report())

    async def add_faults(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        faults = [self._faults.add(script) for script in body.get("faults", [body])]
        return write_json({"ids": [fault.id for fault in faults]})

    async def clear_faults(self, request: web.Request) -> web.Response:
        report = self._faults.report()
        self._faults.faults.clear()
        return write_json(report)

    async def read_requests(self, request: web.Request) -> web.Response:
        """All calls, or those of a `method` and a `path` pattern, the oldest first."""
        method, pattern = request.query.get("method", "*"), request.query.get("path", "*")
        calls = [
            _render(call)
            for call in self._faults.calls
            if method in ("*", call.method) and fnmatchcase(call.path, pattern)
        ]
        return write_json({"requests": calls})

    async def read_limits(self, request: web.Request) -> web.Response:
        return write_json(self._limiter.counters())

    async def reset(self, request: web.Request) -> web.Response:
        """Settings as at the start, no faults, empty log and counters; with `data` true also no runs and exports."""
        update(self._settings, asdict(Settings()))
        self._faults.clear()
        self._limiter.clear()
        if (await read_object(request)).get("data"):
            await self._exports.clear()
            self._store.clear()
        return write_json({})

    async def add_runs(self, request: web.Request) -> web.Response:
        """Takes runs as a list, past the log, the limits and the faults."""
        runs = [
            run
            for name, text, _ in members((await request.read()).decode())
            if name == "runs"
            for run in elements(text)
        ]
        for run in runs:
            take_run(self._store, run)
        return write_json({"runs": len(runs)})

    async def generate(self, request: web.Request) -> web.Response:
        plan = Plan.read(await read_object(request))
        return write_json(generate(self._store, plan))

    async def make_bucket(self, request: web.Request) -> web.Response:
        await self._buckets.make_bucket(request.match_info["name"])
        return write_json({})

    async def spawn(self, request: web.Request) -> web.Response:
        export = self._exports.exports.get(request.match_info["id"])
        if export is None:
            return error(404, "no such export")
        return write_json(self._exports.spawn(export).render())


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object in a body, numbers as Python has them."""
    value = json.loads(await request.read() or b"{}")
    if not isinstance(value, dict):
        raise ValueError("the body is no object")
    return value


def _explained(handler: Handler) -> Handler:
    """A wrong script or setting is answered with the reason."""

    async def explained(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ValueError, TypeError) as reason:
            return error(400, str(reason))

    return explained


def _render(call: Call) -> dict[str, Any]:
    shown = asdict(call)
    try:
        shown["body"] = call.body.decode()
    except UnicodeDecodeError:
        shown["body"] = None
        shown["body_base64"] = base64.b64encode(call.body).decode()
    return shown
