"""Where redaction looks: every place of a record, of a built trajectory, and of the report."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk.canonical import content_hash

pytestmark = pytest.mark.usefixtures("initialised")

LEAK = re.compile(r"leak\d{3}@example\.com")


class Marks:
    """Hands out an address for each place, which says where it was if it gets out."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        address = f"leak{next(self._numbers):03d}@example.com"
        self.places[address] = place
        return address

    def found(self, text: str) -> set[str]:
        return {self.places[address] for address in LEAK.findall(text.replace("\\u0040", "@"))}


def marked_runs(m: Marks) -> list[dict[str, Any]]:
    root, first, tool, second, event, failed = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 7))
    extra = {
        "metadata": {"thread_id": m("thread"), "ls_model_name": "gpt-" + m("model"), "langgraph_node": m("node")},
        "invocation_params": {"stop": [m("stop")], m("parameter name"): 1},
    }

    def run(run_id: str, kind: str, inputs: Any, outputs: Any, second_of: int, **more: Any) -> dict[str, Any]:
        path = [root] if run_id == root else [root, run_id]
        return {
            "id": run_id,
            "trace_id": root,
            "parent_run_id": None if run_id == root else root,
            "name": more.pop("name", kind),
            "run_type": kind,
            "start_time": f"2026-11-22T10:00:{second_of:02d}",
            "end_time": f"2026-11-22T10:00:{second_of:02d}.5",
            "dotted_order": ".".join(f"20261122T10000{step[0]}000000Z{step}" for step in path),
            "inputs": inputs,
            "outputs": outputs,
            "extra": extra,
            **more,
        }

    user = {
        "role": "user",
        "name": m("user name"),
        "content": [{"type": "text", "text": m("part")}, {"type": "image_url", "image_url": {"url": "x" + m("url")}}],
    }
    call = {
        "id": "call_" + m("call id"),
        "type": "function",
        "function": {"name": "look_" + m("tool name"), "arguments": json.dumps({m("key"): m("argument")})},
    }
    answer = {"role": "assistant", "content": m("answer"), "reasoning_content": m("reasoning"), "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": call["id"], "content": json.dumps({"found": m("result")})}
    odd = {"role": "rolle " + m("role"), "content": "x"}
    parameters = {"type": "object", "properties": {m("property"): {"description": m("description")}}}
    tools = [{"type": "function", "function": {"name": call["function"]["name"], "parameters": parameters}}]  # type: ignore[index]
    last = {"role": "assistant", "content": m("last")}
    other = {"role": "assistant", "content": m("candidate")}
    choice = {"message": answer, "finish_reason": "stop " + m("finish reason")}
    return [
        run(
            root,
            "chain",
            {"input": m("input")},
            {"output": m("output")},
            1,
            error=m("root error"),
            feedback_stats={m("feedback"): {"n": 1, "avg": 0.5}},
            session_id=m("project"),
        ),
        run(first, "llm", {"messages": [user], "tools": tools, m("unknown"): "blah blah"}, {"choices": [choice]}, 2),
        run(tool, "tool", {"q": m("tool input")}, {"output": m("tool output")}, 3, name=call["function"]["name"]),  # type: ignore[index]
        run(
            second,
            "llm",
            {"messages": [user, answer, result, odd], "tools": tools},
            {"choices": [{"message": last}, {"message": other}]},
            5,
            start_time="2026-11-22 never " + m("time"),
        ),
        run(event, "tool", {"q": m("event input")}, {"output": m("event output")}, 6, name="e " + m("event name")),
        run(failed, "llm", {"messages": [user, answer, result]}, None, 7, error=m("call error")),
    ]


class Itself(tj.BaseTransform):
    """Changes nothing."""

    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        return trajectory


class Copy(tj.BaseTransform):
    """Makes a trajectory that stands for itself."""

    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        return dataclasses.replace(trajectory)


@pytest.mark.filterwarnings("ignore::trajectory_sdk.RefusedDataWarning")
@pytest.mark.parametrize("before", [[], [Itself()], [Copy()]], ids=["alone", "after one", "after a copy"])
@pytest.mark.parametrize("key", [None, "k"])
def test_no_place_of_an_import_is_left_out(before: list[tj.BaseTransform], key: str | None, tmp_path: Path) -> None:
    m = Marks()
    source = tmp_path / "runs.jsonl"
    source.write_text("".join(json.dumps(run) + "\n" for run in marked_runs(m)) + "{broken " + m("line"))
    plain = tj.import_conversations(bulk=True, source=source, out=tmp_path / "plain")
    kept = m.found(json.dumps(tj.to_arrow(plain, rows="trajectory").to_pylist(), default=str))
    assert {"tool name", "call id", "event name", "model", "finish reason", "feedback", "project"} <= kept
    transforms = [*before, tj.RegexPiiTransform(pseudonym_key=key)]
    tj.init(provider="langsmith", project_id="any", transforms=transforms)
    found = tj.import_conversations(bulk=True, source=source, out=tmp_path / "dataset")
    tj.save(found, tmp_path / "saved")
    for kind in ("trajectory", "message", "call"):
        rows = tj.to_arrow(found, rows=kind).to_pylist()
        assert m.found(json.dumps(rows, default=str)) == set(), kind
    for file in [*(tmp_path / "saved").iterdir(), *(tmp_path / "dataset").glob("*.json")]:
        assert m.found(file.name + file.read_text(encoding="utf-8")) == set()
    (trajectory,) = found
    assert m.found(repr(trajectory) + trajectory._repr_html_() + str(found.report) + repr(found.report)) == set()
    assert trajectory.telemetry is not None
    assert trajectory.telemetry.data["content_hash"] == content_hash(trajectory)
    asked = [call for message in trajectory.messages for call in message.tool_calls or ()]
    offered = [tool for message in trajectory.messages for tool in message.tool_definitions or ()]
    answered = [message.tool_response for message in trajectory.messages if message.tool_response]
    assert {call.name for call in asked} == {tool.name for tool in offered} == {answer.name for answer in answered}
    assert {call.id for call in asked} == {answer.id for answer in answered}


def built(m: Marks) -> tj.Trajectory:
    call = tj.ToolCall(name=m("call name"), arguments={m("key"): m("argument")}, id=m("call id"))
    response = tj.ToolResponse(m("id"), m("name"), {}, m("response"), m("error"), {"m": m("response metadata")})
    tool = tj.ToolDefinition(m("tool"), m("description"), {"p": m("parameter")})
    component = tj.RewardComponent("n", 1.0, explanation=m("explanation"), metadata={"judge": m("judge")})
    trajectory = tj.build_trajectory_from_messages(
        [
            tj.Message(role="user", content=m("text"), metadata={"note": m("note"), m("metadata key"): 1}),
            tj.Message(role="assistant", tool_calls=[call], finish_reason=m("finish"), usage={"who": m("usage")}),
            tj.Message(role="tool", tool_response=response, tool_definitions=[tool]),
        ],
        conversation_id=m("conversation"),
        data_source=m("source"),
        error=m("trajectory error"),
        extra_telemetry={"user": m("telemetry")},
        model_id=m("model id"),
        trace_id=m("trace id"),
        reward=tj.Reward(1.0, m("method"), [component]),
    )
    steps = [
        dataclasses.replace(step, info={"i": m("info")}, reward=tj.Reward(1.0, "mean", [component]))
        for step in trajectory.steps
    ]
    return dataclasses.replace(trajectory, steps=steps, reference_trajectory={"z": [m("reference")]})


def test_no_place_of_a_built_trajectory_is_left_out() -> None:
    m = Marks()
    trajectory = built(m)
    assert m.found(json.dumps(dataclasses.asdict(trajectory))) == {*m.places.values()}
    redacted = tj.RegexPiiTransform().transform(trajectory)
    assert m.found(json.dumps(dataclasses.asdict(redacted))) == set()
    assert redacted.steps[1].messages[0] is redacted.steps[0].messages[0]


def test_the_hash_of_a_built_trajectory_counts_what_builders_count() -> None:
    def of(text: str) -> tj.Trajectory:
        return tj.build_trajectory_from_messages(
            [tj.Message(role="user", content=text)],
            conversation_id="c",
            data_source="d",
            model_id="m",
            reward=tj.build_reward_from_scalar(0.5),
        )

    transform = tj.RegexPiiTransform()
    nothing = of("nothing in it")
    assert transform.transform(nothing) is nothing
    assert transform.transform(of("x@example.com")) == of("[REDACTED_EMAIL]")


def odd_run(number: int, content: Any, temperature: str) -> str:
    name = f"{number:08x}-0000-4000-8000-000000000000"
    run = {
        "id": name,
        "trace_id": name,
        "name": "llm",
        "run_type": "llm",
        "start_time": "2026-11-22T10:00:00",
        "end_time": "2026-11-22T10:00:01",
        "dotted_order": f"20261122T100000000000Z{name}",
        "inputs": {"messages": [{"role": "user", "content": content}], "temperature": 0.1},
        "outputs": {"choices": [{"message": {"role": "assistant", "content": "x@example.com"}}]},
        "extra": {"metadata": {"thread_id": f"c{number}"}},
    }
    return json.dumps(run).replace('"temperature": 0.1', f'"temperature": {temperature}')


def test_one_odd_value_does_not_end_an_import(tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    source = tmp_path / "runs.jsonl"
    runs = [
        odd_run(1, "plain", "0.10000000000000000555"),
        odd_run(2, "[" * 2000 + "]" * 2000, "1.0e5"),
        odd_run(3, [{"type": "text", "text": "y"}, {"type": "zz", "v": deep}], "-0"),
        odd_run(4, "huge", "9" * 5000),
        odd_run(5, "endless", "1e400"),
        odd_run(6, "lone \ud800 surrogate", "1"),
    ]
    source.write_text("\n".join(runs))
    plain = tj.import_conversations(bulk=True, source=source)
    tj.init(provider="langsmith", project_id="any", transforms=[tj.RegexPiiTransform()])
    found = tj.import_conversations(bulk=True, source=source, out=tmp_path / "dataset")
    parameters = tj.to_arrow(found, rows="call").column("parameters").to_pylist()
    assert parameters == tj.to_arrow(plain, rows="call").column("parameters").to_pylist()
    assert "9" * 5000 in str(parameters)
    answers = tj.to_arrow(found, rows="message").column("content").to_pylist()[1::2]
    assert answers == ["[REDACTED_EMAIL]"] * 6
