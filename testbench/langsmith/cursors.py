"""Opaque cursors: the key of the last run that was given out."""

from __future__ import annotations

import base64
import json

from .store import Key


def write_cursor(key: Key | None) -> str:
    """None, before the first run, is a cursor of its own, as a page may be repeated."""
    text = json.dumps(key)
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(text: str) -> Key | None:
    """Raises ValueError for a text that is no cursor of ours."""
    value = json.loads(base64.urlsafe_b64decode(text.encode()))
    if value is None:
        return None
    start, run_id = value
    if type(start) is not int or not isinstance(run_id, str):
        raise ValueError("no cursor")
    return start, run_id
