"""The forms in which LangSmith answers, and how bodies are read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .json_text import MalformedError, dumps, loads


def write_json(value: Any, status: int = 200) -> web.Response:
    return json_response(dumps(value), status)


def json_response(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, body=text.encode("utf-8", "surrogatepass"), content_type="application/json")


def error(status: int, detail: str, *, field: str = "", prefix: str = "") -> web.Response:
    """An error of v1; of v2 when the prefix says so. 422 has the list form."""
    if prefix.endswith("/v2"):
        return problem(status, detail)
    if status == 422:
        return write_json(
            {"detail": [{"loc": ["body", *([field] if field else [])], "msg": detail, "type": "value_error"}]}, 422
        )
    return write_json({"detail": detail}, status)


def problem(status: int, detail: str) -> web.Response:
    """An error of v2, after RFC 7807."""
    titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
    title = titles.get(status, "Error")
    response = write_json({"type": "about:blank", "title": title, "status": status, "detail": detail}, status)
    response.content_type = "application/problem+json"
    return response


class RefusedError(Exception):
    """The call ends with this answer."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.text)
        self.response = response


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object in a body. Raises MalformedError."""
    body = await request.read()
    value = loads(body or b"{}")
    if not isinstance(value, dict):
        raise MalformedError("Input should be a valid dictionary")
    return value


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "Input should be a valid string"),
    "integer": (lambda value: type(value) is int, "Input should be a valid integer"),
    "boolean": (lambda value: isinstance(value, bool), "Input should be a valid boolean"),
    "texts": (
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
        "Input should be a valid list of strings",
    ),
    "uuid": (lambda value: is_uuid(value), "Input should be a valid UUID"),
    "uuids": (lambda value: isinstance(value, list) and all(map(is_uuid, value)), "Input should be a list of UUIDs"),
    "object": (lambda value: isinstance(value, dict), "Input should be a valid dictionary"),
}


def check_types(body: dict[str, Any], kinds: dict[str, str], *, prefix: str = "") -> None:
    """Refuses a body with 422 when members have the wrong type, in the list form in v1; null is always right."""
    wrong = [
        {"loc": ["body", name], "msg": _KINDS[kind][1], "type": f"{kind}_type"}
        for name, kind in kinds.items()
        if body.get(name) is not None and not _KINDS[kind][0](body[name])
    ]
    if wrong and prefix.endswith("/v2"):
        raise RefusedError(problem(422, f"{wrong[0]['loc'][1]}: {wrong[0]['msg']}"))
    if wrong:
        raise RefusedError(write_json({"detail": wrong}, 422))


def is_uuid(value: Any) -> bool:
    try:
        uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return False
    return True
