"""Trajectories built from Python objects: steps, metrics, hashes, rewards."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api
from trajectory_sdk.canonical import canonical_json, content_hash

ROOT = Path(__file__).resolve().parent.parent
USER, ANSWER = tj.Message("user", "u"), tj.Message("assistant", "a")
CALL = tj.Message("assistant", tool_calls=[tj.ToolCall("f", {}, "c")])
RESULT = tj.Message("tool", "r", tool_response=tj.ToolResponse("c", "f", {}, "r"))


def build(*messages: tj.Message, **options: Any) -> tj.Trajectory:
    return tj.build_trajectory_from_messages(list(messages), conversation_id="c", data_source="d", **options)


def data_of(trajectory: tj.Trajectory) -> dict[str, Any]:
    assert trajectory.telemetry is not None
    return trajectory.telemetry.data


def system(text: str) -> tj.Message:
    return tj.Message("system", text)


def contexts(*messages: tj.Message) -> list[str]:
    """Each step's context in one word: contents, `-` where there is none."""
    return ["".join(message.content or "-" for message in step.messages) for step in build(*messages).steps]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((), []),
        ((ANSWER, ANSWER), ["aa"]),
        ((system("1"), ANSWER, USER), ["1au"]),
        ((USER, CALL, RESULT, ANSWER), ["u", "u-r", "u-ra"]),
        ((USER, CALL), ["u", "u-"]),
        ((USER, USER, ANSWER, USER), ["u", "uua", "uuau"]),
        ((system("1"), USER, system("2"), system("3"), ANSWER, system("4"), ANSWER), ["1u", "23ua", "4uaa"]),
        ((ANSWER, system("1"), USER, system("2"), ANSWER), ["a1u", "2aua"]),
        ((system("1"), USER, system("2")), ["1u"]),
    ],
)
def test_steps_are_cumulative(messages: tuple[tj.Message, ...], expected: list[str]) -> None:
    assert contexts(*messages) == expected


def test_the_last_step_closes_only_when_it_is_longer_than_the_one_before() -> None:
    assert contexts(system("1"), system("2"), USER, system("3"), USER) == ["12u"]
    assert contexts(system("1"), USER, system("3"), USER) == ["1u", "3uu"]


def test_each_step_has_a_list_of_its_own() -> None:
    first, second = build(USER, ANSWER).steps
    assert first.messages is not second.messages
    assert first.messages[0] is second.messages[0] is USER


def test_metrics_count_calls_and_failures() -> None:
    failed = tj.Message("tool", tool_response=tj.ToolResponse("c", "f", {}, None, "broken"))
    metrics = build(USER, CALL, RESULT, CALL, failed, task_metadata={"completion_tokens": 7}).metrics
    assert metrics == tj.TrajectoryMetrics(
        steps=3, tokens_generated=7, num_tool_calls=2, num_tool_failures=1, tool_error_rate=0.5
    )


def test_task_and_telemetry() -> None:
    built = build(USER, task_metadata={"num_turns": 1, "total_cost": 0.5}, trace_id="t", extra_telemetry={"x": 1})
    assert built.task == tj.Task("d:c", "d", "c", num_turns=1, num_steps=1, total_cost=0.5)
    data = data_of(built)
    assert list(data) == ["conversation_id", "x", "trace_id", "content_hash", "idempotency_key"]
    assert data["idempotency_key"] == f"d:c:{data['content_hash']}"
    assert built.trace_id == "t"


def test_extra_telemetry_cannot_overwrite_hash_and_key() -> None:
    data = data_of(build(USER, extra_telemetry={"content_hash": "x", "idempotency_key": "y", "conversation_id": "z"}))
    assert data == {**data_of(build(USER)), "conversation_id": "z"}


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T02:00:01.5+02:00", 1.5),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:01Z", None),
        ("soon", "2026-01-01", None),
        ("2026-01-01", None, None),
    ],
)
def test_total_time(start: str, end: str | None, seconds: float | None) -> None:
    execution = build(USER, start_time=start, end_time=end).execution_metrics
    assert execution is not None
    assert execution.total_time == seconds


def test_termination_reason_follows_the_error_unless_given() -> None:
    reasons = [
        build(USER, **options).execution_metrics
        for options in ({}, {"error": "x"}, {"error": ""}, {"error": "x", "termination_reason": "STALE"})
    ]
    assert [reason and reason.termination_reason for reason in reasons] == ["ENV_DONE", "ERROR", "ENV_DONE", "STALE"]


def test_the_hash_covers_content_reward_and_model_but_not_error_text_and_trace() -> None:
    base = data_of(build(USER, error="x"))["content_hash"]
    assert data_of(build(USER, error="y", trace_id="t", extra_telemetry={"x": 1}))["content_hash"] == base
    for options in ({"model_id": "m"}, {"reward": tj.build_reward_from_scalar(1)}, {"task_metadata": {"num_turns": 1}}):
        assert data_of(build(USER, error="x", **options))["content_hash"] != base


def test_canonical_json() -> None:
    value = {"b": (None, 1e-7, -0.0, 1e16), "a": {"idx": 1, "n": None, "é": "\u2028\x00"}, "B": tj.ToolCall("f", {})}
    assert canonical_json(value) == (
        '{"B":{"arguments":{},"name":"f"},"a":{"é":"\u2028\\u0000"},"b":[null,1e-07,-0.0,1e+16]}'
    )


def test_the_hash_is_taken_over_canonical_json() -> None:
    content = tj.Trajectory(tj.Task("x"), [tj.Step([USER]), tj.Step([USER, USER])])
    one = '{"content":"u","role":"user","trainable_status":"not_trainable"}'
    steps = ",".join(
        f'{{"messages":[{messages}],"trainable_status":"not_trainable"}}' for messages in (one, f"{one},{one}")
    )
    text = f'{{"steps":[{steps}],"task":{{"id":"x"}}}}'
    assert canonical_json(content) == text
    assert content_hash(content) == hashlib.sha256(text.encode()).hexdigest()


def test_a_lone_surrogate_counts_or_is_refused() -> None:
    content = tj.Trajectory(tj.Task("\ud800"), [])
    text = '{"steps":[],"task":{"id":"\ud800"}}'
    assert content_hash(content) == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    with pytest.raises(UnicodeEncodeError, match="lone surrogate"):
        content_hash(content, refuse_lone_surrogates=True)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({1, 2}, TypeError),
        (b"x", TypeError),
        ({1: "a", "b": "c"}, TypeError),
        ({(1,): "a"}, TypeError),
        pytest.param(10**5000, ValueError, id="too many digits"),
        pytest.param("\ud800", UnicodeEncodeError, id="lone surrogate"),
    ],
)
def test_content_that_json_cannot_hold_is_refused(value: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        build(tj.Message("user", "u", metadata={"value": value}))
    assert isinstance(caught.value, tj.TrajectoryError)


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecursionError, match="too deeply"):
        build(tj.Message("user", "u", metadata={"value": value}))


def test_the_hash_of_an_import_is_the_hash_of_its_dataclasses() -> None:
    try:
        tj.init(provider="langsmith", project_id="any")
        trajectories = tj.import_conversations(bulk=True, source=str(ROOT / "examples" / "export"))
    finally:
        api._State.config = None
    assert len(trajectories) > 20
    for imported in trajectories:
        content = tj.Trajectory(
            imported.task, imported.steps, metrics=imported.metrics, execution_metrics=imported.execution_metrics
        )
        assert content_hash(content) == data_of(imported)["content_hash"]


@pytest.mark.parametrize("messages", [[{"role": "user"}], "ab", [USER, None]])
def test_what_is_no_message_is_named(messages: Any) -> None:
    with pytest.raises(tj.MissingAttributeError, match=r"messages: entry [01] must be a Message"):
        tj.build_trajectory_from_messages(messages, conversation_id="c", data_source="d")


def test_turns_are_joined_and_their_counts_summed() -> None:
    turns = [
        tj.ParsedTurn([USER, ANSWER], "r1", None, "2026-01-01T00:00:01", None, {"total_tokens": 5}, 0.5),
        tj.ParsedTurn([USER, ANSWER], "r2", "2026-01-01T00:00:03", "2026-01-01T00:00:09", "e1", {"total_tokens": 2}),
        tj.ParsedTurn([USER], "r3", "2026-01-01T00:00:10", None, "e2", {"completion_tokens": 4}, 0.25),
    ]
    built = tj.build_trajectory_from_parsed(tj.ParsedConversation("c", "d", 3, turns, "t"))
    assert built.task == tj.Task("d:c", "d", "c", 3, 4, 7, 0.75)
    assert built.metrics is not None
    assert built.metrics.tokens_generated == 4
    assert built.execution_metrics == tj.ExecutionMetrics(total_time=6.0, termination_reason="ERROR")
    assert (built.error, built.trace_id) == ("e1", "t")
    data = data_of(built)
    assert list(data) == ["source_run_ids", "conversation_id", "content_hash", "idempotency_key", "trace_id"]
    assert data["source_run_ids"] == ["r1", "r2", "r3"]


def test_sums_of_nothing_are_null() -> None:
    built = tj.build_trajectory_from_parsed(tj.ParsedConversation("c", "d", 1, [tj.ParsedTurn([USER], "r")]))
    assert (built.task.total_tokens, built.task.total_cost) == (None, None)


def test_what_is_no_turn_is_named() -> None:
    turns: Any = [tj.ParsedTurn([USER], "r"), None]
    with pytest.raises(AttributeError, match="turn 1 must be a ParsedTurn"):
        tj.build_trajectory_from_parsed(tj.ParsedConversation("c", "d", 1, turns))
    with pytest.raises(TypeError, match="turn 0: a list of messages"):
        tj.build_trajectory_from_parsed(tj.ParsedConversation("c", "d", 1, [tj.ParsedTurn(None, "r")]))  # type: ignore[arg-type]


def test_a_reward_scales_its_score() -> None:
    reward = tj.build_reward_from_scalar(5, name="quality", score_range=(0, 10), weight=2.0)
    component = tj.RewardComponent("quality", 5.0, 0.5, weight=2.0, range=(0, 10))
    assert reward == tj.Reward(0.5, "identity", [component])
    assert tj.build_reward_from_scalar(12, score_range=(0, 10)).aggregated_value == 1.2


@pytest.mark.parametrize(
    ("value", "score_range", "kind"),
    [
        (1, (1, 1), ValueError),
        (1, (2, 1), ValueError),
        (1, (0, 1, 2), ValueError),
        ("x", (0, 1), ValueError),
        (None, (0, 1), TypeError),
        (1, None, TypeError),
        pytest.param(10**400, (0, 1), OverflowError, id="too large"),
    ],
)
def test_a_reward_needs_a_number_and_an_increasing_range(value: Any, score_range: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        tj.build_reward_from_scalar(value, score_range=score_range)
    assert isinstance(caught.value, tj.TrajectoryError)


def test_recipes_and_builder_give_what_save_writes(tmp_path: Path) -> None:
    built = build(*tj.messages_from_prompt_response("q", "a"))
    tj.save(built, tmp_path)
    saved = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [message["content"] for message in saved["steps"][-1]["messages"]] == ["q", "a"]
    assert saved["telemetry"]["data"] == data_of(built)
