"""Which runs a query means, and one page of them, with the faults that a page can have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from .answers import RefusedError, error
from .cursors import read_cursor, write_cursor
from .filters import BadFilterError, Dialect, compile_filter, named_values
from .gate import take_fault
from .run import Run
from .settings import Api
from .store import Scope, Store, Test


def dialect_of(api: Api) -> Dialect:
    return Dialect(tuple(api.thread_keys), api.strict_filters)


def make_test(store: Store, dialect: Dialect, filters: dict[str, Any], *, prefix: str = "") -> Test:
    """One test of `filter` (the run), `trace_filter` (its root) and `tree_filter` (any run of its trace).

    Refuses a bad filter with 400.
    """
    tests: list[Test] = []
    for name in ("filter", "trace_filter", "tree_filter"):
        text = filters.get(name)
        if not text:
            continue
        try:
            test = compile_filter(str(text), store, dialect)
        except BadFilterError as reason:
            raise RefusedError(error(400, f"Invalid {name}: {reason}", prefix=prefix)) from None
        tests.append(_scoped(name, test, store))
    return lambda run: all(test(run) for test in tests)


def _scoped(name: str, test: Test, store: Store) -> Test:
    def of_root(run: Run) -> bool:
        root = store.root_of(run)
        return root is not None and test(root)

    def of_tree(run: Run) -> bool:
        return any(test(one) for one in store.trace(run.trace_id))

    return {"filter": test, "trace_filter": of_root, "tree_filter": of_tree}[name]


def traces_in(text: str | None) -> frozenset[str] | None:
    """The traces a filter confines its runs to, so that they need not be looked for. A bad filter is told elsewhere."""
    try:
        return named_values(text, "trace_id") if text else None
    except BadFilterError:
        return None


async def read_page(
    request: web.Request,
    store: Store,
    scope: Scope,
    test: Test,
    *,
    cursor: str | None,
    limit: int,
    newest_first: bool = True,
    prefix: str = "",
) -> tuple[Sequence[Run], str | None]:
    """The next page and the cursor behind it, None on the last one; acts out the faults that concern pages."""
    try:
        after = read_cursor(cursor) if cursor else None
    except ValueError:
        raise RefusedError(error(400, "Invalid cursor", prefix=prefix)) from None
    runs, last = store.select(scope, test, after=after, limit=limit, newest_first=newest_first)
    await asyncio.sleep(0)
    following = write_cursor(last) if last is not None else None
    fault = take_fault(request, "empty_page", "repeated_page", "duplicate_rows")
    if fault is None:
        return runs, following
    if fault.kind == "empty_page":
        return [], write_cursor(after)
    if fault.kind == "repeated_page":
        return runs, write_cursor(after)
    return [run for run in runs for _ in range(2)], following
