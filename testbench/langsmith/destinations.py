"""Destinations of bulk exports: where the files go, checked by a test write."""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from .answers import RefusedError, error, read_object, write_json
from .buckets import S3_ACCESS_KEY, S3_SECRET_KEY, Buckets
from .settings import Settings
from .times import now, render_offset

GCS_ENDPOINT = "https://storage.googleapis.com"
"""How destinations name GCS; it stands for the server on loopback."""
_NAME = re.compile(r"[A-Za-z0-9\-_ ']+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


@dataclass
class Destination:
    id: str
    name: str
    config: dict[str, Any]
    credentials: dict[str, Any]
    created: int
    updated: int

    @property
    def bucket(self) -> str:
        return str(self.config.get("bucket_name"))

    @property
    def prefix(self) -> str:
        return str(self.config.get("prefix") or "").strip("/")


class DestinationsApi:
    def __init__(self, settings: Settings, buckets: Buckets, workspace_id: str) -> None:
        self._settings = settings
        self._buckets = buckets
        self._workspace_id = workspace_id
        self.destinations: dict[str, Destination] = {}
        self.in_use: set[str] = set()
        """Ids that exports refer to."""

    def routes(self) -> list[tuple[str, str, Any]]:
        found = []
        for path in ("/bulk-exports/destinations", "/bulk-export-destinations"):
            found += [
                ("GET", path, self.list),
                ("POST", path, self.create),
                ("GET", path + "/{id}", self.read),
                ("PATCH", path + "/{id}", self.change),
                ("DELETE", path + "/{id}", self.delete),
            ]
        return found

    async def add(self, name: str, endpoint: str, bucket: str, prefix: str) -> Destination:
        """A destination that the double announces."""
        config = {
            "endpoint_url": endpoint,
            "bucket_name": bucket,
            "prefix": prefix,
            "region": None if endpoint == GCS_ENDPOINT else "us-east-1",
            "include_bucket_in_prefix": True,
        }
        credentials = {"access_key_id": S3_ACCESS_KEY, "secret_access_key": S3_SECRET_KEY}
        destination = Destination(str(uuid.uuid4()), name, config, credentials, now(), now())
        await self._test_write(destination)
        self.destinations[destination.id] = destination
        return destination

    async def list(self, request: web.Request) -> web.Response:
        self._admit(request)
        return write_json([self._render(one) for one in self.destinations.values()])

    async def create(self, request: web.Request) -> web.Response:
        self._admit(request)
        body = await read_object(request)
        config = body.get("config")
        if body.get("destination_type") != "s3":
            return error(422, "Input should be 's3'", field="destination_type")
        if not isinstance(body.get("display_name"), str) or not _NAME.fullmatch(body["display_name"]):
            return error(422, "display_name has letters, digits, '-', '_', \"'\" and blanks", field="display_name")
        if not isinstance(config, dict):
            return error(422, "Field required", field="config")
        credentials = body.get("credentials") or {}
        destination = Destination(str(uuid.uuid4()), body["display_name"], config, credentials, now(), now())
        await self._test_write(destination)
        self.destinations[destination.id] = destination
        return write_json(self._render(destination))

    async def read(self, request: web.Request) -> web.Response:
        return write_json(self._render(self._find(request)))

    async def change(self, request: web.Request) -> web.Response:
        destination = self._find(request)
        body = await read_object(request)
        changed = Destination(**{**vars(destination), "credentials": body.get("credentials") or {}, "updated": now()})
        await self._test_write(changed)
        self.destinations[destination.id] = changed
        return write_json(self._render(changed))

    async def delete(self, request: web.Request) -> web.Response:
        destination = self._find(request)
        if destination.id in self.in_use:
            return error(409, "Destination is referenced by a bulk export")
        del self.destinations[destination.id]
        return web.Response(status=204)

    def endpoint_of(self, destination: Destination) -> str | None:
        """Which of the bucket servers is meant; None for one that is not ours."""
        endpoint = str(destination.config.get("endpoint_url") or "").rstrip("/")
        if endpoint == self._buckets.gcs or urlsplit(endpoint).hostname == urlsplit(GCS_ENDPOINT).hostname:
            return self._buckets.gcs
        return self._buckets.s3 if endpoint in ("", self._buckets.s3) else None

    async def _test_write(self, destination: Destination) -> None:
        """Writes `<prefix>/tmp/<id>.txt`; refuses a destination where that fails, in the words LangSmith uses."""
        endpoint = self.endpoint_of(destination)
        reason = None
        if endpoint is None:
            reason = "Invalid endpoint"
        elif not _BUCKET.fullmatch(destination.bucket):
            reason = "InvalidBucketName"
        elif not await asyncio.to_thread(self._buckets.exists, endpoint, destination.bucket):
            reason = "The specified bucket is not valid"
        elif destination.credentials.get("access_key_id") != S3_ACCESS_KEY:
            reason = "The AWS Access Key ID you provided does not exist in our records"
        elif destination.credentials.get("secret_access_key") != S3_SECRET_KEY:
            reason = "Access Denied"
        if endpoint is None or reason is not None:
            raise RefusedError(error(400, f"Failed to validate S3 destination: {reason}"))
        if self._settings.exports.keep_test_write:
            key = "/".join(part for part in (destination.prefix, "tmp", f"{uuid.uuid4()}.txt") if part)
            await asyncio.to_thread(self._buckets.put, endpoint, destination.bucket, key, b"test")

    def _find(self, request: web.Request) -> Destination:
        self._admit(request)
        destination = self.destinations.get(request.match_info["id"])
        if destination is None:
            raise RefusedError(error(404, "Bulk export destination not found"))
        return destination

    def _admit(self, request: web.Request) -> None:
        if not self._settings.auth.bulk_exports_allowed:
            raise RefusedError(error(403, "Bulk export is not available on your plan"))
        if "/bulk-export-destinations" in request.path and not self._settings.api.destinations_alias:
            raise RefusedError(error(404, "Not Found"))

    def _render(self, destination: Destination) -> dict[str, Any]:
        return {
            "id": destination.id,
            "tenant_id": self._workspace_id,
            "destination_type": "s3",
            "display_name": destination.name,
            "config": destination.config,
            "credentials_keys": list(destination.credentials),
            "created_at": render_offset(destination.created),
            "updated_at": render_offset(destination.updated),
        }
