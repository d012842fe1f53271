"""The bulk-export API: what is asked for, and what is told about it. `export_work.py` does the work."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import Any

from aiohttp import web

from .answers import RefusedError, check_types, error, read_object, write_json
from .destinations import DestinationsApi
from .export_work import Export, Work
from .filters import BadFilterError, compile_filter
from .gate import take_fault
from .paging import dialect_of
from .parquet import COMPRESSIONS, DEFAULT_COLUMNS, EXTRA_COLUMNS
from .settings import Settings
from .store import Store
from .times import SECOND, now, parse_time

_BODY = {
    "bulk_export_destination_id": "uuid",
    "session_id": "uuid",
    "start_time": "text",
    "end_time": "text",
    "filter": "text",
    "format": "text",
    "format_version": "text",
    "compression": "text",
    "interval_hours": "integer",
    "export_fields": "texts",
    "all_experiments": "boolean",
}
_NEWER_KEYS = (
    "format_version",
    "filter",
    "interval_hours",
    "export_fields",
    "source_bulk_export_id",
    "all_experiments",
)
_HOUR = 3600 * SECOND


class ExportsApi:
    def __init__(
        self, store: Store, settings: Settings, destinations: DestinationsApi, work: Work, workspace_id: str
    ) -> None:
        self._store = store
        self._settings = settings
        self._destinations = destinations
        self._work = work
        self._workspace_id = workspace_id
        self.exports: dict[str, Export] = {}
        self._created: deque[int] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/bulk-exports", self.list),
            ("POST", "/bulk-exports", self.create),
            ("GET", "/bulk-exports/runs", self.runs_of_schedule),
            ("GET", "/bulk-exports/{id}", self.read),
            ("PATCH", "/bulk-exports/{id}", self.cancel),
            ("GET", "/bulk-exports/{id}/runs", self.runs),
            ("GET", "/bulk-exports/{id}/runs/{run}", self.read_run),
        ]

    async def create(self, request: web.Request) -> web.Response:
        self._admit()
        body = await read_object(request)
        export = self._read_export(body)
        if not self._within_quota():
            return error(429, "Bulk export rate limit exceeded: 250 exports per hour per workspace")
        fault = take_fault(request, "export")
        if fault is not None:
            export.plan = fault.action
        self.exports[export.id] = export
        self._destinations.in_use.add(export.destination.id)
        if export.status != "IntervalScheduled":
            task = asyncio.create_task(self._work.carry_out(export))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return write_json(self._render(export))

    def _read_export(self, body: dict[str, Any]) -> Export:
        for name in ("bulk_export_destination_id", "start_time"):
            if body.get(name) is None:
                raise RefusedError(error(422, "Field required", field=name))
        check_types(body, _BODY)
        if (body.get("session_id") is None) == (not body.get("all_experiments")):
            raise RefusedError(
                error(422, "Exactly one of session_id and all_experiments is required", field="session_id")
            )
        destination = self._destinations.destinations.get(str(uuid.UUID(body["bulk_export_destination_id"])))
        if destination is None:
            raise RefusedError(error(404, "Bulk export destination not found"))
        project = None
        if body.get("session_id"):
            project = self._store.projects.get(str(uuid.UUID(body["session_id"])))
            if project is None:
                raise RefusedError(error(404, "Session not found"))
        start, end = parse_time(body["start_time"]), parse_time(body.get("end_time"))
        if start is None or (body.get("end_time") is not None and end is None):
            raise RefusedError(error(422, "Input should be a valid datetime", field="start_time"))
        interval = body.get("interval_hours")
        if (interval is None) == (end is None):
            raise RefusedError(error(422, "end_time is required unless interval_hours is set", field="end_time"))
        if end is not None and end <= start:
            raise RefusedError(error(422, "end_time must be after start_time", field="end_time"))
        if interval is not None and not 1 <= interval <= 168:
            raise RefusedError(error(422, "Input should be between 1 and 168", field="interval_hours"))
        self._check_form(body)
        return Export(
            id=str(uuid.uuid4()),
            tenant_id=self._workspace_id,
            destination=destination,
            project_id=project.id if project else None,
            start=start,
            end=end if end is not None else start,
            filter=body.get("filter"),
            version=body.get("format_version") or "v1",
            compression=body.get("compression") or self._settings.exports.default_compression,
            fields=tuple(body["export_fields"]) if body.get("export_fields") else None,
            interval_hours=interval,
            status="IntervalScheduled" if interval else "Created",
        )

    def _check_form(self, body: dict[str, Any]) -> None:
        choices = {
            "format": (None, "Parquet"),
            "format_version": (None, "v1", "v2_beta"),
            "compression": (None, *COMPRESSIONS),
        }
        for name, allowed in choices.items():
            if body.get(name) not in allowed:
                known = ", ".join(repr(one) for one in allowed if one)
                raise RefusedError(error(422, f"Input should be {known}", field=name))
        for name in body.get("export_fields") or ():
            if name not in (*DEFAULT_COLUMNS, *EXTRA_COLUMNS):
                raise RefusedError(error(422, f"unknown export field {name!r}", field="export_fields"))
        if body.get("filter"):
            try:
                compile_filter(body["filter"], self._store, dialect_of(self._settings.api))
            except BadFilterError as reason:
                raise RefusedError(error(400, f"Invalid filter: {reason}")) from None

    def _within_quota(self) -> bool:
        limits = self._settings.limits
        while self._created and self._created[0] <= now() - _HOUR * limits.scale:
            self._created.popleft()
        if len(self._created) >= limits.exports_per_hour:
            return False
        self._created.append(now())
        return True

    async def list(self, request: web.Request) -> web.Response:
        self._admit()
        exports = [*self.exports.values()][::-1]
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 1000))
        return write_json([self._render(export) for export in exports[offset : offset + limit]])

    async def read(self, request: web.Request) -> web.Response:
        return write_json(self._render(self._find(request)))

    async def cancel(self, request: web.Request) -> web.Response:
        export = self._find(request)
        body = await read_object(request)
        if body.get("status") != "Cancelled":
            return error(422, "Input should be 'Cancelled'", field="status")
        if export.is_done:
            return error(400, f"Cannot cancel a bulk export that is {export.status}")
        export.finish("Cancelled")
        return write_json(self._render(export))

    async def runs(self, request: web.Request) -> web.Response:
        return write_json([day.render() for day in self._find(request).days])

    async def read_run(self, request: web.Request) -> web.Response:
        for day in self._find(request).days:
            if day.id == request.match_info["run"]:
                return write_json(day.render())
        return error(404, "Bulk export run not found")

    async def runs_of_schedule(self, request: web.Request) -> web.Response:
        self._admit()
        source = request.query.get("source_bulk_export_id")
        exports = [export for export in self.exports.values() if source and export.source_id == source]
        return write_json([day.render() for export in exports for day in export.days])

    def spawn(self, export: Export) -> Export:
        """The next export of a schedule, at once instead of when its interval has passed."""
        if export.interval_hours is None:
            raise ValueError("the export is no schedule")
        end = export.end + export.interval_hours * _HOUR
        child = Export(
            id=str(uuid.uuid4()),
            tenant_id=self._workspace_id,
            destination=export.destination,
            project_id=export.project_id,
            start=export.end,
            end=end,
            filter=export.filter,
            version=export.version,
            compression=export.compression,
            fields=export.fields,
            source_id=export.id,
        )
        export.end = end
        self.exports[child.id] = child
        self._tasks.add(asyncio.create_task(self._work.carry_out(child)))
        return child

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def clear(self) -> None:
        """Forgets all exports, and how many there were in this hour."""
        await self.stop()
        self.exports.clear()
        self._created.clear()
        self._destinations.in_use.clear()

    def _find(self, request: web.Request) -> Export:
        self._admit()
        export = self.exports.get(request.match_info["id"])
        if export is None:
            raise RefusedError(error(404, "Bulk export not found"))
        return export

    def _admit(self) -> None:
        if not self._settings.auth.bulk_exports_allowed:
            raise RefusedError(error(403, "Bulk export is not available on your plan"))

    def _render(self, export: Export) -> dict[str, Any]:
        shown = export.render()
        if self._settings.exports.old_server:
            shown = {name: value for name, value in shown.items() if name not in _NEWER_KEYS}
        return shown
