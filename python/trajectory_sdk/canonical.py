"""The canonical JSON of a trajectory, and its hash: what makes a second upload of the same content a no-op."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from .primitives.primitives import Trajectory

_HASHED = ("task", "steps", "metrics", "execution_metrics")


def content_hash(trajectory: Trajectory, *, also: tuple[str, ...] = ()) -> str:
    """SHA-256 (hex) of the canonical JSON of task, steps, metrics and execution_metrics.

    Args:
        trajectory: Any trajectory.
        also: Further fields that count.
    """
    content = {name: getattr(trajectory, name) for name in (*_HASHED, *also)}
    return hashlib.sha256(canonical_json(content).encode("utf-8", "surrogatepass")).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with nulls and keys named `idx` left out at every level, keys sorted, and no spaces; non-ASCII is kept."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _canonical(value: Any) -> Any:
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items() if item is not None and name != "idx"}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value
