"""The model that answered a chat completion, as the serving side names it in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import MissingAttributeError

TRAJECTORY_MODEL_ID_HEADER = "x-trajectory-model-id"


def model_id_from_chat_completion_headers(headers: Mapping[str, Any] | None) -> str | None:
    """The model id in a response's headers.

    Args:
        headers: The headers; the name's letter case does not matter.

    Returns:
        The value of `x-trajectory-model-id` without surrounding white space; None when it is absent or empty. The first
        of several headers of that name counts.

    Raises:
        TypeError: `headers` is no mapping (also an AttributeError).
    """
    if headers is None:
        return None
    if not hasattr(headers, "items"):
        raise MissingAttributeError(f"headers must be a mapping, not {type(headers).__name__}")
    for name, value in headers.items():
        if isinstance(name, str) and name.lower() == TRAJECTORY_MODEL_ID_HEADER:
            return None if value is None else str(value).strip() or None
    return None


def model_id_from_chat_completion_response(response: Any) -> str | None:
    """The model id in the `headers` of a response object, as in `model_id_from_chat_completion_headers`.

    Args:
        response: Any object; one without `headers` has no model id.

    Returns:
        The model id, or None.

    Raises:
        TypeError: Its headers are no mapping (also an AttributeError).
    """
    return model_id_from_chat_completion_headers(getattr(response, "headers", None))
