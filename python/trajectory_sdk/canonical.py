"""The canonical JSON of a trajectory, and its hash: what makes a second upload of the same content a no-op.

Canonical JSON of a value: dataclasses as objects, tuples as arrays, nulls and keys named `idx` left out of objects at
every level (a null in an array stays), keys sorted by code point, no spaces, non-ASCII as it is, numbers as Python's
`json.dumps` writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from .errors import ArgumentTypeError, EncodingError, NestingError, UsageError
from .primitives.primitives import Message, Step, Trajectory

_HASHED = ("task", "steps", "metrics", "execution_metrics")
BUILT = ("reward", "model_id")  # what counts besides in a trajectory that was built from messages


def content_hash(trajectory: Trajectory, *, also: tuple[str, ...] = (), refuse_lone_surrogates: bool = False) -> str:
    """SHA-256 (hex) of the canonical JSON of task, steps, metrics and execution_metrics.

    Args:
        trajectory: Any trajectory.
        also: Further fields that count.
        refuse_lone_surrogates: Whether a text with a lone surrogate is an error; else it counts in its three-byte form.

    Raises:
        TypeError: JSON cannot hold a value, or an object's keys are of types that do not sort together.
        ValueError: A value is too deep, contains itself, is a number with too many digits, or is a text that is refused
            for a lone surrogate (also a UnicodeEncodeError).
    """
    content = ((name, getattr(trajectory, name)) for name in sorted((*_HASHED, *also)))
    digest = hashlib.sha256()
    refused = ""
    for piece in _object_pieces(((name, value) for name, value in content if value is not None), {}):
        try:
            digest.update(piece.encode())
        except UnicodeEncodeError as error:
            digest.update(piece.encode("utf-8", "surrogatepass"))
            refused = refused or piece[error.start]
    if refused and refuse_lone_surrogates:  # only now: what JSON cannot hold at all is named first
        raise EncodingError("utf-8", refused, 0, 1, "a text with a lone surrogate cannot be hashed")
    return digest.hexdigest()


def idempotency_key(data_source: str | None, conversation_id: str | None, digest: str) -> str:
    """What tells an upload apart: source, conversation and hash of the content."""
    return f"{data_source}:{conversation_id}:{digest}"


def rehashed(trajectory: Trajectory, *, before: Trajectory | None = None) -> Trajectory:
    """The trajectory with hash and key of the content that it has now, where it had a hash.

    Args:
        trajectory: Any trajectory.
        before: What it was made of: where that counted reward and model id, as builders do, they count here, too.
    """
    data = trajectory.telemetry.data if trajectory.telemetry is not None else {}
    held = data.get("content_hash")
    if trajectory.telemetry is None or held is None:
        return trajectory
    plain, built = content_hash(trajectory), content_hash(trajectory, also=BUILT)
    if held in (plain, built):
        return trajectory
    counts = before is not None and held != content_hash(before) and held == content_hash(before, also=BUILT)
    digest = built if counts else plain
    task = trajectory.task
    data = {
        **data,
        "content_hash": digest,
        "idempotency_key": idempotency_key(task.data_source, task.conversation_id, digest),
    }
    return replace(trajectory, telemetry=replace(trajectory.telemetry, data=data))


def canonical_json(value: Any) -> str:
    """The canonical JSON text of a value made of dataclasses, dicts, lists, tuples, texts, numbers, booleans and None.

    Raises:
        TypeError: JSON cannot hold a value, or an object's keys are of types that do not sort together.
        ValueError: A value is too deep, contains itself, or is a number with too many digits.
    """
    return "".join(_pieces(value, {}))


def _pieces(value: Any, texts: dict[int, str]) -> Iterator[str]:
    """Pieces of the canonical JSON; `texts` keeps each message's, which returns in every later step."""
    if isinstance(value, Message):
        if id(value) not in texts:
            texts[id(value)] = _dumps(value)
        yield texts[id(value)]
    elif isinstance(value, Trajectory | Step):
        yield from _object_pieces(_content_of(value), texts)
    elif isinstance(value, list | tuple):
        opening = "["
        for item in value:
            yield opening
            yield from _pieces(item, texts)
            opening = ","
        yield "]" if value else "[]"
    else:
        yield _dumps(value)


def _object_pieces(content: Iterable[tuple[str, Any]], texts: dict[int, str]) -> Iterator[str]:
    opening = "{"
    for name, item in content:
        yield f'{opening}"{name}":'
        yield from _pieces(item, texts)
        opening = ","
    yield "}" if opening == "," else "{}"


def _dumps(value: Any) -> str:
    try:
        return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except TypeError as error:
        raise ArgumentTypeError(f"content cannot be written as JSON: {error}") from error
    except RecursionError:
        raise NestingError("content is nested too deeply to be written as JSON") from None
    except ValueError as error:
        raise UsageError(f"content cannot be written as JSON: {error}") from error


def _content_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Keys and values of an object or dataclass in sorted order, without nulls and `idx`."""
    if isinstance(value, dict):
        items = [(key, value[key]) for key in sorted(value)]
    else:
        items = [(name, getattr(value, name)) for name in sorted(field.name for field in fields(value))]
    return ((key, item) for key, item in items if item is not None and key != "idx")


def _plain(value: Any) -> Any:
    """The value as dicts and lists alone."""
    if isinstance(value, dict) or (is_dataclass(value) and not isinstance(value, type)):
        return {key: _plain(item) for key, item in _content_of(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
