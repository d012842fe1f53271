"""Message lists of common formats become messages; what cannot be read is named by its index."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import trajectory_sdk as tj

Recipe = Callable[[Any], list[tj.Message]]


def test_roles_are_trimmed_and_known_by_several_names() -> None:
    names = {
        "user": ("user", " Human "),
        "assistant": ("ASSISTANT", "ai", "chatbot", "model", "tool_use"),
        "tool": ("tool", "function", "tool_result\n"),
        "system": ("system",),
    }
    for role, spellings in names.items():
        assert {tj.normalize_role(spelling) for spelling in spellings} == {role}


@pytest.mark.parametrize("role", ["", "  ", None, "developer"])
def test_blank_and_unknown_roles_are_value_errors(role: Any) -> None:
    with pytest.raises(ValueError, match="role"):
        tj.normalize_role(role)


def test_a_role_that_is_no_text_is_a_type_error_and_an_attribute_error() -> None:
    with pytest.raises(tj.MissingAttributeError, match="not int") as caught:
        tj.normalize_role(5)  # type: ignore[arg-type]
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, AttributeError)
    assert isinstance(caught.value, tj.TrajectoryError)


def test_text_content_is_flattened_and_media_left_out() -> None:
    blocks = ["a", {"type": "image_url", "image_url": {}}, {"type": "text", "text": ""}, {"type": "text", "text": "b"}]
    assert tj.flatten_text_content(blocks) == "a\n\nb"
    assert tj.flatten_text_content([{"type": "audio"}]) is None
    assert tj.flatten_text_content([]) is None
    assert tj.flatten_text_content({"type": "anything", "text": "c"}) == "c"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ([{"type": "file"}], "content block 0 is of unknown type 'file'"),
        (["a", {"type": "text"}], "content block 1 is of type 'text' and has no text"),
        ({"content": "a"}, "its keys: 'content'"),
    ],
)
def test_content_without_text_is_a_value_error(content: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        tj.flatten_text_content(content)


@pytest.mark.parametrize("content", [5, b"a", ("a",), [None], [["a"]], [{"type": []}], {1: "a", "b": "c"}])
def test_content_of_another_type_is_a_type_error(content: Any) -> None:
    with pytest.raises(TypeError, match="content"):
        tj.flatten_text_content(content)


def test_arguments_are_an_object_or_its_json() -> None:
    given = {"a": 1}
    assert tj.parse_tool_arguments(given) is given
    assert tj.parse_tool_arguments(None) == {}
    assert tj.parse_tool_arguments(' {"a": [1, null]} ') == {"a": [1, None]}
    for text in ("", "{", "[1]", "null", "\ufeff{}", '{"a": ' + "9" * 5000 + "}"):
        with pytest.raises(ValueError, match="tool arguments"):
            tj.parse_tool_arguments(text)
    with pytest.raises(TypeError, match="not list"):
        tj.parse_tool_arguments([])
    with pytest.raises(RecursionError, match="too deeply"):
        tj.parse_tool_arguments("[" * 100_000)


def test_an_error_quotes_no_more_than_the_beginning_of_a_long_text() -> None:
    with pytest.raises(ValueError, match="no JSON") as caught:
        tj.parse_tool_arguments("{" + "x" * 10_000)
    assert len(str(caught.value)) < 300


def test_openai_calls_in_all_three_shapes() -> None:
    messages = tj.messages_from_openai_chat(
        [
            {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
            {"role": "assistant", "tool_calls": [{"id": "2", "name": "g", "arguments": {"b": 2}}]},
            {"role": "assistant", "function_call": {"name": "h"}},
            {"role": "assistant", "content": "x", "tool_calls": []},
        ]
    )
    assert [message.tool_calls for message in messages] == [
        [tj.ToolCall("f", {"a": 1}, "1")],
        [tj.ToolCall("g", {"b": 2}, "2")],
        [tj.ToolCall("h", {}, None)],
        None,
    ]


def test_openai_tool_messages_keep_their_text_twice_and_need_an_id() -> None:
    [message, legacy] = tj.messages_from_openai_chat(
        [
            {"role": "tool", "tool_call_id": "c", "name": "f", "content": [{"type": "text", "text": "r"}]},
            {"role": "function", "name": "g", "content": "s"},
        ]
    )
    assert (message.content, message.tool_response) == ("r", tj.ToolResponse("c", "f", {}, "r"))
    assert (legacy.role, legacy.tool_response) == ("tool", tj.ToolResponse("", "g", {}, "s"))
    with pytest.raises(ValueError, match="openai message 0: a tool message needs 'tool_call_id'"):
        tj.messages_from_openai_chat([{"role": "tool", "content": "r"}])


def test_openai_entries_keep_usage_metadata_reasoning_and_finish_reason() -> None:
    extras: dict[str, Any] = {
        "usage": {"completion_tokens": 1},
        "metadata": {},
        "reasoning": "because",
        "finish_reason": "stop",
    }
    [message] = tj.messages_from_openai_chat([{"role": "assistant", "content": "x", **extras}])
    assert {key: getattr(message, key) for key in extras} == extras
    for key in ("usage", "metadata", "reasoning"):
        with pytest.raises(TypeError, match=f"openai message 0: {key} must be"):
            tj.messages_from_openai_chat([{"role": "assistant", key: 5}])


def test_anthropic_blocks_make_one_message_and_one_for_each_result() -> None:
    content = [
        {"type": "tool_result", "tool_use_id": "1", "content": {"b": 1, "a": None}, "is_error": True},
        {"type": "text", "text": "x"},
        {"type": "tool_use", "id": "2", "name": "f", "input": {"q": 1}},
        {"type": "text", "text": "y"},
    ]
    entry = {"role": "assistant", "content": content, "usage": {"output_tokens": 3}, "stop_reason": "tool_use"}
    assert tj.messages_from_anthropic_messages([entry]) == [
        tj.Message(
            "assistant",
            "x\ny",
            [tj.ToolCall("f", {"q": 1}, "2")],
            usage={"output_tokens": 3},
            finish_reason="tool_use",
        ),
        tj.Message(
            "tool",
            '{"a": null, "b": 1}',
            tool_response=tj.ToolResponse("1", "", {}, '{"a": null, "b": 1}', "tool_error"),
        ),
    ]
    assert tj.messages_from_anthropic_messages([{"role": "user", "content": []}]) == [tj.Message("user")]


def test_anthropic_usage_goes_to_the_first_result_when_there_is_nothing_else() -> None:
    content = [{"type": "tool_result", "tool_use_id": "1", "content": 5}, {"type": "tool_result", "content": True}]
    first, second = tj.messages_from_anthropic_messages([{"role": "user", "content": content, "usage": {"a": 1}}])
    assert (first.content, first.usage) == ("5", {"a": 1})
    assert (second.content, second.usage) == ("True", None)


def test_vercel_parts_make_one_message_and_one_for_each_result() -> None:
    parts = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "x"},
        {"type": "tool-invocation", "toolInvocation": {"toolName": "f", "toolCallId": "1", "args": '{"a": 1}'}},
        {"type": "tool-call", "toolName": "g", "toolCallId": "2", "input": {"b": 2}},
        {"type": "tool-result", "toolCallId": "1", "toolName": "f", "result": ["r"], "isError": True},
        {"type": "tool-result", "toolCallId": "2", "output": "s"},
    ]
    calls = [tj.ToolCall("f", {"a": 1}, "1"), tj.ToolCall("g", {"b": 2}, "2")]
    assert tj.messages_from_vercel_ai_sdk([{"role": "assistant", "parts": parts}]) == [
        tj.Message("assistant", "x", calls, reasoning="hm"),
        tj.Message("tool", '["r"]', tool_response=tj.ToolResponse("1", "f", {}, '["r"]', "tool_error")),
        tj.Message("tool", "s", tool_response=tj.ToolResponse("2", "", {}, "s")),
    ]


def test_vercel_entries_have_content_or_parts() -> None:
    assert tj.messages_from_vercel_ai_sdk([{"role": "user"}]) == [tj.Message("user")]
    with pytest.raises(ValueError, match="vercel message 0: only one of"):
        tj.messages_from_vercel_ai_sdk([{"role": "user", "content": "", "parts": []}])


def test_plain_texts() -> None:
    assert tj.messages_from_prompt_response("p", "r", system="s") == [
        tj.Message("system", "s"),
        tj.Message("user", "p"),
        tj.Message("assistant", "r"),
    ]
    assert len(tj.messages_from_prompt_response("p", "r", system="")) == 2
    assert tj.messages_from_role_content_pairs({"human": "a", "ai": "b"}.items()) == [
        tj.Message("user", "a"),
        tj.Message("assistant", "b"),
    ]


@pytest.mark.parametrize(
    ("recipe", "raw", "kind", "sentence"),
    [
        (tj.messages_from_openai_chat, [{"role": "user"}, 5], TypeError, "openai message 1: the entry"),
        (
            tj.messages_from_openai_chat,
            [{"role": "user"}, {"role": "ai", "tool_calls": [{"name": "f"}, {"name": "f", "arguments": "{"}]}],
            ValueError,
            "openai message 1: tool call 1: tool arguments",
        ),
        (
            tj.messages_from_anthropic_messages,
            [{"role": "user", "content": "x"}, {"role": "ai", "content": [{"type": "text", "text": ""}, {}]}],
            ValueError,
            "anthropic message 1: block 1: unknown type None",
        ),
        (tj.messages_from_anthropic_messages, [{"role": "user"}], TypeError, "anthropic message 0: content must be"),
        (
            tj.messages_from_vercel_ai_sdk,
            [{"role": "ai", "parts": [{"type": "tool-result"}]}],
            ValueError,
            "vercel message 0: part 0: a tool-result part needs",
        ),
        (tj.messages_from_role_content_pairs, [("user", "a"), ("user",)], ValueError, "pair 1: role and content"),
        (tj.messages_from_role_content_pairs, [("user", "a"), 5], TypeError, "pair 1: the pair"),
        (tj.messages_from_openai_chat, None, TypeError, "openai messages must be a list, not NoneType"),
    ],
)
def test_errors_name_the_place(recipe: Recipe, raw: Any, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        recipe(raw)
    assert isinstance(caught.value, tj.TrajectoryError)


def test_inputs_are_not_altered() -> None:
    raw = [{"role": "tool", "id": "c", "content": [{"type": "text", "text": "r"}], "metadata": {"a": [1]}}]
    kept = copy.deepcopy(raw)
    tj.messages_from_openai_chat(raw)
    assert raw == kept
