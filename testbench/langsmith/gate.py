"""What every call passes on its way in and out: the log, scripted faults, the key, the rate limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from aiohttp import web

from .answers import RefusedError, error, problem, write_json
from .faults import Call, Fault, Faults
from .json_text import MalformedError, loads
from .limits import RateLimiter, rules_for
from .settings import Settings

CONTROL = "/_testbench"
V1_PREFIXES = ("/api/v1", "/api", "")
V2_PREFIXES = ("/api/v2", "/v2")
FAULT = web.RequestKey("fault", Fault)
"""Set for a fault that the handler itself must act out; the handler calls `take_fault`."""

_OPEN = ("/info", "/ok")
_FINDS_WORKSPACE = ("/workspaces", "/tenants")
_LOGGED_BYTES = 1 << 20
_PAGE_KINDS = ("empty_page", "repeated_page", "duplicate_rows", "export")
_DEPRECATED = ("/runs/query", "/runs/group", "/runs/threads/", "/runs/stats")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def take_fault(request: web.Request, *kinds: str) -> Fault | None:
    """The scripted fault for a handler that can act it out."""
    fault: Fault | None = request.get(FAULT)
    if fault is None or fault.kind not in kinds:
        return None
    del request[FAULT]
    return fault


def split_prefix(path: str) -> tuple[str, str]:
    """The version prefix of a path and the rest."""
    for prefix in (*V2_PREFIXES, *V1_PREFIXES):
        if path.startswith(prefix + "/"):
            return prefix, path[len(prefix) :]
    return "", path


class Gate:
    def __init__(self, settings: Settings, faults: Faults, limiter: RateLimiter, api_key: str, workspace: str) -> None:
        self._settings = settings
        self._faults = faults
        self._limiter = limiter
        self._api_key = api_key
        self._workspace = workspace

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = self._faults.log(request.method, request.path, request.query_string, headers, body[:_LOGGED_BYTES])
        begun = time.monotonic()
        fault = self._faults.strike(request.method, request.path, body)
        call.fault = fault.id if fault else None
        try:
            response = await self._answer(request, handler, fault, call)
            call.status = response.status
            return response
        finally:
            call.seconds = time.monotonic() - begun

    async def _answer(
        self, request: web.Request, handler: Handler, fault: Fault | None, call: Call
    ) -> web.StreamResponse:
        if fault is None:
            return await self._admitted(request, handler)
        action = fault.action
        if fault.kind == "answer":
            return scripted_answer(fault)
        if fault.kind == "hold":
            await asyncio.sleep(float(action.get("seconds", 60)))
        if fault.kind in ("reset", "hold"):
            return hang_up(request)
        if fault.kind == "delay":
            await asyncio.sleep(float(action.get("seconds", 1)))
        if fault.kind in _PAGE_KINDS:
            request[FAULT] = fault
        response = await self._admitted(request, handler)
        if fault.kind in _PAGE_KINDS and FAULT in request:
            fault.take_back()
            call.fault = None
        if fault.kind in ("cut", "stall") and isinstance(response, web.Response):
            call.status = response.status
            return await send_part(request, response, action)
        return response

    async def _admitted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        prefix, path = split_prefix(request.path)
        refusal = self._refuse_key(request, prefix, path) or await self._refuse_rate(request, prefix, path)
        if refusal is not None:
            return refusal
        try:
            response = await handler(request)
        except RefusedError as reason:
            response = reason.response
        except MalformedError as reason:
            response = error(422, str(reason), field="body", prefix=prefix)
        except web.HTTPNotFound:
            response = error(404, "Not Found", prefix=prefix)
        except web.HTTPMethodNotAllowed:
            response = error(405, "Method Not Allowed", prefix=prefix)
        if self._settings.api.clock_skew_seconds:
            response.headers["Date"] = formatdate(time.time() + self._settings.api.clock_skew_seconds, usegmt=True)
        if self._settings.api.deprecation_headers and is_deprecated(request.method, prefix, path):
            response.headers["Deprecation"] = "true"
            response.headers["Sunset"] = "Sun, 31 Jan 2027 00:00:00 GMT"
            response.headers["Link"] = '<https://docs.langchain.com/langsmith/endpoint-deprecation>; rel="deprecation"'
        return response

    def _refuse_key(self, request: web.Request, prefix: str, path: str) -> web.Response | None:
        auth = self._settings.auth
        if not auth.key_required or path in _OPEN or path.startswith(("/public/", "/payloads/")):
            return None
        key = request.headers.get("X-API-Key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key:
            return error(auth.missing_key_status, "Missing API key or authorization header", prefix=prefix)
        if key != self._api_key:
            return error(401, "Invalid token", prefix=prefix)
        workspace = request.headers.get("X-Tenant-Id")
        if workspace is None and auth.workspace_required and path not in _FINDS_WORKSPACE:
            detail = "This API key is org-scoped and requires workspace specification. Set the X-Tenant-Id header."
            return write_json({"error": "org_scoped_key_requires_workspace", "detail": detail}, 403)
        if workspace is not None and workspace != self._workspace:
            return error(403, "Forbidden: no access to this workspace", prefix=prefix)
        return None

    async def _refuse_rate(self, request: web.Request, prefix: str, path: str) -> web.Response | None:
        body = None
        if (request.method, path) == ("POST", "/runs/query"):
            try:
                body = loads(await request.read())
            except MalformedError:
                body = None
        if prefix in V2_PREFIXES:
            path = prefix + path
        wait = self._limiter.admit(request.headers.get("X-API-Key", ""), list(rules_for(request.method, path, body)))
        if wait is None:
            return None
        response = problem(429, "Rate limit exceeded") if prefix in V2_PREFIXES else error(429, "Rate limit exceeded")
        response.headers.update(self._limiter.headers(wait))
        return response


def is_deprecated(method: str, prefix: str, path: str) -> bool:
    if prefix in V2_PREFIXES:
        return False
    return path.startswith(_DEPRECATED) or (method == "GET" and path.startswith("/runs/"))


def scripted_answer(fault: Fault) -> web.Response:
    body = fault.action.get("body", "")
    headers = {str(name): str(value) for name, value in fault.action.get("headers", {}).items()}
    if not isinstance(body, str):
        response = write_json(body, int(fault.action.get("status", 500)))
    else:
        response = web.Response(status=int(fault.action.get("status", 500)), text=body)
    response.headers.update(headers)
    return response


def hang_up(request: web.Request) -> web.Response:
    """Resets the connection; what is returned never leaves."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def send_part(request: web.Request, response: web.Response, action: dict[str, object]) -> web.StreamResponse:
    """Announces the whole body and sends its beginning; then cuts the connection, at once or after a while."""
    body = response.body if isinstance(response.body, bytes) else b""
    size = min(int(str(action.get("bytes", len(body) // 2))), max(len(body) - 1, 0))
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    part = web.StreamResponse(status=response.status, headers=headers)
    part.content_length = len(body)
    await part.prepare(request)
    await part.write(body[:size])
    await asyncio.sleep(float(str(action.get("seconds", 0))))
    if request.transport is not None:
        # Closing lets what was written leave; an abort might drop it.
        request.transport.close()
    return part
