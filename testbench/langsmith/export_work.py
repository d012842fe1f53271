"""How a bulk export comes about: its states, one run a day, and the files in the bucket."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .buckets import Buckets
from .destinations import Destination, DestinationsApi
from .filters import compile_filter
from .paging import dialect_of, traces_in
from .parquet import Form, make_table, write_table
from .run import Run
from .settings import Settings
from .store import Scope, Store
from .times import DAY, now, render_offset, to_datetime

DONE = ("Completed", "Failed", "Cancelled", "TimedOut")


@dataclass
class Day:
    """One partition: the runs that started on a day, as far as the window reaches."""

    export_id: str
    project_id: str
    prefix: str
    start: int
    end: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Created"
    created: int = field(default_factory=now)
    updated: int = field(default_factory=now)
    finished: int | None = None
    retries: int = 0
    errors: dict[str, Any] | None = None
    rows: int | None = None
    files: list[str] = field(default_factory=list)
    path: str = ""
    backend: str = "clickhouse"
    pending: dict[str, Any] | None = None

    def change(self, status: str) -> None:
        self.status = status
        self.updated = now()
        self.finished = now() if status in DONE else None

    def render(self) -> dict[str, Any]:
        result = None
        if self.rows is not None:
            result = {
                "rows_written": self.rows,
                "exported_files": self.files,
                "export_path": self.path,
                "latest_cursor": None,
                "pending_upload": self.pending,
            }
        return {
            "id": self.id,
            "bulk_export_id": self.export_id,
            "session_id": self.project_id,
            "status": self.status,
            "retry_number": self.retries,
            "errors": self.errors,
            "created_at": render_offset(self.created),
            "updated_at": render_offset(self.updated),
            "finished_at": None if self.finished is None else render_offset(self.finished),
            "start_time": render_offset(self.start),
            "end_time": render_offset(self.end),
            "metadata": {
                "prefix": self.prefix,
                "start_time": render_offset(self.start),
                "end_time": render_offset(self.end),
                "execution_backend": self.backend,
                "result": result,
            },
        }


@dataclass
class Export:
    id: str
    tenant_id: str
    destination: Destination
    project_id: str | None
    start: int
    end: int
    filter: str | None = None
    version: str = "v1"
    compression: str = "gzip"
    fields: tuple[str, ...] | None = None
    interval_hours: int | None = None
    source_id: str | None = None
    status: str = "Created"
    created: int = field(default_factory=now)
    updated: int = field(default_factory=now)
    finished: int | None = None
    days: list[Day] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    """How a fault wants it to end: `status`, `days` that end so, `retries` before a day succeeds, `error`."""

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    def change(self, status: str) -> None:
        self.status = status
        self.updated = now()

    def finish(self, status: str) -> None:
        self.change(status)
        self.finished = now()
        for day in self.days:
            if day.status not in DONE:
                day.change("Cancelled" if status == "Cancelled" else status)

    def render(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "tenant_id": self.tenant_id,
            "bulk_export_destination_id": self.destination.id,
            "session_id": self.project_id,
            "all_experiments": None if self.project_id else True,
            "start_time": render_offset(self.start),
            "end_time": None if self.interval_hours else render_offset(self.end),
            "filter": self.filter,
            "format": "Parquet",
            "format_version": self.version,
            "compression": self.compression,
            "interval_hours": self.interval_hours,
            "export_fields": list(self.fields) if self.fields else None,
            "source_bulk_export_id": self.source_id,
            "status": self.status,
            "created_at": render_offset(self.created),
            "updated_at": render_offset(self.updated),
            "finished_at": None if self.finished is None else render_offset(self.finished),
        }


class Work:
    def __init__(
        self, store: Store, settings: Settings, buckets: Buckets, destinations: DestinationsApi, tenant_id: str
    ) -> None:
        self._store = store
        self._settings = settings
        self._buckets = buckets
        self._destinations = destinations
        self._tenant_id = tenant_id

    async def carry_out(self, export: Export) -> None:
        """Takes an export from Created to its end. A plan may keep it Running for ever."""
        settings = self._settings.exports
        await asyncio.sleep(float(export.plan.get("delay_seconds", settings.created_seconds)))
        if export.is_done:
            return
        export.change("Running")
        export.days = [day for project in self._projects(export) for day in self._partition(export, project)]
        await asyncio.sleep(settings.running_seconds)
        wanted = export.plan.get("status", "Completed")
        ending = int(export.plan.get("days", 1 if wanted != "Completed" else 0))
        for number, day in enumerate(export.days):
            if export.is_done:
                return
            day.change("Running")
            if number >= len(export.days) - ending and wanted != "Completed":
                if wanted == "Running":
                    return
                day.errors = {"retry_0": str(export.plan.get("error", "ClickHouse query failed"))}
                day.change(wanted)
                continue
            await self._write_day(export, day)
            if not export.is_done:
                day.change("Completed")
        if not export.is_done:
            export.finish(wanted)

    def _projects(self, export: Export) -> list[str]:
        if export.project_id is not None:
            return [export.project_id]
        return [one.id for one in self._store.projects.values() if one.values.get("reference_dataset_id")]

    def _partition(self, export: Export, project_id: str) -> Iterator[Day]:
        prefix = export.destination.prefix
        if not prefix and self._settings.exports.quirks.none_prefix:
            prefix = "None"
        start = export.start
        while start < export.end:
            end = min(export.end, start // DAY * DAY + DAY)
            backend = "smithdb" if export.version == "v2_beta" else "clickhouse"
            yield Day(export.id, project_id, prefix, start, end, backend=backend)
            start = end

    async def _write_day(self, export: Export, day: Day) -> None:
        retries = int(export.plan.get("retries", 0))
        if retries:
            text = str(export.plan.get("error", "Timed out waiting for the query"))
            day.errors = {f"retry_{number}": text for number in range(retries)}
            day.retries = retries
            export.plan = {**export.plan, "retries": 0}
        runs = self._runs_of(export, day)
        day.path = self._folder(export, day)
        if runs:
            await asyncio.sleep(self._settings.exports.day_seconds)
        form = Form(export.version, export.compression, export.fields, self._tenant_id)
        endpoint = self._destinations.endpoint_of(export.destination)
        for number, part in enumerate(self._parts(runs)):
            table = make_table(self._store, part, form, self._settings.exports.quirks)
            data = await asyncio.to_thread(write_table, table, form, self._settings.exports.rows_per_group)
            name = f"{day.path}/{uuid.uuid5(uuid.UUID(day.id), str(number))}.parquet"
            if export.is_done:
                return
            await asyncio.to_thread(self._buckets.put, str(endpoint), export.destination.bucket, name, data)
            if self._settings.exports.quirks.leftover_file and number == 0:
                leftover = name.replace(".parquet", "-0.parquet")
                await asyncio.to_thread(self._buckets.put, str(endpoint), export.destination.bucket, leftover, data)
                day.pending = {"target_cursor": "0", "file_path": leftover, "rows_count": len(part)}
            if self._settings.exports.report_files:
                day.files.append(f"{export.destination.bucket}/{name}")
            day.rows = (day.rows or 0) + len(part)
            day.updated = now()
        day.rows = day.rows + self._settings.exports.quirks.rows_miscounted if day.rows else 0

    def _runs_of(self, export: Export, day: Day) -> list[Run]:
        scope = Scope(
            frozenset([day.project_id]),
            traces=traces_in(export.filter),
            start=day.start,
            end=day.end,
        )
        test = compile_filter(export.filter, self._store, dialect_of(self._settings.api)) if export.filter else _any
        return self._store.select(scope, test, newest_first=False)[0]

    def _parts(self, runs: list[Run]) -> Iterator[list[Run]]:
        """The rows of each file, with the duplicates that the quirks ask for."""
        settings = self._settings.exports
        size, again = max(settings.rows_per_file, 1), settings.quirks.duplicates
        for first in range(0, len(runs), size):
            part = runs[first : first + size]
            if again and first + size < len(runs) and settings.quirks.stale_duplicates:
                part = [*part[:-again], *map(_unfinished, part[-again:])]
            before = runs[max(first - again, 0) : first] if again else []
            yield [*before, *part]

    def _folder(self, export: Export, day: Day) -> str:
        settings = self._settings.exports
        date = to_datetime(day.start)
        width = 2 if settings.padded else 1
        parts = [
            export.destination.bucket if settings.quirks.bucket_in_key else "",
            day.prefix,
            f"export_id={export.id}",
            f"tenant_id={self._tenant_id}",
            f"session_id={day.project_id}",
            settings.layout,
            f"year={date.year}",
            f"month={date.month:0{width}d}",
            f"day={date.day:0{width}d}",
        ]
        return "/".join(part for part in parts if part)


def _any(run: Run) -> bool:
    return True


def _unfinished(run: Run) -> Run:
    """The run as it was before it ended."""
    earlier = copy.copy(run)
    earlier.end = None
    earlier.documents = {name: text for name, text in run.documents.items() if name != "outputs"}
    earlier.values = {name: value for name, value in run.values.items() if name not in ("status", "error")}
    return earlier
