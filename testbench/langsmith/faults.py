"""Scripted faults: which call they hit, what happens to it, how often; and the log of all calls.

A fault is an object {"method", "path", "skip", "times", "contains", "action"}: `path` is a shell pattern on the path as
it was sent, `skip` the number of matching calls that pass first, `times` how many are hit (1), `contains` a text that
the body must hold. README.md lists the actions.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "answer": {"status", "headers", "body"},
    "delay": {"seconds"},
    "reset": set(),
    "cut": {"bytes"},
    "stall": {"bytes", "seconds"},
    "empty_page": set(),
    "repeated_page": set(),
    "duplicate_rows": set(),
    "export": {"status", "days", "retries", "error", "delay_seconds"},
}
_NAMES = {"method", "path", "skip", "times", "contains", "action"}


@dataclass(slots=True)
class Fault:
    id: int
    path: str
    action: dict[str, Any]
    method: str = "*"
    skip: int = 0
    times: int = 1
    contains: str = ""
    matched: int = 0
    consumed: int = 0

    @property
    def kind(self) -> str:
        return str(self.action["kind"])

    def hits(self, method: str, path: str, body: bytes) -> bool:
        """Whether the fault strikes this call; counts the call when it matches."""
        if self.consumed >= self.times or self.method not in ("*", method) or not fnmatchcase(path, self.path):
            return False
        if self.contains and self.contains.encode() not in body:
            return False
        self.matched += 1
        if self.matched <= self.skip:
            return False
        self.consumed += 1
        return True


@dataclass(slots=True)
class Call:
    """One call as it came in, and how it was answered."""

    number: int
    at: float
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    seconds: float | None = None
    fault: int | None = None


@dataclass
class Faults:
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _last: int = 0

    def add(self, script: Any) -> Fault:
        """Takes a fault's description. Raises ValueError when it could never do what it says."""
        if not isinstance(script, dict) or not script.keys() <= _NAMES or not isinstance(script.get("path"), str):
            raise ValueError(f"a fault is an object with a path and any of {', '.join(sorted(_NAMES))}")
        action = script.get("action")
        kind = action.get("kind") if isinstance(action, dict) else None
        if kind not in KINDS or not isinstance(action, dict):
            raise ValueError(f"a fault's action has one of the kinds {', '.join(sorted(KINDS))}")
        if unknown := action.keys() - KINDS[kind] - {"kind"}:
            raise ValueError(f"action {kind} does not know {', '.join(sorted(unknown))}")
        self._last += 1
        fault = Fault(self._last, **script)
        self.faults.append(fault)
        return fault

    def strike(self, method: str, path: str, body: bytes) -> Fault | None:
        """The first fault that hits a call."""
        return next((fault for fault in self.faults if fault.hits(method, path, body)), None)

    def log(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Call:
        call = Call(len(self.calls) + 1, time.time(), method, path, query, headers, body)
        self.calls.append(call)
        return call

    def clear(self) -> None:
        self.faults.clear()
        self.calls.clear()

    def report(self) -> dict[str, Any]:
        """All faults, and whether each was consumed as often as it was scripted."""
        return {
            "faults": [asdict(fault) for fault in self.faults],
            "unconsumed": [fault.id for fault in self.faults if fault.consumed < fault.times],
        }
