"""Seeded cases for the comparison with release 0.5.3: valid, odd and broken calls of every builder, recipe and helper.

Both sides make the same cases from the same seed, each with its own types; only the standard library is used here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from compat.values import ARGUMENT_TEXTS, NUMBERS, ODD_NUMBERS, ODD_ROLES, ROLES, TIMES, Values

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Cases(Values):
    """Makes calls from a seed. `sdk` is the package under test, `types` its module of types."""

    def __init__(self, seed: int, sdk: Any, types: Any) -> None:
        super().__init__(seed, types)
        self.sdk = sdk
        self.kinds: dict[str, Callable[[], Call]] = {
            "normalize_role": lambda: (sdk.normalize_role, (self.some_role(),), {}),
            "flatten_text_content": lambda: (sdk.flatten_text_content, (self.broken(self.content()),), {}),
            "parse_tool_arguments": lambda: (sdk.parse_tool_arguments, (self.arguments(),), {}),
            "openai": lambda: (sdk.messages_from_openai_chat, (self.broken(self.openai()),), {}),
            "anthropic": lambda: (sdk.messages_from_anthropic_messages, (self.broken(self.anthropic()),), {}),
            "vercel": lambda: (sdk.messages_from_vercel_ai_sdk, (self.broken(self.vercel()),), {}),
            "pairs": lambda: (sdk.messages_from_role_content_pairs, (self.broken(self.pairs()),), {}),
            "prompt_response": self.prompt_response,
            "reward": self.reward,
            "headers": lambda: (sdk.model_id_from_chat_completion_headers, (self.headers(),), {}),
            "response": lambda: (sdk.model_id_from_chat_completion_response, (self.response(),), {}),
            "from_messages": lambda: (sdk.build_trajectory_from_messages, (self.messages(),), self.build_options()),
            "recipe_and_builder": self.recipe_and_builder,
            "from_parsed": lambda: (sdk.build_trajectory_from_parsed, (self.parsed(),), {}),
            "is_empty": lambda: (types.Message.is_empty, (self.message(),), {}),
            "event": lambda: (types.TelemetryEvent.to_api_dict, (self.event(),), {}),
        }

    def calls(self, kind: str, count: int) -> Iterator[Call]:
        """So many calls of one kind, the same ones whatever was made before."""
        self.seed(f"{self.start} {kind}")
        return (self.kinds[kind]() for _ in range(count))

    # Messages of each format

    def some_role(self) -> Any:
        role = self.choice(ROLES + ODD_ROLES)
        if isinstance(role, str) and self.random() < 0.3:
            role = self.choice((role.upper(), role.title(), f" {role}\n", f"\xa0{role}"))
        return role if self.random() < 0.95 else self.odd()

    def role(self) -> Any:
        return self.choice(ROLES) if self.random() < 0.9 else self.some_role()

    def arguments(self) -> Any:
        kind = self.random()
        if kind < 0.4:
            return self.object()
        return self.choice(ARGUMENT_TEXTS) if kind < 0.9 else self.odd()

    def block(self) -> Any:
        media = ("image_url", "image", "input_audio", "audio", "refusal", "video")
        return self.choice(
            (
                {"type": "text", "text": self.text()},
                {"type": "text", "text": self.text(), "cache_control": {"type": "ephemeral"}},
                self.text(),
                {"type": self.choice(media), "text": "not read"},
            )
        )

    def content(self) -> Any:
        kind = self.random()
        if kind < 0.45:
            return self.text()
        if kind < 0.55:
            return None
        if kind < 0.95:
            return [self.block() for _ in range(self.randrange(4))]
        return {"text": self.text()}

    def extras(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "usage": {"completion_tokens": self.randrange(50), "prompt_tokens": None},
            "metadata": self.object(),
            "reasoning": self.text(),
            "finish_reason": self.choice(("stop", "", None, 5)),
            "stop_reason": self.choice(("end_turn", "", None, 0)),
            "name": self.choice(("search", "", None, 0)),
            "id": self.choice(("m1", "", None, 3)),
        }
        return {key: value for key, value in made.items() if self.random() < 0.2}

    def openai(self) -> list[Any]:
        return [self.openai_entry() for _ in range(self.randrange(6))]

    def openai_entry(self) -> dict[str, Any]:
        entry = {"role": self.role(), "content": self.content(), **self.extras()}
        kind = self.random()
        if kind < 0.3:
            entry["tool_calls"] = [self.openai_call() for _ in range(self.randrange(3))]
        elif kind < 0.4:
            entry["function_call"] = {"name": self.choice(("f", "g", "", None)), "arguments": self.arguments()}
        if entry["role"] == "tool" or self.random() < 0.1:
            entry["tool_call_id"] = self.choice(("c1", "c2", "", None, 4))
        return entry

    def openai_call(self) -> dict[str, Any]:
        call = {"name": self.choice(("search", "f", "", None, 3)), "arguments": self.arguments()}
        made = {"id": self.choice(("c1", "", None, 5)), "type": "function"}
        return {**made, **call} if self.random() < 0.4 else {**made, "function": call}

    def anthropic(self) -> list[Any]:
        return [self.anthropic_entry() for _ in range(self.randrange(6))]

    def anthropic_entry(self) -> dict[str, Any]:
        content: Any = self.text()
        if self.random() < 0.7:
            content = [self.anthropic_block() for _ in range(self.randrange(5))]
        return {"role": self.role(), "content": content, **self.extras()}

    def anthropic_block(self) -> dict[str, Any]:
        call = {"id": self.choice(("t1", "", None)), "name": self.choice(("f", "g", "")), "input": self.arguments()}
        result = {
            "tool_use_id": self.choice(("t1", "", None, 3)),
            "content": self.payload(),
            "is_error": self.choice((True, False, None, 1, "")),
        }
        return self.choice(
            (
                {"type": "text", "text": self.text()},
                {"type": "text", "text": self.text()},
                {"type": "tool_use", **call},
                {"type": "tool_result", **result, **self.extras()},
                {"type": self.choice(("image", "thinking", None, "document", "TEXT"))},
            )[: 5 if self.random() < 0.15 else 4]
        )

    def payload(self) -> Any:
        kind = self.random()
        if kind < 0.3:
            return self.text()
        if kind < 0.5:
            return [self.block() for _ in range(self.randrange(3))]
        if kind < 0.6:
            return [{"type": "text", "text": self.text()} for _ in range(self.randrange(1, 3))]
        return self.json() if kind < 0.9 else self.odd()

    def vercel(self) -> list[Any]:
        return [self.vercel_entry() for _ in range(self.randrange(6))]

    def vercel_entry(self) -> dict[str, Any]:
        entry = {"role": self.role(), **self.extras()}
        kind = self.random()
        parts = [self.vercel_part() for _ in range(self.randrange(5))]
        if kind < 0.3:
            entry["content"] = self.text()
        elif kind < 0.6:
            entry["content"] = parts
        elif kind < 0.95:
            entry["parts"] = parts
        else:
            entry.update(content=self.choice((None, "", [])), parts=self.choice((None, parts)))
        return entry

    def vercel_part(self) -> dict[str, Any]:
        ids: dict[str, Any] = {"toolCallId": self.choice(("v1", "v2", "", None, 3)), "id": self.choice(("i", "", None))}
        names: dict[str, Any] = {"toolName": self.choice(("f", "", None)), "name": self.choice(("g", "", None, 2))}
        call = {
            **self.some(ids),
            **self.some(names),
            **self.some({"args": self.arguments(), "input": self.arguments()}),
        }
        result = {**self.some(ids), **self.some(names)}
        result |= self.some({"result": self.payload(), "output": self.payload(), "isError": True, "is_error": 1})
        kind = self.choice(("tool-invocation", "tool-call"))
        thought = self.some(
            {"text": self.choice((self.text(), None)), "reasoning": self.choice((self.text(), None, 3))}
        )
        return self.choice(
            (
                {"type": "text", "text": self.text()},
                {"type": "text", "text": self.text()},
                {"type": "reasoning", **thought},
                {"type": kind, **call},
                {"type": kind, "toolInvocation": call, "toolName": "outer"},
                {"type": "tool-result", **result},
                {"type": self.choice(("step-start", "image", None, "file"))},
            )[: 7 if self.random() < 0.15 else 6]
        )

    def some(self, made: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in made.items() if self.random() < 0.7}

    def pairs(self) -> Any:
        made: list[Any] = [self.choice((tuple, list))((self.role(), self.content())) for _ in range(self.randrange(5))]
        return self.choice((made, tuple(made), dict.fromkeys(("user", "ai"), "x").items()))

    def prompt_response(self) -> Call:
        texts = [self.text() if self.random() < 0.8 else self.odd() for _ in range(3)]
        options = {"system": texts[2]} if self.random() < 0.6 else {}
        return self.sdk.messages_from_prompt_response, (texts[0], texts[1]), options

    # Rewards and headers

    def reward(self) -> Call:
        values = (*NUMBERS, *ODD_NUMBERS, "0.5", "x", None, [1], b"1")
        ends = (0, 1, 0.0, 10, -5, 0.3, 1e308, -1e308, float("inf"), float("nan"), 10**400, "1", None, True)
        pair = (self.choice(ends), self.choice(ends))
        ranges = ((0, 10), [0, 3], pair, pair, (1, 1), (5, 2), (0,), (0, 1, 2), None, 5, "ab", {0: 1, 2: 3})
        options = {"score_range": self.choice(ranges), "name": self.text(), "weight": self.number()}
        return self.sdk.build_reward_from_scalar, (self.choice(values),), self.some(options)

    def headers(self) -> Any:
        name = "x-trajectory-model-id"
        names = (name, name.title(), name.upper(), f"{name} ", "content-type", "x_trajectory_model_id")
        values = ("m", " m ", "", " ", None, 5, 0, False, b"m", ["m"], "é")
        made: Any = {self.choice(names): self.choice(values) for _ in range(self.randrange(4))}
        if self.random() < 0.1:
            made = {**made, 5: "x", None: "y", b"x-trajectory-model-id": "z"}
        return made if self.random() < 0.9 else self.odd()

    def response(self) -> Any:
        kind = self.random()
        if kind < 0.7:
            return SimpleNamespace(headers=self.headers())
        return SimpleNamespace(body="x") if kind < 0.8 else self.odd()

    # Builders

    def message(self) -> Any:
        kind = self.random()
        fields: dict[str, Any] = {
            "role": self.choice(("system", "user", "assistant", "assistant", "tool", "tool")),
            "content": self.choice((self.text(), None)),
        }
        if kind < 0.3:
            fields["tool_calls"] = [self.types.ToolCall("f", self.object(), "c") for _ in range(self.randrange(3))]
        if kind < 0.15 or fields["role"] == "tool":
            error = self.choice((None, None, "", "failed", 5))
            fields["tool_response"] = self.types.ToolResponse(
                "c", "f", self.object(), self.json(), error, self.object()
            )
        if 0.3 < kind < 0.5:
            fields |= {"metadata": self.object(), "usage": {"completion_tokens": 3}, "reasoning": self.text()}
            fields["tool_definitions"] = [self.types.ToolDefinition("f", self.text(), self.object())]
            fields["trainable_status"] = self.choice(("trainable", "superseded"))
        if kind > 0.97:
            fields[self.choice(("role", "content", "tool_calls", "tool_response", "metadata"))] = self.odd()
        return self.types.Message(**fields)

    def messages(self) -> Any:
        made: Any = [self.message() for _ in range(self.choice((0, 1, 2, 3, 5, 8, 12)))]
        kind = self.random()
        if kind < 0.03 and made:
            made[self.randrange(len(made))] = self.odd()
        return self.odd() if kind > 0.98 else tuple(made) if kind > 0.95 else made

    def build_options(self) -> dict[str, Any]:
        metadata = {"num_turns": 3, "total_tokens": 0, "total_cost": 1e-7, "completion_tokens": 9, "note": "not read"}
        telemetry = {"a": self.json(1), "trace_id": "mine", "content_hash": "mine", "conversation_id": "mine"}
        optional: dict[str, Any] = {
            "reward": self.choice((None, self.sdk.build_reward_from_scalar(self.choice(NUMBERS[3:6])))),
            "task_metadata": self.broken(self.some(metadata)),
            "error": self.choice((None, "", "failed", 5)),
            "start_time": self.choice(TIMES),
            "end_time": self.choice(TIMES),
            "termination_reason": self.choice((None, "TIMEOUT", "", "other", 5)),
            "extra_telemetry": self.broken(self.some(telemetry)),
            "trace_id": self.choice((None, "", "trace", 5)),
            "model_id": self.choice((None, "", "model", 5)),
        }
        return {**self.identity(), **{key: value for key, value in optional.items() if self.random() < 0.3}}

    def identity(self) -> dict[str, Any]:
        made = {"conversation_id": self.text(), "data_source": self.text()}
        return made if self.random() < 0.97 else {key: self.odd() for key in made}

    def recipe_and_builder(self) -> Call:
        recipe, entries = self.choice(
            (
                (self.sdk.messages_from_openai_chat, self.openai),
                (self.sdk.messages_from_anthropic_messages, self.anthropic),
                (self.sdk.messages_from_vercel_ai_sdk, self.vercel),
            )
        )
        options = self.build_options()

        def both(raw: Any) -> Any:
            return self.sdk.build_trajectory_from_messages(recipe(raw), **options)

        return both, (entries(),), {}

    def parsed(self) -> Any:
        turns: Any = [self.turn() for _ in range(self.randrange(5))]
        if self.random() < 0.04:
            turns = self.spoil(turns)
        trace_id = self.choice((None, "", "trace", 5))
        counted = self.choice((len(turns) if isinstance(turns, list) else 1, 0, None))
        made = self.types.ParsedConversation(*self.identity().values(), counted, turns, trace_id)
        return made if self.random() < 0.98 else self.odd()

    def turn(self) -> Any:
        counts: Any = {"total_tokens": self.choice((0, 5, -5, 2.5, True)), "completion_tokens": self.choice((0, 2, 3))}
        cost: Any = self.choice((None, 0, 0.1, 0.2, 1e-7, -0.1))
        if self.random() < 0.04:
            counts, cost = self.spoil(counts), self.choice((cost, "x", [], "", float("nan")))
        return self.types.ParsedTurn(
            messages=self.messages(),
            source_run_id=self.choice(("run", "run", "", None)),
            start_time=self.choice(TIMES),
            end_time=self.choice(TIMES),
            error=self.choice((None, None, "", "failed")),
            token_counts=self.some(counts) if isinstance(counts, dict) else counts,
            total_cost=cost,
        )

    def event(self) -> Any:
        optional = {
            "properties": self.object(),
            "user_id": self.choice(("", "u")),
            "trajectory_id": "t",
            "source": "",
            "metadata": self.object(),
            "trace_id": "x",
        }
        fixed = {"event_id": "e", "timestamp": "2026-01-02T03:04:05+00:00"}
        return self.types.TelemetryEvent(self.text(), self.text(), **fixed, **self.some(optional))
