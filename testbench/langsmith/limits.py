"""The rate limits that LangSmith documents, over sliding windows, and counters of what they let through."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .settings import Limits
from .times import DAY, now, parse_time


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    calls: int
    seconds: float


ANY_CALL = Rule("any call", 1000, 10)
PER_KEY_QUERY = Rule("runs/query of a key", 15, 10)
READ_RUN = Rule("runs/{id}", 30, 60)
INGEST = Rule("runs/multipart", 6000, 10)
DELETE_PROJECT = Rule("delete sessions", 10, 60)
# By kind of query: for a window of at most seven days, for a longer one.
TIERS = {
    "plain": (Rule("plain query, 7 days", 10, 10), Rule("plain query", 3, 10)),
    "search": (Rule("full-text query, 7 days", 3, 10), Rule("full-text query", 1, 10)),
    "child_run_ids": (Rule("query of child_run_ids, 7 days", 3, 10), Rule("query of child_run_ids", 1, 10)),
}


def rules_for(method: str, path: str, body: Any) -> Iterator[Rule]:
    """The rules a call falls under; `path` without its version prefix."""
    yield ANY_CALL
    if (method, path) == ("POST", "/runs/query"):
        yield PER_KEY_QUERY
        yield _tier(body if isinstance(body, dict) else {})
    elif method == "POST" and path.startswith(("/v2/", "/api/v2/")) and path.endswith("/query"):
        yield PER_KEY_QUERY  # a guess: nothing tells the limits of v2
    elif (method, path) == ("POST", "/runs/multipart"):
        yield INGEST
    elif method == "GET" and path.startswith("/runs/") and path.count("/") == 2:
        yield READ_RUN
    elif method == "DELETE" and path.startswith("/sessions/"):
        yield DELETE_PROJECT


def _tier(body: dict[str, Any]) -> Rule:
    """The tier of a v1 query; the window is judged by its lower bound."""
    filters = [str(body.get(name) or "") for name in ("filter", "trace_filter", "tree_filter")]
    kind = "plain"
    if body.get("query") or body.get("search_filter") or any("search(" in text for text in filters):
        kind = "search"
    elif "child_run_ids" in (body.get("select") or []):
        kind = "child_run_ids"
    start = parse_time(body.get("start_time"))
    recent = start is not None and now() - start <= 7 * DAY + DAY // 24
    return TIERS[kind][0 if recent else 1]


class RateLimiter:
    def __init__(self, settings: Limits) -> None:
        self._settings = settings
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self.clear()

    def clear(self) -> None:
        self._calls.clear()
        self._first = time.monotonic()
        self._allowed: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._seconds: dict[str, Counter[int]] = {}

    def admit(self, caller: str, rules: list[Rule]) -> float | None:
        """Counts a call; returns the seconds to wait when a rule refuses it. A refused call uses up nothing."""
        at = time.monotonic()
        waits = [wait for rule in rules if (wait := self._wait(caller, rule, at)) > 0]
        refused = self._settings.enabled and bool(waits)
        for rule in rules:
            (self._refused if refused else self._allowed)[rule.name] += 1
            if not refused:
                self._calls.setdefault((caller, rule.name), deque()).append(at)
                self._seconds.setdefault(rule.name, Counter())[int(at - self._first)] += 1
        return max(waits) if refused else None

    def _wait(self, caller: str, rule: Rule, at: float) -> float:
        calls = self._calls.setdefault((caller, rule.name), deque())
        window = rule.seconds * self._settings.scale
        while calls and calls[0] <= at - window:
            calls.popleft()
        return calls[-rule.calls] + window - at if len(calls) >= rule.calls else 0.0

    def headers(self, wait: float) -> dict[str, str]:
        if not self._settings.retry_after:
            return {}
        return {"Retry-After": str(math.ceil(wait)), "Retry-After-Ms": str(math.ceil(wait * 1000))}

    def counters(self) -> dict[str, Any]:
        """By rule: calls allowed, refused, allowed in each second since the counters were cleared."""
        return {
            name: {
                "allowed": self._allowed[name],
                "refused": self._refused[name],
                "per_second": {str(second): count for second, count in sorted(self._seconds.get(name, {}).items())},
            }
            for name in sorted({*self._allowed, *self._refused})
        }
