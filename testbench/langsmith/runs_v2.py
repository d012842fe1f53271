"""The v2 API of runs and traces: `/runs/query`, `/runs/{id}`, `/traces/query`, `/traces/{id}/runs`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any

from aiohttp import web

from .answers import RefusedError, check_types, is_uuid, json_response, problem, read_object
from .feedback_stats import feedback_stats
from .filters import thread_key
from .gate import split_prefix
from .json_text import Verbatim, dumps, object_text
from .paging import dialect_of, make_test, read_page, traces_in
from .payloads import Payloads
from .run import COSTS, TOKENS, Run, add_figures
from .settings import Settings
from .store import Scope, Store, Test
from .times import DAY, now, parse_time, render_utc

# fmt: off
SELECTS = frozenset((
    "ID", "NAME", "RUN_TYPE", "STATUS", "START_TIME", "END_TIME", "LATENCY_SECONDS", "FIRST_TOKEN_TIME", "ERROR",
    "ERROR_PREVIEW", "EXTRA", "METADATA", "EVENTS", "INPUTS", "INPUTS_PREVIEW", "OUTPUTS", "OUTPUTS_PREVIEW",
    "MANIFEST", "PARENT_RUN_IDS", "PROJECT_ID", "TRACE_ID", "THREAD_ID", "DOTTED_ORDER", "IS_ROOT",
    "REFERENCE_EXAMPLE_ID", "REFERENCE_DATASET_ID", "TOTAL_TOKENS", "PROMPT_TOKENS", "COMPLETION_TOKENS",
    "TOTAL_COST", "PROMPT_COST", "COMPLETION_COST", "PROMPT_TOKEN_DETAILS", "COMPLETION_TOKEN_DETAILS",
    "PROMPT_COST_DETAILS", "COMPLETION_COST_DETAILS", "PRICE_MODEL_ID", "TAGS", "APP_PATH", "ATTACHMENTS",
    "THREAD_EVALUATION_TIME", "IS_IN_DATASET", "LAST_QUEUED_AT", "SHARE_URL", "FEEDBACK_STATS", "LS_USER_ID",
))
# fmt: on
_AGGREGATES = ("TOTAL_TOKENS", "TOTAL_COST", "FIRST_TOKEN_TIME")
_FILTERS = {"filter": "text", "trace_filter": "text", "tree_filter": "text"}
_PAGE = {"cursor": "text", "page_size": "integer", "min_start_time": "text", "max_start_time": "text"}
_RUNS_BODY = {
    **_FILTERS,
    **_PAGE,
    "project_ids": "uuids",
    "reference_dataset_id": "uuid",
    "ids": "uuids",
    "trace_id": "uuid",
    "run_type": "text",
    "is_root": "boolean",
    "has_error": "boolean",
    "selects": "texts",
    "sort_order": "text",
    "reference_examples": "uuids",
}
_TRACES_BODY = {
    **_PAGE,
    "project_id": "uuid",
    "trace_ids": "uuids",
    "trace_filter": "text",
    "tree_filter": "text",
    "selects": "texts",
}


def prefix_of(request: web.Request) -> str:
    return split_prefix(request.path)[0]


def refuse(status: int, detail: str) -> RefusedError:
    return RefusedError(problem(status, detail))


class RunsV2:
    def __init__(self, store: Store, settings: Settings, payloads: Payloads) -> None:
        self._store = store
        self._settings = settings
        self._payloads = payloads

    def routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("POST", "/runs/query", self.query),
            ("GET", "/runs/{id}", self.read),
            ("POST", "/traces/query", self.query_traces),
            ("GET", "/traces/{id}/runs", self.runs_of_trace),
        ]

    async def query(self, request: web.Request) -> web.Response:
        prefix = admit(request, self._settings)
        body = await read_object(request)
        check_types(body, _RUNS_BODY, prefix=prefix)
        selects = check_selects(body.get("selects"))
        if bool(body.get("project_ids")) == bool(body.get("reference_dataset_id")):
            raise refuse(400, "exactly one of project_ids and reference_dataset_id is required")
        run_type = body.get("run_type")
        if run_type is not None and run_type != run_type.upper():
            raise refuse(400, f"run_type: {run_type!r} is none of the known, which are written in capitals")
        start, end = read_window(body)
        traces = body.get("trace_id") and frozenset([to_id(body["trace_id"])])
        scope = Scope(
            projects=self._projects(body),
            ids=to_ids(body.get("ids")),
            traces=traces or traces_in(body.get("filter")),
            is_root=body.get("is_root"),
            start=start,
            end=end,
        )
        runs, following = await read_page(
            request,
            self._store,
            scope,
            self._test(body, prefix),
            cursor=body.get("cursor"),
            limit=page_size(body, 100, 1000),
            newest_first=body.get("sort_order") != "ASC",
            prefix=prefix,
        )
        return write_items([self.render(run, selects) for run in runs], following)

    def _projects(self, body: dict[str, Any]) -> frozenset[str] | None:
        dataset = body.get("reference_dataset_id")
        if dataset is None:
            return to_ids(body.get("project_ids"))
        projects = self._store.projects.values()
        return frozenset(one.id for one in projects if one.values.get("reference_dataset_id") == dataset)

    def _test(self, body: dict[str, Any], prefix: str) -> Test:
        tests = [make_test(self._store, dialect_of(self._settings.api), body, prefix=prefix)]
        if body.get("run_type"):
            tests.append(lambda run: run.run_type.upper() == body["run_type"])
        if body.get("trace_id"):
            tests.append(lambda run: run.trace_id == to_id(body["trace_id"]))
        if body.get("has_error") is not None:
            tests.append(lambda run: (run.status == "error") == body["has_error"])
        if body.get("reference_examples"):
            tests.append(lambda run: run.values.get("reference_example_id") in body["reference_examples"])
        return lambda run: all(test(run) for test in tests)

    async def read(self, request: web.Request) -> web.Response:
        admit(request, self._settings)
        project = required_project(request.query.get("project_id"))
        selects = check_selects(request.query.getall("selects", []))
        run = self._store.runs.get(to_id(request.match_info["id"]))
        if run is None or run.project_id != project:
            raise refuse(404, "run not found")
        return json_response(self.render(run, selects))

    async def query_traces(self, request: web.Request) -> web.Response:
        prefix = admit(request, self._settings)
        body = await read_object(request)
        check_types(body, _TRACES_BODY, prefix=prefix)
        if "filter" in body:
            raise refuse(400, "filter is not a member of this request; use trace_filter")
        selects = check_selects(body.get("selects"))
        start, end = read_window(body)
        scope = Scope(
            projects=frozenset([required_project(body.get("project_id"))]),
            traces=to_ids(body.get("trace_ids")) or traces_in(body.get("trace_filter")),
            is_root=True,
            start=start,
            end=end,
        )
        runs, following = await read_page(
            request,
            self._store,
            scope,
            make_test(self._store, dialect_of(self._settings.api), body, prefix=prefix),
            cursor=body.get("cursor"),
            limit=page_size(body, 20, 100),
            prefix=prefix,
        )
        return write_items([self._render_trace(run, selects) for run in runs], following)

    async def runs_of_trace(self, request: web.Request) -> web.Response:
        prefix = admit(request, self._settings)
        query = dict(request.query)
        selects = check_selects(request.query.getall("selects", []))
        project = required_project(query.get("project_id"))
        bounds = [query.get("min_start_time"), query.get("max_start_time")]
        if (bounds[0] is None) != (bounds[1] is None):
            raise refuse(400, "min_start_time and max_start_time go together")
        start, end = to_time("min_start_time", bounds[0]), to_time("max_start_time", bounds[1])
        scope = Scope(
            projects=frozenset([project]),
            traces=frozenset([to_id(request.match_info["id"])]),
            start=start,
            end=None if end is None else end + 1,  # inclusive
        )
        test = make_test(self._store, dialect_of(self._settings.api), query, prefix=prefix)
        runs, _ = self._store.select(scope, test, newest_first=False)
        return write_items([self.render(run, selects) for run in runs], None, paged=False)

    # -- rows

    def render(self, run: Run, selects: Collection[str]) -> str:
        """A run as JSON with the selected members. Payloads leave as the text that was sent."""
        return object_text({name.lower(): self._value(run, name) for name in selects})

    def _render_trace(self, run: Run, selects: Collection[str]) -> str:
        root = self.render(run, [name for name in selects if name not in _AGGREGATES] or ["ID"])
        aggregates = [name for name in selects if name in _AGGREGATES]
        if not aggregates:
            return f'{{"root_run":{root}}}'
        trace = list(self._store.trace(run.trace_id))
        figures = add_figures(one.own_figures() for one in trace if one.run_type == "llm") or self._store.figures(run)
        first = min((one.first_token for one in trace if one.first_token is not None), default=None)
        values = {
            "total_tokens": figures.get("total_tokens", 0),
            "total_cost": figures.get("total_cost"),
            "first_token_time": None if first is None else render_utc(first),
        }
        shown = dumps({name.lower(): values[name.lower()] for name in aggregates})
        return f'{{"root_run":{root},"trace_aggregates":{shown}}}'

    def _value(self, run: Run, select: str) -> Any:
        name = select.lower()
        if name in ("inputs", "outputs", "extra"):
            return Verbatim(run.documents.get(name) or ("{}" if name == "inputs" else "null"))
        if name in _RENDERED:
            return _RENDERED[name](run)
        if name in TOKENS:
            return self._store.figures(run).get(name, 0)
        if name in COSTS:
            return self._store.figures(run).get(name)
        if name.endswith("_details"):
            details = run.values.get(name)
            return None if details is None else {"raw": details}
        if name == "thread_id":
            return thread_key(run, tuple(self._settings.api.thread_keys))
        if name == "attachments":
            urls = self._payloads.attachment_urls(run)
            found = {key.removeprefix("attachment."): url["presigned_url"] for key, url in urls.items()}
            return found or None
        if name == "app_path":
            return f"/o/testbench/projects/p/{run.project_id}/r/{run.id}?trace_id={run.trace_id}"
        if name == "manifest":
            return Verbatim(run.documents.get("serialized") or "null")
        return run.values.get(name)


_RENDERED: dict[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "run_type": lambda run: run.run_type.upper(),
    "status": lambda run: run.status.upper(),
    "start_time": lambda run: render_utc(run.start),
    "end_time": lambda run: None if run.end is None else render_utc(run.end),
    "first_token_time": lambda run: None if run.first_token is None else render_utc(run.first_token),
    "latency_seconds": lambda run: run.latency,
    "error": lambda run: run.error,
    "error_preview": lambda run: run.error and run.error[:200],
    "metadata": lambda run: run.metadata,
    "events": lambda run: [_event(event) for event in json.loads(run.documents.get("events") or "null") or []],
    "inputs_preview": lambda run: run.documents.get("inputs", "")[:200],
    "outputs_preview": lambda run: run.documents.get("outputs", "")[:200],
    "parent_run_ids": lambda run: run.parent_ids,
    "project_id": lambda run: run.project_id,
    "trace_id": lambda run: run.trace_id,
    "dotted_order": lambda run: run.dotted_order,
    "is_root": lambda run: run.is_root,
    "tags": lambda run: run.values.get("tags"),
    "is_in_dataset": lambda run: bool(run.values.get("in_dataset", False)),
    "feedback_stats": lambda run: feedback_stats(run) or None,
}


def _event(event: Any) -> dict[str, Any]:
    """v2 gathers under `kwargs` whatever is neither name nor time."""
    if not isinstance(event, dict):
        return {"name": None, "time": None, "kwargs": event}
    rest = {name: value for name, value in event.items() if name not in ("name", "time", "kwargs")}
    moment = parse_time(event.get("time"))
    return {
        "name": event.get("name"),
        "time": None if moment is None else render_utc(moment),
        "kwargs": {**(event.get("kwargs") or {}), **rest},
    }


def admit(request: web.Request, settings: Settings) -> str:
    """The prefix of the call; refuses one that this deployment does not have."""
    prefix = prefix_of(request)
    if not settings.api.v2 or prefix not in settings.api.v2_prefixes:
        raise refuse(404, "Not Found")
    return prefix


def check_selects(selects: Iterable[str] | None) -> list[str]:
    names = list(selects or ["ID"])
    for name in names:
        if name not in SELECTS:
            raise refuse(400, f"selects: unknown field {name!r}")
    return list(dict.fromkeys(names))


def page_size(body: dict[str, Any], default: int, most: int) -> int:
    size = body.get("page_size")
    if size is None:
        return default
    if not 1 <= size <= most:
        raise refuse(400, f"page_size must be between 1 and {most}")
    return int(size)


def read_window(body: dict[str, Any]) -> tuple[int, int]:
    """Bounds of the start time: a day until now where they are left out."""
    start, end = (
        to_time("min_start_time", body.get("min_start_time")),
        to_time("max_start_time", body.get("max_start_time")),
    )
    return now() - DAY if start is None else start, now() if end is None else end


def to_time(name: str, value: Any) -> int | None:
    if value is None:
        return None
    moment = parse_time(value)
    if moment is None:
        raise refuse(400, f"{name}: {value!r} is no RFC 3339 time")
    return moment


def to_id(value: str) -> str:
    if not is_uuid(value):
        raise refuse(400, f"{value!r} is no UUID")
    return str(uuid.UUID(value))


def to_ids(values: Any) -> frozenset[str] | None:
    return frozenset(map(to_id, values)) if values else None


def required_project(value: Any) -> str:
    if value is None:
        raise refuse(400, "project_id is required")
    return to_id(value)


def write_items(items: list[str], following: str | None, *, paged: bool = True) -> web.Response:
    """A page; the last one has no `next_cursor`."""
    text = f'{{"items":[{",".join(items)}]'
    if following is not None:
        text += f',"next_cursor":{dumps(following)}'
    if paged:
        text += f',"has_more":{dumps(following is not None)}'
    return json_response(text + "}")
