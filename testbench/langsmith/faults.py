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
    "hold": {"seconds"},
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

    def matches(self, method: str, path: str, body: bytes) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path) and self.contains.encode() in body

    @property
    def is_due(self) -> bool:
        return self.matched > self.skip and self.consumed < self.times

    def take_back(self) -> None:
        """The call could not act the fault out."""
        self.matched -= 1
        self.consumed -= 1


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
        """Counts a call with every fault that it matches; returns the first that is due. One fault strikes a call."""
        matching = [fault for fault in self.faults if fault.matches(method, path, body)]
        for fault in matching:
            fault.matched += 1
        striking = next((fault for fault in matching if fault.is_due), None)
        if striking is not None:
            striking.consumed += 1
        return striking

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
