"""The v2 API of threads: `/threads/query`, `/threads/{id}/traces`."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from .answers import check_types, read_object
from .filters import thread_key
from .json_text import Verbatim, dumps, object_text
from .paging import dialect_of, make_test, read_page
from .run import Run, add_figures
from .runs_v2 import admit, page_size, read_window, refuse, required_project, write_items
from .settings import Settings
from .store import Scope, Store
from .times import render_utc

_BODY = {
    "project_id": "uuid",
    "min_start_time": "text",
    "max_start_time": "text",
    "filter": "text",
    "trace_filter": "text",
    "tree_filter": "text",
    "cursor": "text",
    "page_size": "integer",
}
# fmt: off
_TRACE_SELECTS = (
    "THREAD_ID", "TRACE_ID", "OP", "PROMPT_TOKENS", "COMPLETION_TOKENS", "TOTAL_TOKENS", "START_TIME", "END_TIME",
    "LATENCY", "FIRST_TOKEN_TIME", "INPUTS_PREVIEW", "OUTPUTS_PREVIEW", "INPUTS", "OUTPUTS", "ERROR", "PROMPT_COST",
    "COMPLETION_COST", "TOTAL_COST", "PROMPT_TOKEN_DETAILS", "COMPLETION_TOKEN_DETAILS", "PROMPT_COST_DETAILS",
    "COMPLETION_COST_DETAILS", "NAME", "ERROR_PREVIEW", "TURN_NUMBER",
)
# fmt: on


class ThreadsV2:
    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def routes(self) -> list[tuple[str, str, Any]]:
        return [("POST", "/threads/query", self.query), ("GET", "/threads/{id}/traces", self.traces)]

    async def query(self, request: web.Request) -> web.Response:
        """Threads with a trace in the window, the latest first."""
        prefix = admit(request, self._settings)
        body = await read_object(request)
        check_types(body, _BODY, prefix=prefix)
        start, end = read_window(body)
        scope = Scope(frozenset([required_project(body.get("project_id"))]), is_root=True, start=start, end=end)
        test = make_test(self._store, dialect_of(self._settings.api), body, prefix=prefix)
        runs, _ = self._store.select(scope, test)
        threads: dict[str, list[Run]] = {}
        for run in runs:
            key = self._key(run)
            if key is not None:
                threads.setdefault(key, []).append(run)
        size, first = page_size(body, 20, 100), _read_place(body.get("cursor"))
        shown = [self._render(key, roots) for key, roots in list(threads.items())[first : first + size]]
        following = _write_place(first + size) if first + size < len(threads) else None
        return write_items(shown, following)

    async def traces(self, request: web.Request) -> web.Response:
        """The root runs of a thread, the earliest first."""
        prefix = admit(request, self._settings)
        query: dict[str, Any] = dict(request.query)
        project = required_project(query.get("project_id"))
        if "page_size" in query:
            if not query["page_size"].isdigit():
                raise refuse(400, "page_size is no number")
            query["page_size"] = int(query["page_size"])
        selects = request.query.getall("selects", [])
        for name in selects:
            if name not in _TRACE_SELECTS:
                raise refuse(400, f"selects: unknown field {name!r}")
        wanted = request.match_info["id"]
        passes = make_test(self._store, dialect_of(self._settings.api), query, prefix=prefix)
        runs, following = await read_page(
            request,
            self._store,
            Scope(frozenset([project]), is_root=True),
            lambda run: self._key(run) == wanted and passes(run),
            cursor=query.get("cursor"),
            limit=page_size(query, 20, 100),
            newest_first=False,
            prefix=prefix,
        )
        return write_items([self._render_trace(run, selects) for run in runs], following)

    def _key(self, run: Run) -> str | None:
        return thread_key(run, tuple(self._settings.api.thread_keys))

    def _render(self, key: str, roots: list[Run]) -> str:
        """A thread of these roots, the latest first."""
        figures = add_figures(self._store.figures(run) for run in roots)
        failed = [run for run in roots if run.status == "error"]
        return dumps(
            {
                "thread_id": key,
                "count": len(roots),
                "first_trace_id": roots[-1].trace_id,
                "last_trace_id": roots[0].trace_id,
                "min_start_time": render_utc(roots[-1].start),
                "max_start_time": render_utc(roots[0].start),
                "num_errored_turns": len(failed),
                "last_error": (failed[0].error or "")[:200] if failed else None,
                "first_inputs": roots[-1].documents.get("inputs", "")[:200],
                "last_outputs": roots[0].documents.get("outputs", "")[:200],
                "total_tokens": figures.get("total_tokens", 0),
                "total_cost": figures.get("total_cost"),
            }
        )

    def _render_trace(self, run: Run, selects: list[str]) -> str:
        return object_text({name.lower(): self._value(run, name) for name in ("TRACE_ID", *selects)})

    def _value(self, run: Run, select: str) -> Any:
        name = select.lower()
        if name in ("inputs", "outputs"):
            return Verbatim(run.documents.get(name) or "null")
        times = {"start_time": run.start, "end_time": run.end, "first_token_time": run.first_token}
        if name in times:
            moment = times[name]
            return None if moment is None else render_utc(moment)
        values = {
            "thread_id": self._key(run),
            "trace_id": run.trace_id,
            "latency": run.latency,
            "error": run.error,
            "error_preview": run.error and run.error[:200],
            "name": run.name,
            "inputs_preview": run.documents.get("inputs", "")[:200],
            "outputs_preview": run.documents.get("outputs", "")[:200],
            **self._store.figures(run),
        }
        return values.get(name)


def _write_place(place: int) -> str:
    return base64.urlsafe_b64encode(f"threads:{place}".encode()).decode()


def _read_place(cursor: Any) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(cursor)).decode().removeprefix("threads:"))
    except ValueError:
        raise refuse(400, "Invalid cursor") from None
