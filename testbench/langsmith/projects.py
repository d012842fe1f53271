"""Workspaces, `/info` and projects (which the API calls sessions)."""

from __future__ import annotations

import statistics
import uuid
from typing import Any

from aiohttp import web

from .answers import RefusedError, check_types, error, is_uuid, read_object, write_json
from .run import COSTS, TOKENS, add_figures
from .settings import Settings
from .store import Project, Store
from .times import parse_time, render_offset, render_run_time

_CREATED = 1_735_689_600_000_000_000  # 2025


class ProjectsApi:
    def __init__(self, store: Store, settings: Settings, workspace_id: str) -> None:
        self._store = store
        self._settings = settings
        self._workspace_id = workspace_id
        self._organization_id = str(uuid.uuid5(uuid.NAMESPACE_OID, workspace_id))

    def routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/info", self.info),
            ("GET", "/settings", self.workspace_settings),
            ("GET", "/workspaces", self.workspaces),
            ("GET", "/tenants", self.workspaces),
            ("GET", "/sessions", self.list),
            ("POST", "/sessions", self.create),
            ("GET", "/sessions/{id}", self.read),
            ("PATCH", "/sessions/{id}", self.change),
            ("DELETE", "/sessions/{id}", self.delete),
        ]

    async def info(self, request: web.Request) -> web.Response:
        api = self._settings.api
        flags = {
            "zstd_compression_enabled": api.zstd_compression,
            "ch_query_enabled": api.ch_query_enabled,
            "sdb_query_enabled": api.sdb_query_enabled,
        }
        return write_json(
            {
                "version": api.version,
                "git_sha": None,
                "license_expiration_time": None,
                "customer_info": None,
                "instance_flags": {name: value for name, value in flags.items() if value is not None},
                "batch_ingest_config": {
                    "use_multipart_endpoint": True,
                    "scale_up_qsize_trigger": 1000,
                    "scale_up_nthreads_limit": 16,
                    "scale_down_nempty_trigger": 4,
                    "size_limit": 100,
                    "size_limit_bytes": 20_971_520,
                },
            }
        )

    async def workspaces(self, request: web.Request) -> web.Response:
        return write_json(
            [
                {
                    "id": self._workspace_id,
                    "organization_id": self._organization_id,
                    "created_at": render_offset(_CREATED),
                    "display_name": "Testbench",
                    "is_personal": False,
                    "is_deleted": False,
                    "tenant_handle": "testbench",
                    "data_plane_url": None,
                    "read_only": False,
                    "role_id": None,
                    "role_name": "Admin",
                    "permissions": ["projects:read", "runs:read", "bulk-exports:read", "bulk-exports:manage"],
                }
            ]
        )

    async def workspace_settings(self, request: web.Request) -> web.Response:
        return write_json(
            {
                "id": self._workspace_id,
                "display_name": "Testbench",
                "created_at": render_offset(_CREATED),
                "tenant_handle": "testbench",
            }
        )

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            limit, offset = int(query.get("limit", 100)), int(query.get("offset", 0))
        except ValueError:
            return error(422, "Input should be a valid integer", field="limit")
        if not 1 <= limit <= 100 or offset < 0:
            return error(422, "limit must be between 1 and 100, offset at least 0", field="limit")
        projects = list(self._store.projects.values())
        if "id" in query:
            projects = [project for project in projects if project.id in query.getall("id")]
        if "name" in query:
            projects = [project for project in projects if project.name == query["name"]]
        if "name_contains" in query:
            projects = [project for project in projects if query["name_contains"].lower() in project.name.lower()]
        if "reference_dataset" in query:
            wanted = query.getall("reference_dataset")
            projects = [one for one in projects if one.values.get("reference_dataset_id") in wanted]
        if query.get("reference_free", "").lower() == "true":
            projects = [one for one in projects if one.values.get("reference_dataset_id") is None]
        newest = query.get("sort_by_desc", "true").lower() != "false"
        by_name = query.get("sort_by") == "name"
        projects.sort(key=lambda one: (one.name if by_name else "", one.created, one.id), reverse=newest)
        stats = query.get("include_stats", "").lower() == "true"
        return write_json([self._render(project, stats) for project in projects[offset : offset + limit]])

    async def create(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        check_types(body, {"name": "text", "id": "uuid", "description": "text", "extra": "object"})
        name = body.get("name") or "default"
        existing = self._store.project_named(name)
        if existing is not None:
            if request.query.get("upsert", "").lower() == "true":
                return write_json(self._render(existing, False))
            return error(409, "Session already exists.")
        values = {key: value for key, value in body.items() if key not in ("name", "id", "start_time")}
        project = self._store.make_project(name, body.get("id"), **values)
        project.created = parse_time(body.get("start_time")) or project.created
        return write_json(self._render(project, False))

    async def read(self, request: web.Request) -> web.Response:
        project = self._find(request)
        if project is None:
            return error(404, "Session not found")
        return write_json(self._render(project, request.query.get("include_stats", "").lower() == "true"))

    async def change(self, request: web.Request) -> web.Response:
        project = self._find(request)
        if project is None:
            return error(404, "Session not found")
        body = await read_object(request)
        project.name = body.pop("name", None) or project.name
        project.values.update(body)
        return write_json(self._render(project, False))

    async def delete(self, request: web.Request) -> web.Response:
        project = self._find(request)
        if project is None:
            return error(404, "Session not found")
        self._store.remove_project(project.id)
        return web.Response(status=202)

    def _find(self, request: web.Request) -> Project | None:
        given = request.match_info["id"]
        if not is_uuid(given):
            raise RefusedError(error(422, "Input should be a valid UUID", field="session_id"))
        return self._store.projects.get(str(uuid.UUID(given)))

    def _render(self, project: Project, stats: bool) -> dict[str, Any]:
        end = parse_time(project.values.get("end_time"))
        shown = {
            "id": project.id,
            "tenant_id": self._workspace_id,
            "name": project.name,
            "start_time": render_run_time(project.created),
            "end_time": None if end is None else render_run_time(end),
            "extra": project.values.get("extra"),
            "description": project.values.get("description"),
            "default_dataset_id": project.values.get("default_dataset_id"),
            "reference_dataset_id": project.values.get("reference_dataset_id"),
            "trace_tier": project.values.get("trace_tier") or "longlived",
            "last_run_start_time": self._last_start(project),
            "last_run_start_time_live": None,
            "run_facets": None,
            "test_run_number": None,
        }
        return {**shown, **(self._stats(project) if stats else {})}

    def _last_start(self, project: Project) -> str | None:
        keys = project.in_order(False)
        return render_run_time(keys[-1][0]) if keys else None

    def _stats(self, project: Project) -> dict[str, Any]:
        roots = [self._store.runs[run_id] for _, run_id in project.in_order(True)]
        latencies = sorted(run.latency for run in roots if run.latency is not None)
        figures = add_figures(self._store.figures(run) for run in roots)
        errors = sum(run.status == "error" for run in roots)
        return {
            "run_count": len(project.keys),
            "latency_p50": statistics.median(latencies) if latencies else None,
            "latency_p99": latencies[len(latencies) * 99 // 100] if latencies else None,
            **{name: figures.get(name, 0) for name in TOKENS},
            **{name: str(figures[name]) if name in figures else None for name in COSTS},
            "error_rate": errors / len(roots) if roots else None,
            "streaming_rate": 0.0,
            "feedback_stats": {},
            "session_feedback_stats": {},
        }
