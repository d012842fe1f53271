"""OpenAI Chat Completions messages.

Shapes: https://platform.openai.com/docs/api-reference/chat (messages of requests and responses, with the older
`function_call` and role `function`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentTypeError, UsageError
from ..primitives.primitives import Message, ToolCall, ToolResponse
from .content import flatten_text_content, normalize_role, parse_tool_arguments, type_name
from .entries import at, iterate, optional_object, require_object


def messages_from_openai_chat(raw: Iterable[dict[str, Any]]) -> list[Message]:
    """Messages of an OpenAI chat.

    A tool message keeps its text as `content` and as `tool_response.response`; its `name` names the tool. `usage`,
    `metadata`, `reasoning` and `finish_reason` on an entry are kept; other keys are not looked at.

    Args:
        raw: Chat messages as objects. Calls stand under `tool_calls`, with a `function` object or flat, or under the
            older `function_call`, which has no id.

    Returns:
        One message an entry, in order.

    Raises:
        ValueError: An entry has an unknown role, a call without a name or with arguments that are no JSON object, or is
            a tool message without `tool_call_id` or `id` (only the older role `function` may lack one).
        TypeError: An entry or one of its fields is of another type. Both name the entry's index.
    """
    messages = []
    for index, entry in enumerate(iterate(raw, "openai messages")):
        with at(f"openai message {index}"):
            messages.append(_message(require_object(entry, "the entry")))
    return messages


def _message(entry: dict[str, Any]) -> Message:
    role = normalize_role(entry.get("role"))
    content = flatten_text_content(entry.get("content"))
    tool_calls = _tool_calls(entry)
    tool_response = _tool_response(entry, content) if role == "tool" else None
    usage = optional_object(entry, "usage")
    metadata = optional_object(entry, "metadata")
    reasoning = entry.get("reasoning")
    if reasoning is not None and not isinstance(reasoning, str):
        raise ArgumentTypeError(f"reasoning must be text, not {type_name(reasoning)}")
    return Message(
        role=role,
        content=content,
        tool_calls=tool_calls,
        tool_response=tool_response,
        usage=usage,
        finish_reason=entry.get("finish_reason"),
        metadata=metadata,
        reasoning=reasoning,
    )


def _tool_calls(entry: dict[str, Any]) -> list[ToolCall] | None:
    calls = entry.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise ArgumentTypeError(f"tool_calls must be a list, not {type_name(calls)}")
        return [_tool_call(index, call) for index, call in enumerate(calls)] or None
    legacy = optional_object(entry, "function_call")
    if legacy is None:
        return None
    with at("function_call"):
        name = _name(legacy)
        return [ToolCall(name=name, arguments=parse_tool_arguments(legacy.get("arguments")), id=None)]


def _tool_call(index: int, call: Any) -> ToolCall:
    with at(f"tool call {index}"):
        call = require_object(call, "the call")
        wrapped = optional_object(call, "function")
        function = call if wrapped is None else wrapped
        arguments = parse_tool_arguments(function.get("arguments"))
        return ToolCall(name=_name(function), arguments=arguments, id=call.get("id"))


def _name(function: dict[str, Any]) -> str:
    name: str | None = function.get("name")
    if not name:
        raise UsageError("the call has no 'name'")
    return name


def _tool_response(entry: dict[str, Any], content: str | None) -> ToolResponse:
    call_id = entry.get("tool_call_id") or entry.get("id")
    if not call_id:
        if entry["role"].strip().lower() != "function":
            raise UsageError("a tool message needs 'tool_call_id' or 'id' (only role 'function' may lack one)")
        call_id = ""
    return ToolResponse(id=call_id, name=entry.get("name") or "", arguments={}, response=content)
