"""Vercel AI SDK messages.

Shapes: https://ai-sdk.dev/docs/reference/ai-sdk-core/model-message (content parts) and .../ai-sdk-ui (message parts,
with the call in a `toolInvocation` object).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentTypeError, UsageError
from ..primitives.primitives import Message, Role, ToolCall, ToolResponse
from .content import excerpt, normalize_role, parse_tool_arguments, text_of, tool_result_text, type_name
from .entries import at, iterate, require_object


def messages_from_vercel_ai_sdk(raw: Iterable[dict[str, Any]]) -> list[Message]:
    r"""Messages of a Vercel AI SDK conversation.

    Text, reasoning and call parts of an entry make one message (texts joined by `\n`); each tool-result part follows as
    a tool message of its own, with the error "tool_error" where `isError` (or `is_error`) is set.

    Args:
        raw: Messages as objects, with `content` (a text or a list of parts) or `parts` (a list), never both.

    Returns:
        The messages, in order.

    Raises:
        ValueError: An entry has an unknown role or both `content` and `parts`; a part has an unknown type, no text, no
            tool name, no id of the call that a result answers, or arguments that are no JSON object.
        TypeError: An entry or one of its fields is of another type. Both name the indices of entry and part.
    """
    messages: list[Message] = []
    for index, entry in enumerate(iterate(raw, "vercel messages")):
        with at(f"vercel message {index}"):
            messages.extend(_messages(require_object(entry, "the entry")))
    return messages


def _messages(entry: dict[str, Any]) -> list[Message]:
    role = normalize_role(entry.get("role"))
    content, parts = entry.get("content"), entry.get("parts")
    if content is not None and parts is not None:
        raise UsageError("only one of 'content' and 'parts' may be set")
    if isinstance(content, str):
        return [Message(role=role, content=content)]
    parts = content if parts is None else parts
    if parts is None:
        return [Message(role=role)]
    if not isinstance(parts, list):
        raise ArgumentTypeError(f"'content' must be text or a list, 'parts' a list, not {type_name(parts)}")
    return _from_parts(role, parts)


def _from_parts(role: Role, parts: list[Any]) -> list[Message]:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    results: list[Message] = []
    for index, part in enumerate(parts):
        with at(f"part {index}"):
            part = require_object(part, "the part")
            kind = part.get("type")
            if kind == "text":
                texts.append(text_of(part, "the part"))
            elif kind == "reasoning":
                thoughts.append(_thought(part))
            elif kind in ("tool-invocation", "tool-call"):
                calls.append(_tool_call(part))
            elif kind == "tool-result":
                results.append(_tool_message(part))
            else:
                known = "text, reasoning, tool-invocation, tool-call, tool-result"
                raise UsageError(f"unknown type {excerpt(kind)}: known are {known}")
    spoken = Message(
        role=role,
        content="\n".join(texts) if texts else None,
        tool_calls=calls or None,
        reasoning="\n".join(thoughts) if thoughts else None,
    )
    return [spoken, *results] if texts or thoughts or calls or not results else results


def _thought(part: dict[str, Any]) -> str:
    thought = part.get("text") or part.get("reasoning")
    if not isinstance(thought, str):
        raise UsageError("a reasoning part needs a text under 'text' or 'reasoning'")
    return thought


def _tool_call(part: dict[str, Any]) -> ToolCall:
    inner = part.get("toolInvocation")
    call = inner if isinstance(inner, dict) else part
    name = call.get("toolName") or call.get("name")
    if not name:
        raise UsageError("the call has no 'toolName' or 'name'")
    arguments = parse_tool_arguments(call["args"] if "args" in call else call.get("input"))
    return ToolCall(name=name, arguments=arguments, id=call.get("toolCallId") or call.get("id"))


def _tool_message(part: dict[str, Any]) -> Message:
    call_id = part.get("toolCallId") or part.get("id")
    if not call_id:
        raise UsageError("a tool-result part needs 'toolCallId' or 'id'")
    text = tool_result_text(part["result"] if "result" in part else part.get("output"))
    response = ToolResponse(
        id=call_id,
        name=part.get("toolName") or part.get("name") or "",
        arguments={},
        response=text,
        error="tool_error" if part.get("isError") or part.get("is_error") else None,
    )
    return Message(role="tool", content=text, tool_response=response)
