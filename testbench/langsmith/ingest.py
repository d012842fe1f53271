"""How runs and feedback come in: one by one, in batches, as multipart bodies; plain, gzip or zstandard."""

from __future__ import annotations

import gzip
import re
import uuid
import zlib
from typing import Any

import zstandard
from aiohttp import web

from .answers import RefusedError, error, is_uuid, read_object, write_json
from .json_text import MalformedError, elements, loads, members
from .run import DOCUMENTS, Attachment, Feedback, Run, take_members
from .store import Store
from .times import now, parse_time, render_offset

_MAX_BODY = 512 << 20


class IngestApi:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("POST", "/runs", self.create),
            ("PATCH", "/runs/{id}", self.change),
            ("POST", "/runs/batch", self.batch),
            ("POST", "/runs/multipart", self.multipart),
            ("POST", "/feedback", self.create_feedback),
            ("GET", "/feedback", self.list_feedback),
            ("GET", "/feedback/{id}", self.read_feedback),
            ("PATCH", "/feedback/{id}", self.change_feedback),
            ("DELETE", "/feedback/{id}", self.delete_feedback),
        ]

    async def create(self, request: web.Request) -> web.Response:
        take_run(self._store, await read_text(request))
        return write_json({"message": "Runs batch ingested"}, 202)

    async def change(self, request: web.Request) -> web.Response:
        take_run(self._store, await read_text(request), request.match_info["id"])
        return write_json({"message": "Runs batch ingested"}, 202)

    async def batch(self, request: web.Request) -> web.Response:
        text = await read_text(request)
        for name, verbatim, _ in members(text):
            if name in ("post", "patch"):
                for run in elements(verbatim):
                    take_run(self._store, run)
        return write_json({"message": "Runs batch ingested"}, 202)

    async def multipart(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        bodies: dict[str, str] = {}
        documents: dict[str, dict[str, str]] = {}
        attachments: dict[str, dict[str, Attachment]] = {}
        for name, content_type, data in parts(body, request.headers.get("Content-Type", "")):
            kind, _, rest = name.partition(".")
            run_id, _, member = rest.partition(".")
            if kind == "attachment":
                attachments.setdefault(run_id, {})[member] = Attachment(content_type.partition(";")[0], data)
            elif kind == "feedback":
                self._take_feedback(loads(data))
            elif kind not in ("post", "patch"):
                raise RefusedError(error(422, f"unknown part {name!r}", field="body"))
            elif member:
                documents.setdefault(run_id, {})[member] = data.decode("utf-8", "surrogatepass")
            else:
                bodies[run_id] = data.decode("utf-8", "surrogatepass")
        for run_id in [*bodies, *(run_id for run_id in documents if run_id not in bodies)]:
            take_run(self._store, bodies.get(run_id, "{}"), run_id, documents.get(run_id))
        for run_id, files in attachments.items():
            if run_id not in self._store.runs:
                raise RefusedError(error(422, f"attachment of unknown run {run_id}", field="body"))
            self._store.runs[run_id].attachments.update(files)
        return write_json({"message": "Runs batch ingested"}, 202)

    # -- feedback

    def _take_feedback(self, values: Any) -> Feedback:
        if not isinstance(values, dict) or not isinstance(values.get("key"), str):
            raise MalformedError("feedback needs a key")
        run_id = str(values.get("run_id") or values.get("trace_id") or "")
        point = Feedback(str(values.get("id") or uuid.uuid4()), run_id, values)
        values.setdefault("created_at", render_offset(now()))
        values["modified_at"] = render_offset(now())
        self._drop(point.id)
        self._store.feedback[point.id] = point
        run = self._store.runs.get(run_id)
        if run is not None:
            run.feedback.append(point)
        return point

    def _drop(self, feedback_id: str) -> None:
        known = self._store.feedback.pop(feedback_id, None)
        run = self._store.runs.get(known.run_id) if known else None
        if run is not None:
            run.feedback = [point for point in run.feedback if point.id != feedback_id]

    async def create_feedback(self, request: web.Request) -> web.Response:
        return write_json(self._shown(self._take_feedback(loads(await read_text(request)))))

    async def change_feedback(self, request: web.Request) -> web.Response:
        point = self._find(request)
        changed = {**point.values, **await read_object(request), "id": point.id}
        return write_json(self._shown(self._take_feedback(changed)))

    async def read_feedback(self, request: web.Request) -> web.Response:
        return write_json(self._shown(self._find(request)))

    async def delete_feedback(self, request: web.Request) -> web.Response:
        self._drop(self._find(request).id)
        return write_json({"message": "Feedback deleted"})

    async def list_feedback(self, request: web.Request) -> web.Response:
        query = request.query
        runs, keys = query.getall("run", []), query.getall("key", [])
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        found = [
            self._shown(point)
            for point in self._store.feedback.values()
            if (not runs or point.run_id in runs) and (not keys or point.key in keys)
        ]
        return write_json(found[offset : offset + limit])

    def _find(self, request: web.Request) -> Feedback:
        point = self._store.feedback.get(request.match_info["id"])
        if point is None:
            raise RefusedError(error(404, "Feedback not found"))
        return point

    def _shown(self, point: Feedback) -> dict[str, Any]:
        run = self._store.runs.get(point.run_id)
        trace_id = run.trace_id if run else point.run_id
        return {**point.values, "id": point.id, "run_id": point.run_id, "trace_id": trace_id}


def take_run(store: Store, text: str, run_id: str | None = None, documents: dict[str, str] | None = None) -> Run:
    """Creates a run or changes a known one, whichever came first. Refuses with 422 what cannot be a run."""
    head = {name: value for name, _, value in members(text) if name not in DOCUMENTS}
    given = run_id or head.get("id")
    if not is_uuid(given):
        raise RefusedError(error(422, f"Input should be a valid UUID, got {given!r}", field="id"))
    key = str(uuid.UUID(str(given)))
    known = store.runs.get(key)
    run = known or Run(key)
    place = run.place
    run.project_id = _project_of(store, head, run)
    take_members(run, text)
    for name, document in (documents or {}).items():
        if name == "error":
            run.set_value("error", loads(document))
        else:
            run.set_document(name, document)
    if not run.start:
        run.start = now()
    if known and run.place == place:
        store.changed(run)
    else:
        if known:
            store.forget(run, place)
        store.put(run)
    return run


def _project_of(store: Store, head: dict[str, Any], run: Run) -> str:
    wanted = head.get("session_id") or head.get("project_id")
    if is_uuid(wanted):
        wanted = str(uuid.UUID(wanted))
        if wanted not in store.projects:
            store.make_project(str(head.get("session_name") or wanted), wanted)
        return wanted
    name = head.get("session_name") or head.get("project_name")
    if name is None and run.project_id:
        return run.project_id
    name = str(name or "default")
    project = store.project_named(name) or store.make_project(name)
    start = parse_time(head.get("start_time"))
    if start is not None and not project.keys:
        project.created = min(project.created, start)
    return project.id


# -- bodies


async def read_body(request: web.Request) -> bytes:
    """The body, unpacked."""
    body = await request.read()
    encoding = request.headers.get("Content-Encoding", "")
    try:
        if encoding == "zstd":
            return zstandard.ZstdDecompressor().stream_reader(body).read(_MAX_BODY)
        if encoding == "gzip":
            return gzip.decompress(body)
        if encoding == "deflate":
            return zlib.decompress(body)
    except (zstandard.ZstdError, OSError, zlib.error) as reason:
        raise RefusedError(error(400, f"cannot unpack the body: {reason}")) from None
    if encoding not in ("", "identity"):
        raise RefusedError(error(415, f"unknown Content-Encoding {encoding!r}"))
    return body


async def read_text(request: web.Request) -> str:
    try:
        return (await read_body(request)).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as reason:
        raise MalformedError(str(reason)) from None


_NAME = re.compile(rb'name="([^"]*)"')
_TYPE = re.compile(rb"(?im)^content-type:\s*(.*?)\s*$")


def parts(body: bytes, content_type: str) -> list[tuple[str, str, bytes]]:
    """Name, content type and bytes of each part of a multipart body. Refuses other bodies with 422."""
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None:
        raise RefusedError(error(422, "multipart/form-data with a boundary expected", field="body"))
    pieces = (b"\r\n" + body).split(b"\r\n--" + match[1].encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise RefusedError(error(422, "the multipart body ends too early", field="body"))
    found = []
    for piece in pieces[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name, kind = _NAME.search(head), _TYPE.search(head)
        if name is None:
            raise RefusedError(error(422, "a part without a name", field="body"))
        found.append((name[1].decode(), kind[1].decode() if kind else "", data))
    return found
