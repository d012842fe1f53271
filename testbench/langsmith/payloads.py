"""Payloads and attachments that are fetched from an address of their own, good without a key for as long as we run."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from aiohttp import web

from .answers import error, json_response
from .run import Run
from .store import Store


class Payloads:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = secrets.token_bytes(16)
        self.base = ""
        """The double's own address, known once it listens."""

    def routes(self) -> list[tuple[str, str, Any]]:
        return [("GET", "/payloads/{run}/{part}", self.read)]

    def url(self, run: Run, part: str) -> str:
        return f"{self.base}/payloads/{run.id}/{part}?signature={self._sign(run.id, part)}"

    def attachment_urls(self, run: Run) -> dict[str, Any]:
        """As `s3_urls` of a run: by name, with the address."""
        return {
            f"attachment.{name}": {
                "presigned_url": self.url(run, f"attachment.{name}"),
                "s3_url": f"attachments/{run.id}/{name}",
                "mime_type": attachment.content_type,
            }
            for name, attachment in run.attachments.items()
        }

    async def read(self, request: web.Request) -> web.Response:
        run_id, part = request.match_info["run"], request.match_info["part"]
        if not hmac.compare_digest(request.query.get("signature", ""), self._sign(run_id, part)):
            return error(403, "The signature does not match")
        run = self._store.runs.get(run_id)
        if run is not None and part.startswith("attachment."):
            attachment = run.attachments.get(part.removeprefix("attachment."))
            if attachment is not None:
                return web.Response(body=attachment.data, content_type=attachment.content_type or None)
        if run is None or run.documents.get(part) is None:
            return error(404, "Not Found")
        return json_response(run.documents[part])

    def _sign(self, run_id: str, part: str) -> str:
        return hmac.new(self._secret, f"{run_id}/{part}".encode(), hashlib.sha256).hexdigest()
