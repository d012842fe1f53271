"""What the rival writes: the contract's JSON with its hash, or the delta form."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import IO, Any

import orjson

INDENT = orjson.OPT_INDENT_2
SORTED = orjson.OPT_SORT_KEYS
NOT_ASCII = re.compile("[^\x00-\x7f]")


def iso(micros: int) -> str:
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros % 1_000_000:06d}Z"


def indented(value: Any, level: int) -> bytes:
    """JSON as `json.dumps(value, indent=2)` writes it, at that depth."""
    text: bytes = orjson.dumps(value, option=INDENT)
    if not text.isascii():
        text = NOT_ASCII.sub(lambda match: encode_basestring_ascii(match[0])[1:-1], text.decode()).encode()
    return text.replace(b"\n", b"\n" + b"  " * level)


def escaped(text: str) -> orjson.Fragment:
    return orjson.Fragment(encode_basestring_ascii(text))


def definitions_of(extra: dict[str, Any]) -> tuple[bytes, bytes]:
    """The tools of a call, indented and canonical; kept with the parsed value, which many calls share."""
    made = extra.get("rendered")
    if made is None:
        tools = [
            {key: tool["function"][key] for key in ("name", "description", "parameters")}
            for tool in extra["invocation_params"]["tools"]
        ]
        made = extra["rendered"] = (indented(tools, 5), orjson.dumps(tools, option=SORTED))
    return made  # type: ignore[no-any-return]


def render(message: Any, *, shows_tools: bool) -> tuple[bytes, bytes]:
    """A message of the contract, indented at its depth in a step, and canonical."""
    call = message.call
    content: str | None = message.content
    is_tool = message.role == "tool"
    if is_tool or (not content and message.calls):
        content = None
    calls = [{"name": name, "arguments": arguments, "id": call_id} for call_id, name, arguments in message.calls]
    metadata = {"run_id": message.run_id, "time": iso(message.time)}
    status = "not_trainable"
    canonical: dict[str, Any] = {"role": message.role, "metadata": metadata}
    usage = definitions = response = None
    if call is not None:
        metadata["model"] = call.extra["metadata"]["ls_model_name"]
        prompt, completion, total = call.tokens
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
        canonical["usage"] = usage
        status = "trainable"
        if call.finish_reason:
            canonical["finish_reason"] = call.finish_reason
        if shows_tools:
            shown, exact = definitions_of(call.extra)
            definitions = shown
            canonical["tool_definitions"] = orjson.Fragment(exact)
    canonical["trainable_status"] = status
    if calls:
        canonical["tool_calls"] = calls
    if content is not None:
        canonical["content"] = content
    if is_tool:
        response = {"id": message.call_id, "name": message.tool_name, "arguments": message.arguments}
        canonical["tool_response"] = {**response, "response": message.content}
        response |= {"response": escaped(message.content), "error": None, "metadata": None}
    body = {
        "role": message.role,
        "content": None if content is None else escaped(content),
        "tool_calls": calls or None,
        "tool_response": response,
        "tool_definitions": None,
        "usage": usage,
        "finish_reason": None if call is None else call.finish_reason,
        "metadata": metadata,
        "reasoning": None,
        "trainable_status": status,
    }
    text = indented(body, 4)
    if definitions is not None:
        text = text.replace(b'"tool_definitions": null', b'"tool_definitions": ' + definitions, 1)
    return text, orjson.dumps(canonical, option=SORTED)


def ranges(places: list[int]) -> list[list[int]]:
    made: list[list[int]] = []
    for place in places:
        if made and made[-1][1] == place:
            made[-1][1] += 1
        else:
            made.append([place, place + 1])
    return made


def steps_of(conversation: Any) -> list[list[list[int]]]:
    """The contract's steps as ranges over the messages."""
    steps = []
    running: list[list[int]] = []
    started = False
    for place, message in enumerate(conversation.messages):
        if message.call is not None:
            running = ranges(message.call.context)
        if running and running[-1][1] == place:
            running[-1][1] += 1
        else:
            running.append([place, place + 1])
        is_end = message.role == "tool" or (message.role == "assistant" and not message.calls)
        if not started:
            started = is_end = message.role == "user"
        if is_end:
            steps.append([span.copy() for span in running])
    return steps


def facts_of(conversation: Any, count: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Task, metrics and execution metrics."""
    calls = conversation.calls
    tool_calls = sum(len(message.calls) for message in conversation.messages)
    task = {
        "id": "langsmith:" + conversation.id,
        "data_source": "langsmith",
        "conversation_id": conversation.id,
        "num_turns": len(conversation.roots),
        "num_steps": count,
        "total_tokens": sum(call.tokens[2] for call in calls),
        "total_cost": sum(round(call.cost * 1e12) for call in calls) / 1e12,
    }
    metrics = {
        "steps": count,
        "tokens_generated": sum(call.tokens[1] for call in calls),
        "aggregated_reward": None,
        "num_tool_calls": tool_calls,
        "num_tool_failures": conversation.tool_failures,
        "num_tool_response_none": 0,
        "tool_error_rate": conversation.tool_failures / tool_calls if tool_calls else 0.0,
    }
    execution = {
        "env_time": conversation.tool_micros / 1e6 if tool_calls else None,
        "llm_time": sum(call.end - call.start for call in calls) / 1e6,
        "total_time": (conversation.end - conversation.roots[0][0]) / 1e6,
        "termination_reason": "ENV_DONE",
    }
    return task, metrics, execution


def without_nulls(value: dict[str, Any]) -> bytes:
    return orjson.dumps({key: item for key, item in value.items() if item is not None}, option=SORTED)


def write_contract(conversation: Any, out: Path) -> None:
    shown: list[bytes] = []
    exact: list[bytes] = []
    tools: Any = None
    for message in conversation.messages:
        shows = message.call is not None and message.call.extra is not tools
        if shows:
            tools = message.call.extra
        text, canonical = render(message, shows_tools=shows)
        shown.append(text)
        exact.append(canonical)
    steps = steps_of(conversation)
    task, metrics, execution = facts_of(conversation, len(steps))

    digest = hashlib.sha256(
        b'{"execution_metrics":%b,"metrics":%b,"steps":[' % (without_nulls(execution), without_nulls(metrics))
    )
    with (out / f"{conversation.id}.json").open("wb", buffering=0) as file:
        pieces = [b'{\n  "task": ', indented(task, 1), b',\n  "steps": [']
        for number, spans in enumerate(steps):
            plain = len(spans) == 1
            places = [place for a, b in spans for place in range(a, b)] if not plain else []
            some_exact = exact[: spans[0][1]] if plain else [exact[place] for place in places]
            some_shown = shown[: spans[0][1]] if plain else [shown[place] for place in places]
            status = b"trainable" if conversation.messages[spans[-1][1] - 1].call is not None else b"not_trainable"
            info = b"" if plain else b'"info":{"context":%b},' % orjson.dumps(spans)
            head = b',{%b"messages":[' if number else b'{%b"messages":['
            digest.update(head % info + b",".join(some_exact) + b'],"trainable_status":"' + status + b'"}')
            lead = b",\n    {" if number else b"\n    {"
            pieces.append(lead + b'\n      "messages": [\n        ')
            pieces.append(b",\n        ".join(some_shown))
            pieces.append(b'\n      ],\n      "reward": null,\n      "info": ')
            pieces.append(b"null" if plain else indented({"context": spans}, 3))
            pieces.append(b',\n      "trainable_status": "' + status + b'"\n    }')
            if len(pieces) > 60:
                write_all(file, pieces)
                pieces = []
        digest.update(b'],"task":' + without_nulls(task) + b"}")
        pieces.append(b"\n  ],\n  " + rest_of(conversation, metrics, execution, digest.hexdigest()) + b"\n}")
        write_all(file, pieces)


def write_all(file: IO[bytes], pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    written = file.write(text)
    while written < len(text):
        written += file.write(text[written:])


def rest_of(conversation: Any, metrics: dict[str, Any], execution: dict[str, Any], digest: str) -> bytes:
    traces = [trace for _, _, trace in conversation.roots]
    roots = set(traces)
    others = sorted(run_id for run_id in conversation.run_ids if run_id not in roots)
    rest = {
        "reward": None,
        "metrics": metrics,
        "execution_metrics": execution,
        "reference_trajectory": None,
        "telemetry": {
            "source": "langsmith",
            "data": {
                "source_run_ids": traces + others,
                "conversation_id": conversation.id,
                "content_hash": digest,
                "idempotency_key": f"langsmith:{conversation.id}:{digest}",
                "trace_ids": traces,
                "project_id": conversation.project,
            },
        },
        "idx": None,
        "error": None,
        "trace_id": None,
        "model_id": None,
    }
    return indented(rest, 0)[4:-2]


def write_delta(conversation: Any, file: IO[bytes]) -> None:
    """One line: messages once, calls with their contexts as ranges."""
    messages = []
    for message in conversation.messages:
        made: dict[str, Any] = {
            "role": message.role,
            "content": message.content,
            "trainable_status": "not_trainable" if message.call is None else "trainable",
            "time": iso(message.time),
            "origin": {"run_id": message.run_id, "field": "inputs" if message.call is None else "outputs"},
        }
        if message.calls:
            made["tool_calls"] = [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
                }
                for call_id, name, arguments in message.calls
            ]
        if message.call_id:
            made["tool_call_id"] = message.call_id
            made["name"] = message.tool_name
        messages.append(made)
    calls = [
        {
            "context": ranges(call.context),
            "answer": call.answer,
            "model": call.extra["metadata"]["ls_model_name"],
            "usage": dict(
                zip(
                    ("prompt_tokens", "completion_tokens", "total_tokens", "cost"),
                    (*call.tokens, call.cost),
                    strict=True,
                )
            ),
            "finish_reason": call.finish_reason,
            "run_id": call.run_id,
            "trace_id": call.trace,
            "start_time": iso(call.start),
            "end_time": iso(call.end),
        }
        for call in conversation.calls
    ]
    steps = steps_of(conversation)
    task, metrics, execution = facts_of(conversation, len(steps))
    record = {
        "conversation_id": conversation.id,
        "project_id": conversation.project,
        "messages": messages,
        "calls": calls,
        "steps": steps,
        "task": task,
        "metrics": metrics,
        "execution_metrics": execution,
        "parameters": conversation.calls[0].extra["invocation_params"],
        "telemetry": {
            "trace_ids": [trace for _, _, trace in conversation.roots],
            "source_run_ids": sorted(conversation.run_ids),
        },
    }
    file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
