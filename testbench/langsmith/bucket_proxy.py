"""Stands before a bucket server, so that its calls are logged and can meet scripted faults.

Paths of faults and of the log get the proxy's name in front: `/_gcs/...`, `/_s3/...`. Answers are held whole before
they are passed on: measure speed at the bucket servers themselves.
"""

from __future__ import annotations

import asyncio
import time

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web
from yarl import URL

from .faults import Faults
from .gate import hang_up, scripted_answer, send_part

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade"}


class BucketProxy:
    def __init__(self, name: str, target: str, faults: Faults) -> None:
        self._name = name
        self._target = target
        self._faults = faults
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None

    async def start(self, max_body: int) -> str:
        """Listens on loopback; returns the address."""
        self._session = ClientSession(
            auto_decompress=False, cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=None), trust_env=False
        )
        app = web.Application(client_max_size=max_body)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = f"/_{self._name}{request.path}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = self._faults.log(request.method, path, request.query_string, headers, b"")
        begun = time.monotonic()
        fault = self._faults.strike(request.method, path, b"")
        call.fault = fault.id if fault else None
        try:
            if fault is not None and fault.kind == "answer":
                response: web.StreamResponse = scripted_answer(fault)
            elif fault is not None and fault.kind in ("reset", "hold"):
                if fault.kind == "hold":
                    await asyncio.sleep(float(fault.action.get("seconds", 60)))
                response = hang_up(request)
            else:
                if fault is not None and fault.kind == "delay":
                    await asyncio.sleep(float(fault.action.get("seconds", 1)))
                passed = await self._pass_on(request)
                call.status = passed.status
                if fault is not None and fault.kind in ("cut", "stall"):
                    return await send_part(request, passed, fault.action)
                response = passed
            call.status = response.status
            return response
        finally:
            call.seconds = time.monotonic() - begun

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self._session is not None
        url = self._target + request.raw_path
        sent = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        body = await request.read()
        async with self._session.request(
            request.method, URL(url, encoded=True), headers=sent, data=body, allow_redirects=False
        ) as answer:
            response = web.Response(status=answer.status, body=await answer.read())
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    response.headers[name] = value
            if request.method == "HEAD" and "Content-Length" in answer.headers:
                response.headers["Content-Length"] = answer.headers["Content-Length"]
            return response
