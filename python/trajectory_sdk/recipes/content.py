"""What all formats share: roles, text content, tool arguments and tool results."""

from __future__ import annotations

import json
from typing import Any, cast

from ..errors import ArgumentTypeError, MissingAttributeError, NestingError, UsageError
from ..primitives.primitives import Role

_ROLES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "tool_use": "assistant",
    "tool": "tool",
    "function": "tool",
    "tool_result": "tool",
}
_MEDIA = frozenset({"image_url", "image", "input_audio", "audio", "refusal", "video"})


def type_name(value: object) -> str:
    """Name of a value's type, as error sentences give it."""
    return type(value).__name__


def excerpt(value: object) -> str:
    """A value's repr, cut to a length that fits into an error's sentence."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def normalize_role(role_str: str | None) -> Role:
    """The role that a provider's name stands for.

    Args:
        role_str: The name; case and surrounding white space do not matter. human is user; ai, chatbot, model and
            tool_use are assistant; function and tool_result are tool.

    Returns:
        system, user, assistant or tool.

    Raises:
        ValueError: The name is blank or unknown.
        TypeError: It is no text (also an AttributeError).
    """
    if not role_str:
        raise UsageError(f"a role is needed, not {excerpt(role_str)}")
    if isinstance(role_str, bytes):
        raise UsageError(f"a role must be text, not {excerpt(role_str)}")
    if not isinstance(role_str, str):
        raise MissingAttributeError(f"a role must be text, not {type_name(role_str)}")
    name = role_str.strip().lower()
    if not name:
        raise UsageError("a role is needed, not only white space")
    if name not in _ROLES:
        raise UsageError(f"unknown role {excerpt(role_str)}: known are {', '.join(_ROLES)}")
    return _ROLES[name]


def flatten_text_content(content: Any) -> str | None:
    r"""The text of a message's content.

    Args:
        content: None, a text, an object with a `text`, or a list of texts and blocks (`{"type": ..., ...}`).

    Returns:
        The text; a list's texts joined by `\n`, its media blocks (image_url, image, input_audio, audio, refusal, video)
        left out; None for None and for a list that holds no text.

    Raises:
        ValueError: A block is of an unknown type, or a block or object has no text.
        TypeError: The content, or an entry of the list, is of another type.
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [text for index, block in enumerate(content) if (text := _block_text(index, block)) is not None]
        return "\n".join(texts) if texts else None
    if isinstance(content, dict):
        text = content.get("text")
        if isinstance(text, str):
            return text
        try:
            keys = ", ".join(excerpt(key) for key in sorted(content)) or "none"
        except TypeError:
            raise ArgumentTypeError("an object as content needs keys of one type") from None
        raise UsageError(f"an object as content needs a text under 'text'; its keys: {keys}")
    raise ArgumentTypeError(f"content must be text, a list of blocks or an object, not {type_name(content)}")


def _block_text(index: int, block: Any) -> str | None:
    """The text of one entry of a content list; None when it is media."""
    if isinstance(block, str):
        return block
    if not isinstance(block, dict):
        raise ArgumentTypeError(f"content block {index} must be text or an object, not {type_name(block)}")
    kind = block.get("type")
    if kind == "text":
        return text_of(block, f"content block {index}")
    try:
        is_media = kind in _MEDIA
    except TypeError:
        raise ArgumentTypeError(f"content block {index} has a type that is no text but {type_name(kind)}") from None
    if not is_media:
        known = ", ".join(sorted(_MEDIA))
        raise UsageError(f"content block {index} is of unknown type {excerpt(kind)}: known are text, {known}")
    return None


def text_of(block: dict[str, Any], place: str) -> str:
    """The text of a block of type `text`.

    Raises:
        ValueError: It has none; the sentence starts with `place`.
    """
    text = block.get("text")
    if not isinstance(text, str):
        raise UsageError(f"{place} is of type 'text' and has no text under 'text'")
    return text


def parse_tool_arguments(raw: Any) -> dict[str, Any]:
    """A tool call's arguments as an object.

    Args:
        raw: None, an object, or the JSON text of an object.

    Returns:
        The object: `{}` for None, the same one when it was given as an object.

    Raises:
        ValueError: The text is no JSON, or JSON of something else than an object.
        TypeError: It is of another type.
    """
    if raw is None:
        return {}
    if isinstance(raw, dict):
        return raw
    if not isinstance(raw, str):
        raise ArgumentTypeError(f"tool arguments must be an object or its JSON text, not {type_name(raw)}")
    try:
        value = json.loads(raw)
    except ValueError as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else "a number has too many digits"
        raise UsageError(f"tool arguments are no JSON ({reason}): {excerpt(raw)}") from None
    except RecursionError:
        raise NestingError(f"tool arguments are nested too deeply: {excerpt(raw)}") from None
    if not isinstance(value, dict):
        raise UsageError(f"tool arguments must be a JSON object, not {type_name(value)}: {excerpt(raw)}")
    return cast("dict[str, Any]", value)


def tool_result_text(payload: Any) -> str | None:
    """What a tool returned, as text.

    Args:
        payload: Whatever the format holds as the result.

    Returns:
        None for None; a text as it is; the joined text of a list made only of text blocks; the text of an object that
        has one; JSON with sorted keys for other lists and objects; else Python's `str`.

    Raises:
        ValueError: A text block has no text, or a value contains itself or is too deep or too long to write.
        TypeError: An object has keys that JSON cannot hold or sort.
    """
    if payload is None or isinstance(payload, str):
        return payload
    if isinstance(payload, list):
        if payload and all(isinstance(block, dict) and block.get("type") == "text" for block in payload):
            return flatten_text_content(payload)
        return _sorted_json(payload)
    if isinstance(payload, dict):
        text = payload.get("text")
        return text if isinstance(text, str) else _sorted_json(payload)
    try:
        return str(payload)
    except ValueError as error:  # an int beyond the limit of digits
        raise UsageError(f"a tool result cannot be written as text: {error}") from error


def _sorted_json(payload: Any) -> str:
    try:
        return json.dumps(payload, sort_keys=True, default=str)
    except TypeError as error:
        raise ArgumentTypeError(f"a tool result cannot be written as JSON: {error}") from error
    except RecursionError:
        raise NestingError("a tool result is nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"a tool result cannot be written as JSON: {error}") from error
