"""Anthropic Messages.

Shapes: https://docs.anthropic.com/en/api/messages (content blocks text, tool_use, tool_result).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..errors import ArgumentTypeError, UsageError
from ..primitives.primitives import Message, Role, ToolCall, ToolResponse
from .content import excerpt, normalize_role, text_of, tool_result_text, type_name
from .entries import at, iterate, optional_object, require_object


def messages_from_anthropic_messages(raw: Iterable[dict[str, Any]]) -> list[Message]:
    r"""Messages of an Anthropic conversation.

    Text and tool_use blocks of an entry make one message (texts joined by `\n`); each tool_result block follows as a
    tool message of its own, with the error "tool_error" where `is_error` is set. An entry without blocks makes one
    empty message. `usage` and `stop_reason` (else `finish_reason`) go to the first message that an entry makes.

    Args:
        raw: Messages as objects; `content` is a text or a list of blocks.

    Returns:
        The messages, in order.

    Raises:
        ValueError: An entry has an unknown role, or a block an unknown type, no text or no tool name.
        TypeError: An entry or one of its fields is of another type. Both name the indices of entry and block.
    """
    messages: list[Message] = []
    for index, entry in enumerate(iterate(raw, "anthropic messages")):
        with at(f"anthropic message {index}"):
            messages.extend(_messages(require_object(entry, "the entry")))
    return messages


def _messages(entry: dict[str, Any]) -> list[Message]:
    role = normalize_role(entry.get("role"))
    content = entry.get("content")
    usage = optional_object(entry, "usage")
    finish_reason = entry.get("stop_reason") or entry.get("finish_reason")
    if isinstance(content, str):
        made = [Message(role=role, content=content)]
    elif isinstance(content, list):
        made = _from_blocks(role, content)
    else:
        raise ArgumentTypeError(f"content must be text or a list of blocks, not {type_name(content)}")
    made[0] = replace(made[0], usage=usage, finish_reason=finish_reason)
    return made


def _from_blocks(role: Role, blocks: list[Any]) -> list[Message]:
    texts: list[str] = []
    calls: list[ToolCall] = []
    results: list[Message] = []
    for index, block in enumerate(blocks):
        with at(f"block {index}"):
            block = require_object(block, "the block")
            kind = block.get("type")
            if kind == "text":
                texts.append(text_of(block, "the block"))
            elif kind == "tool_use":
                calls.append(_tool_call(block))
            elif kind == "tool_result":
                results.append(_tool_message(block))
            else:
                raise UsageError(f"unknown type {excerpt(kind)}: known are text, tool_use, tool_result")
    spoken = Message(role=role, content="\n".join(texts) if texts else None, tool_calls=calls or None)
    return [spoken, *results] if texts or calls or not results else results


def _tool_call(block: dict[str, Any]) -> ToolCall:
    name = block.get("name")
    if not name:
        raise UsageError("a tool_use block needs a 'name'")
    return ToolCall(name=name, arguments=block.get("input") or {}, id=block.get("id"))


def _tool_message(block: dict[str, Any]) -> Message:
    text = tool_result_text(block.get("content"))
    response = ToolResponse(
        id=block.get("tool_use_id") or block.get("id") or "",
        name=block.get("name") or "",
        arguments={},
        response=text,
        error="tool_error" if block.get("is_error") else None,
    )
    return Message(role="tool", content=text, tool_response=response)
