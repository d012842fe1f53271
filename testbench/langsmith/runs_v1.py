"""The v1 API of runs: `/runs/query`, `/runs/{id}`, `/runs/query/validate`, `/runs/group`, `/runs/threads/{id}`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection
from typing import Any

from aiohttp import web

from .answers import RefusedError, check_types, error, is_uuid, json_response, read_object, write_json
from .feedback_stats import feedback_stats
from .filters import BadFilterError, compile_filter, search_test, thread_key
from .json_text import Verbatim, dumps, object_text
from .paging import dialect_of, make_test, read_page, traces_in
from .payloads import Payloads
from .run import COSTS, DOCUMENTS, TOKENS, Run
from .settings import Settings
from .store import Scope, Store, Test
from .times import parse_time, render_run_time

# fmt: off
DEFAULT_SELECT = (
    "id", "name", "run_type", "start_time", "end_time", "status", "error", "extra", "events", "inputs", "outputs",
    "parent_run_id", "manifest_id", "manifest_s3_id", "manifest", "session_id", "serialized", "reference_example_id",
    "reference_dataset_id", "total_tokens", "prompt_tokens", "prompt_token_details", "completion_tokens",
    "completion_token_details", "total_cost", "prompt_cost", "prompt_cost_details", "completion_cost",
    "completion_cost_details", "price_model_id", "first_token_time", "trace_id", "dotted_order", "last_queued_at",
    "feedback_stats", "parent_run_ids", "tags", "in_dataset", "app_path", "share_token", "trace_tier",
    "trace_first_received_at", "ttl_seconds", "trace_upgrade", "thread_id",
)
REQUIRED = ("id", "name", "run_type", "trace_id", "dotted_order", "status", "session_id", "app_path")
_SELECTABLE = {
    *DEFAULT_SELECT,
    "inputs_preview", "inputs_s3_urls", "inputs_or_signed_url", "outputs_preview", "outputs_s3_urls",
    "outputs_or_signed_url", "s3_urls", "error_or_signed_url", "events_or_signed_url", "extra_or_signed_url",
    "serialized_or_signed_url", "child_run_ids", "trace_min_max_start_time", "messages", "inserted_at",
}
# fmt: on
_RUN_TYPES = ("tool", "chain", "llm", "retriever", "embedding", "prompt", "parser")
_BODY = {
    "id": "uuids",
    "trace": "uuid",
    "parent_run": "uuid",
    "run_type": "text",
    "session": "uuids",
    "reference_example": "uuids",
    "start_time": "text",
    "end_time": "text",
    "error": "boolean",
    "query": "text",
    "filter": "text",
    "trace_filter": "text",
    "tree_filter": "text",
    "is_root": "boolean",
    "cursor": "text",
    "limit": "integer",
    "select": "texts",
    "order": "text",
}
_SCOPES = ("session", "id", "trace", "parent_run", "reference_example")


class RunsV1:
    def __init__(self, store: Store, settings: Settings, payloads: Payloads) -> None:
        self._store = store
        self._settings = settings
        self._payloads = payloads

    def routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("POST", "/runs/query", self.query),
            ("POST", "/runs/query/validate", self.validate),
            ("POST", "/runs/group", self.group),
            ("GET", "/runs/threads/{id}", self.thread),
            ("GET", "/runs/{id}", self.read),
        ]

    async def query(self, request: web.Request) -> web.Response:
        self._refuse_when_removed()
        body = await read_object(request)
        check_types(body, _BODY)
        limit = 100 if body.get("limit") is None else body["limit"]
        if limit > 100:
            return error(400, "Limit exceeds maximum allowed value of 100")
        if limit < 1:
            return error(422, "Input should be greater than or equal to 1", field="limit")
        if body.get("run_type") not in (None, *_RUN_TYPES):
            return error(422, f"Input should be one of {', '.join(_RUN_TYPES)}", field="run_type")
        if body.get("order") not in (None, "asc", "desc"):
            return error(422, "Input should be 'asc' or 'desc'", field="order")
        select = body.get("select") or DEFAULT_SELECT
        if unknown := [name for name in select if name not in _SELECTABLE]:
            return error(422, f"Input should be a known field, not {unknown[0]!r}", field="select")
        if not any(body.get(name) for name in _SCOPES):
            return error(400, f"At least one of {', '.join(map(repr, _SCOPES))} must be specified")
        runs, following = await read_page(
            request,
            self._store,
            self._scope(body),
            self._test(body),
            cursor=body.get("cursor"),
            limit=limit,
            newest_first=body.get("order") != "asc",
        )
        names = [*dict.fromkeys((*REQUIRED, *select))]
        rows = ",".join(self.render(run, names) for run in runs)
        cursors = dumps({"next": following, "prev": None})
        return json_response(
            f'{{"runs":[{rows}],"cursors":{cursors},"search_cursors":null,"parsed_query":{dumps(body.get("filter"))}}}'
        )

    def _scope(self, body: dict[str, Any]) -> Scope:
        ids = _uuids(body.get("id"))
        if ids is not None:
            return Scope(ids=ids)
        traces = _uuids([body["trace"]]) if body.get("trace") else traces_in(body.get("filter"))
        parent = self._store.runs.get(str(uuid.UUID(body["parent_run"]))) if body.get("parent_run") else None
        if parent is not None:
            traces = frozenset([parent.trace_id])
        return Scope(
            projects=_uuids(body.get("session")),
            traces=traces,
            is_root=body.get("is_root"),
            start=_time(body, "start_time"),
        )

    def _test(self, body: dict[str, Any]) -> Test:
        if body.get("id") is not None:
            return lambda run: True
        tests = [make_test(self._store, dialect_of(self._settings.api), body)]
        for name in ("query", "search_filter"):
            if body.get(name):
                tests.append(search_test(str(body[name])))
        if body.get("run_type"):
            tests.append(lambda run: run.run_type == body["run_type"])
        if body.get("parent_run"):
            tests.append(lambda run: run.parent_id == body["parent_run"])
        if body.get("error") is not None:
            tests.append(lambda run: (run.status == "error") == body["error"])
        if body.get("reference_example"):
            tests.append(lambda run: run.values.get("reference_example_id") in body["reference_example"])
        end = _time(body, "end_time")
        if end is not None:  # compared with the run's own end, not with its start
            tests.append(lambda run: run.end is not None and run.end <= end)
        return lambda run: all(test(run) for test in tests)

    async def read(self, request: web.Request) -> web.Response:
        self._refuse_when_removed()
        given = request.match_info["id"]
        if not is_uuid(given):
            return error(422, "Input should be a valid UUID", field="run_id")
        run = self._store.runs.get(str(uuid.UUID(given)))
        if run is None:
            return error(404, "Run not found")
        return json_response(self.render(run, [*DEFAULT_SELECT, "child_run_ids", "s3_urls"]))

    async def validate(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        errors = []
        for name in ("filter", "trace_filter", "tree_filter"):
            if body.get(name):
                try:
                    compile_filter(str(body[name]), self._store, dialect_of(self._settings.api))
                except BadFilterError as reason:
                    errors.append({"field": name, "message": str(reason)})
        return write_json({"valid": not errors, "errors": errors})

    async def group(self, request: web.Request) -> web.Response:
        self._refuse_when_removed()
        body = await read_object(request)
        check_types(body, {"session_id": "uuid", "filter": "text", "offset": "integer", "limit": "integer"})
        if body.get("session_id") is None or body.get("group_by") != "conversation":
            return error(422, "session_id and group_by 'conversation' are required", field="group_by")
        limit, offset = body.get("limit") or 10, body.get("offset") or 0
        if limit > 100:
            return error(422, "Input should be less than or equal to 100", field="limit")
        scope = Scope(_uuids([body["session_id"]]), is_root=True, start=_time(body, "start_time"))
        runs, _ = self._store.select(scope, make_test(self._store, dialect_of(self._settings.api), body))
        groups: dict[str, list[Run]] = {}
        for run in runs:
            key = thread_key(run, tuple(self._settings.api.thread_keys))
            if key is not None:
                groups.setdefault(key, []).append(run)
        shown = [
            {
                "group_key": key,
                "count": len(members),
                "min_start_time": render_run_time(members[-1].start),
                "max_start_time": render_run_time(members[0].start),
                "total_tokens": sum(self._store.figures(run).get("total_tokens", 0) for run in members),
            }
            for key, members in list(groups.items())[offset : offset + limit]
        ]
        return write_json({"groups": shown, "total": len(groups)})

    async def thread(self, request: web.Request) -> web.Response:
        """The previews of a thread: its roots' inputs and outputs, JSON objects joined by blank lines in one text."""
        self._refuse_when_removed()
        project = request.query.get("session_id", "")
        if not is_uuid(project):
            return error(422, "Field required", field="session_id")
        keys, wanted = tuple(self._settings.api.thread_keys), request.match_info["id"]
        scope = Scope(_uuids([project]), is_root=True)
        runs, _ = self._store.select(scope, lambda run: thread_key(run, keys) == wanted, newest_first=False)
        if not runs:
            return error(404, "Thread not found")
        texts = []
        for run in runs:
            texts += [run.documents[name] for name in ("inputs", "outputs") if run.documents.get(name)]
        return write_json({"thread_id": wanted, "previews": {"all_messages": "\n\n".join(texts)}})

    def _refuse_when_removed(self) -> None:
        if not self._settings.api.v1:
            raise RefusedError(error(404, "Not Found"))

    # -- rows

    def render(self, run: Run, names: Collection[str]) -> str:
        """A run as JSON with these fields. Payloads leave as the text that was sent."""
        return object_text({name: self._value(run, name) for name in names})

    def _value(self, run: Run, name: str) -> Any:
        if name in DOCUMENTS:
            signed = name in ("inputs", "outputs") and self._is_signed(run, name)
            text = "{}" if signed else run.documents.get(name) or ("{}" if name == "inputs" else "null")
            return Verbatim(text)
        if name in _RENDERED:
            return _RENDERED[name](run)
        if name in TOKENS:
            return self._store.figures(run).get(name, 0)
        if name in COSTS:
            cost = self._store.figures(run).get(name)
            return None if cost is None else format(cost, "f")
        return self._derived(run, name)

    def _derived(self, run: Run, name: str) -> Any:
        if name == "thread_id":
            return thread_key(run, tuple(self._settings.api.thread_keys))
        if name == "app_path":
            trace = f"/o/testbench/projects/p/{run.project_id}/r/{run.id}"
            return f"{trace}?trace_id={run.trace_id}&start_time={render_run_time(run.start)}"
        if name == "child_run_ids":
            return sorted(one.id for one in self._store.trace(run.trace_id) if run.id in one.parent_ids)
        if name in ("inputs_preview", "outputs_preview"):
            return (run.documents.get(name.removesuffix("_preview")) or "")[:200] or None
        if name == "s3_urls":
            return self._payloads.attachment_urls(run) or None
        if name in ("inputs_s3_urls", "outputs_s3_urls"):
            part = name.removesuffix("_s3_urls")
            return {"ROOT": {"presigned_url": self._payloads.url(run, part)}} if self._is_signed(run, part) else None
        if name.endswith("_or_signed_url"):
            part = name.removesuffix("_or_signed_url")
            if part in DOCUMENTS and self._is_signed(run, part):
                return self._payloads.url(run, part)
            return run.error if part == "error" else json.loads(run.documents.get(part) or "null")
        return run.values.get(name)

    def _is_signed(self, run: Run, name: str) -> bool:
        limit = self._settings.api.signed_payloads_over
        return limit is not None and len(run.documents.get(name) or "") > limit


_RENDERED: dict[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "run_type": lambda run: run.run_type,
    "start_time": lambda run: render_run_time(run.start),
    "end_time": lambda run: None if run.end is None else render_run_time(run.end),
    "first_token_time": lambda run: None if run.first_token is None else render_run_time(run.first_token),
    "status": lambda run: run.status,
    "error": lambda run: run.error,
    "parent_run_id": lambda run: run.parent_id,
    "parent_run_ids": lambda run: run.parent_ids,
    "session_id": lambda run: run.project_id,
    "trace_id": lambda run: run.trace_id,
    "dotted_order": lambda run: run.dotted_order,
    "tags": lambda run: run.values.get("tags"),
    "feedback_stats": lambda run: feedback_stats(run) or None,
    "trace_tier": lambda run: run.values.get("trace_tier") or "longlived",
    "in_dataset": lambda run: bool(run.values.get("in_dataset", False)),
    "inserted_at": lambda run: render_run_time(run.received),
    "trace_first_received_at": lambda run: render_run_time(run.received),
}


def _uuids(values: Any) -> frozenset[str] | None:
    return None if values is None else frozenset(str(uuid.UUID(value)) for value in values)


def _time(body: dict[str, Any], name: str) -> int | None:
    if body.get(name) is None:
        return None
    moment = parse_time(body[name])
    if moment is None:
        raise RefusedError(error(422, "Input should be a valid datetime", field=name))
    return moment
