"""A program written for release 0.5.3. Run by the interpreter that has it, and by ours: prints what came back.

Its argument is the platform's address, which is compiled into the release: there it is replaced from outside.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from typing import Any

import trajectory_sdk as tj
from trajectory_sdk.primitives import primitives


def use_platform(url: str) -> None:
    """Ours is told by the environment."""
    config: Any = primitives.SDKConfig
    names = [p.name for p in inspect.signature(config).parameters.values() if p.default is not p.empty]
    if "api_base_url" in names:
        defaults = list(config.__init__.__defaults__)
        defaults[names.index("api_base_url")] = url
        config.__init__.__defaults__ = tuple(defaults)


def conversation(number: int, **fields: Any) -> Any:
    call = tj.ToolCall(name="add", arguments={"a": number, "b": 1.50, "\u00e4": None}, id="call")
    response = tj.ToolResponse(id="call", name="add", arguments={"a": number}, response="\U0001f600 \u2028")
    messages = [
        tj.Message("system", "rules"),
        tj.Message("user", f"question {number}"),
        tj.Message("assistant", None, tool_calls=[call], usage={"completion_tokens": 3}, reasoning="hm"),
        tj.Message("tool", tool_response=response),
        tj.Message("assistant", "done", metadata={"x": [1, 2.0, 1e-7, 10**20, True, None, {"idx": 1}]}),
    ]
    reward = tj.build_reward_from_scalar(number % 2, name="score")
    return tj.build_trajectory_from_messages(
        messages, conversation_id=f"c{number}", data_source="program", reward=reward, **fields
    )


def event(number: int, **fields: Any) -> Any:
    stamp = "2026-11-22T10:00:00+00:00"
    return tj.TelemetryEvent("seen", "s", {"n": number}, event_id=f"e{number}", timestamp=stamp, **fields)


def tried(function: Any, *args: Any, **options: Any) -> Any:
    """The value, or the built-in class of the error."""
    try:
        value = function(*args, **options)
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    return shown(value)


def shown(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items() if key != "elapsed_s"}
    return [shown(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    out: list[Any] = [tried(tj.upload, [conversation(0)], "d"), tried(tj.push_events, [event(0)])]
    tj.init(project_id="p")
    out += [tried(tj.upload, [conversation(0)], "d"), tried(tj.push_events, [event(0)])]
    use_platform(sys.argv[1])
    tj.init(project_id="p", trajectory_api_key="key")
    empty = dataclasses.replace(conversation(1), steps=[])
    hollow = dataclasses.replace(conversation(2), steps=[*conversation(2).steps, primitives.Step(messages=[])])
    out.append(tried(tj.upload, conversation(3), "one"))
    out.append(tried(tj.upload, [empty, conversation(4), hollow, conversation(5, trace_id="t", model_id="m")], "some"))
    out.append(tried(tj.upload, [], "none"))
    out.append(tried(tj.upload, [empty], "none"))
    out.append(tried(tj.upload, [conversation(n) for n in range(1003)], "many"))
    out.append(tried(tj.push_events, [event(n) for n in range(2001)]))
    out.append(tried(tj.push_events, [event(n) for n in range(5)], chunk_size=2, organization_id="o"))
    out.append(tried(tj.push_events, []))
    bad: list[Any] = [{"event_type": " "}, {"session_id": ""}, {"properties": [1]}, {"timestamp": "yesterday"}]
    invalid: list[Any] = [dataclasses.replace(event(n), **fields) for n, fields in enumerate(bad)]
    pushed = tj.push_events([*invalid, event(9)])
    out.append([pushed.pushed, pushed.skipped, len(pushed.errors)])
    traced = [conversation(6, trace_id="t6"), conversation(7, trace_id="t7")]
    events = [event(0, trace_id="t6"), event(1, trace_id="t7", trajectory_id="own"), event(2, trace_id="t8"), event(3)]
    out.append(tried(tj.upload_trace, traced, events, "trace"))
    out.append(tried(tj.upload_trace, conversation(8), events, "trace"))
    out.append(tried(tj.upload_trace, [traced[0], traced[0]], events, "trace"))
    out.append(tried(tj.upload_trace, [], events, "trace"))
    out.append(tried(tj.upload_trace, [dataclasses.replace(traced[0], steps=[])], events, "trace"))
    trace = tj.start_trace("t9")
    noted = trace.event("noted", {"a": 1})
    built = trace.build_trajectory([tj.Message("user", "u")], data_source="program")
    out.append([noted.session_id, noted.trace_id, len(trace.events), dataclasses.asdict(built)])
    print(json.dumps(shown(out)))


if __name__ == "__main__":
    main()
