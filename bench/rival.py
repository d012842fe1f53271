"""The rival: a pipeline of pyarrow, orjson and a pool of processes, written by hand for speed.

It leaves out what the benchmark's sets do not need: no check of shapes, no repair, no errors, no sub-agents. Its output
is compared with the engine's in tests/test_rival.py.

1. A plan is made from the small columns: which conversation a trace belongs to, which row groups a conversation spans.
   Conversations that lie together become one task, so that no payload crosses a process border.
2. A task reads its row groups, and parses the payloads of model calls and what tools gave back.
3. Every message is rendered once; steps are joined from what was rendered.

With `--tuned` it also uses how the payloads of these sets are written, byte for byte: no tool failed in them, so what
tools gave back is not looked into, and of an input whose text begins with an earlier one's only what is new is parsed.
That would go wrong on exports of other clients; it shows how fast a program for these sets alone can be.

    rival.py delta|json SOURCE OUT [--tuned]
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from rival_forms import write_contract, write_delta

PLAN_COLUMNS = ["trace_id", "parent_run_id", "extra"]
TASK_COLUMNS = ["id", "trace_id", "run_type", "session_id", "start_time", "end_time", "inputs", "outputs", "extra"]
TASK_COLUMNS += ["prompt_tokens", "completion_tokens", "total_tokens", "total_cost"]
GROUPS_OF_TASK = 8  # at most, about: bounds the memory of a process

Group = tuple[str, int]


@dataclass(slots=True)
class Message:
    role: str
    content: str
    calls: list[tuple[str, str, Any]]  # id, name, arguments as an object
    call_id: str
    run_id: str
    time: int
    tool_name: str = ""
    arguments: Any = None
    call: Call | None = None


@dataclass(slots=True)
class Call:
    run_id: str
    trace: str
    start: int
    end: int
    inputs: bytes
    outputs: bytes
    extra: dict[str, Any]
    tokens: tuple[int, int, int]
    cost: float
    context: list[int] = field(default_factory=list)
    answer: int = 0
    finish_reason: str | None = None
    prefix: bytes = b""


@dataclass(slots=True)
class Conversation:
    id: str
    project: str = ""
    calls: list[Call] = field(default_factory=list)
    roots: list[tuple[int, int, str]] = field(default_factory=list)
    run_ids: list[str] = field(default_factory=list)
    end: int = 0
    tool_micros: int = 0
    messages: list[Message] = field(default_factory=list)
    tool_failures: int = 0


def open_file(path: str) -> pq.ParquetFile:
    return pq.ParquetFile(path, read_dictionary=["extra"])


def read(group: Group, columns: list[str]) -> pa.Table:
    return open_file(group[0]).read_row_group(group[1], columns=columns, use_threads=False)


def plan_group(group: Group) -> tuple[list[str], list[tuple[str, str]]]:
    """The traces that a row group has rows of, and the conversations of the roots among them."""
    table = read(group, PLAN_COLUMNS)
    traces = table["trace_id"].to_pylist()
    extra = table["extra"].combine_chunks()
    values, indices = extra.dictionary.to_pylist(), extra.indices.to_pylist()
    parents = table["parent_run_id"].is_null().to_pylist()
    keys = [
        (traces[row], orjson.loads(values[indices[row]])["metadata"]["conversation_id"])
        for row, is_root in enumerate(parents)
        if is_root
    ]
    return list(dict.fromkeys(traces)), keys


Task = tuple[int, list[Group], dict[str, str]]


def make_tasks(groups: list[Group], plans: list[tuple[list[str], list[tuple[str, str]]]], processes: int) -> list[Task]:
    conversation_of = {trace: key for _, keys in plans for trace, key in keys}
    spans: dict[str, list[int]] = {}
    traces_of: dict[str, list[str]] = {}
    for place, (traces, _) in enumerate(plans):
        for trace in traces:
            spans.setdefault(conversation_of[trace], []).append(place)
    for trace, key in conversation_of.items():
        traces_of.setdefault(key, []).append(trace)
    count = max(2 * processes, len(groups) // GROUPS_OF_TASK)
    keys = list(spans)  # in order of their first row
    weights = [len(traces_of[key]) ** 1.5 for key in keys]
    share = sum(weights) / count
    tasks: list[Task] = []
    picked: list[str] = []
    weight = 0.0
    for key, own in zip(keys, weights, strict=True):
        picked.append(key)
        weight += own
        if weight >= share or key == keys[-1]:
            needed = sorted({place for picked_key in picked for place in spans[picked_key]})
            mapping = {trace: picked_key for picked_key in picked for trace in traces_of[picked_key]}
            tasks.append((len(tasks), [groups[place] for place in needed], mapping))
            picked, weight = [], 0.0
    return tasks


def cells(column: pa.ChunkedArray) -> tuple[memoryview, list[int]]:
    """The bytes of a text column and the offsets of its cells."""
    array = column.combine_chunks()
    _, offsets, data = array.buffers()
    bounds = memoryview(offsets).cast("i")[array.offset : array.offset + len(array) + 1].tolist()
    return memoryview(data), bounds


def gather(
    groups: list[Group], conversation_of: dict[str, str], loaded: dict[Group, pa.Table], *, tuned: bool
) -> list[Conversation]:
    found: dict[str, Conversation] = {}
    extras: dict[str, dict[str, Any]] = {}
    for group in groups:
        table = loaded.get(group) or read(group, TASK_COLUMNS)
        names = ("id", "trace_id", "run_type", "session_id")
        ids, traces, kinds, projects = (table[name].to_pylist() for name in names)
        starts, ends = (table[name].cast(pa.int64()).to_pylist() for name in ("start_time", "end_time"))
        figures = zip(*(table[name].to_pylist() for name in TASK_COLUMNS[-4:]), strict=True)
        inputs, input_bounds = cells(table["inputs"])
        outputs, output_bounds = cells(table["outputs"])
        extra = table["extra"].combine_chunks()
        values, indices = extra.dictionary, extra.indices.to_pylist()
        for row, (trace, numbers) in enumerate(zip(traces, figures, strict=True)):
            key = conversation_of.get(trace)
            if key is None:
                continue
            conversation = found.get(key)
            if conversation is None:
                conversation = found[key] = Conversation(key, projects[row])
            conversation.run_ids.append(ids[row])
            kind = kinds[row]
            conversation.end = max(conversation.end, ends[row])
            if kind == "llm":
                text = values[indices[row]].as_py()
                parsed = extras.get(text)
                if parsed is None:
                    parsed = extras[text] = orjson.loads(text)
                conversation.calls.append(
                    Call(
                        *(ids[row], trace, starts[row], ends[row]),
                        bytes(inputs[input_bounds[row] : input_bounds[row + 1]]),
                        bytes(outputs[output_bounds[row] : output_bounds[row + 1]]),
                        *(parsed, numbers[:3], numbers[3]),
                    )
                )
            elif kind == "tool":
                conversation.tool_micros += ends[row] - starts[row]
                if not tuned:
                    result = orjson.loads(outputs[output_bounds[row] : output_bounds[row + 1]])
                    conversation.tool_failures += "error" in result
            else:
                conversation.roots.append((starts[row], ends[row], trace))
    return list(found.values())


def body_of(raw: bytes) -> tuple[bytes, int]:
    """What stands before the list of messages ends, and how much stands before it begins."""
    if raw.startswith(b'{"messages":[['):
        return raw[:-3], 14
    if raw.endswith(b"]}"):
        return raw[:-2], 13
    return raw[: raw.rindex(b'],"model":"')], 13


def to_message(raw: dict[str, Any], run_id: str, time: int) -> Message:
    if "lc" in raw:
        kwargs = raw["kwargs"]
        role = {"human": "user", "ai": "assistant"}.get(kwargs["type"], kwargs["type"])
        calls = [(call["id"], call["name"], call["args"]) for call in kwargs.get("tool_calls", ())]
        return Message(role, kwargs["content"], calls, kwargs.get("tool_call_id", ""), run_id, time)
    calls = [
        (call["id"], call["function"]["name"], orjson.loads(call["function"]["arguments"]))
        for call in raw.get("tool_calls", ())
    ]
    return Message(raw["role"], raw["content"], calls, raw.get("tool_call_id", ""), run_id, time)


def identity(message: Message) -> tuple[str, ...]:
    return message.role, message.content, message.call_id, *(call[0] for call in message.calls)


def to_answer(raw: dict[str, Any], call: Call) -> Message:
    if "generations" in raw:
        generation = raw["generations"][0][0]
        call.finish_reason = generation["generation_info"]["finish_reason"]
        return to_message(generation["message"], call.run_id, call.end)
    if "choices" in raw:
        choice = raw["choices"][0]
        call.finish_reason = choice["finish_reason"]
        return to_message(choice["message"], call.run_id, call.end)
    return to_message(raw, call.run_id, call.end)


def read_input(call: Call) -> list[Any]:
    """The messages of an input; some clients put them down as a list of one list."""
    messages: list[Any] = orjson.loads(call.inputs)["messages"]
    return messages[0] if messages and isinstance(messages[0], list) else messages


def read_what_is_new(call: Call, earlier: tuple[Call | None, ...]) -> tuple[list[int], list[Any]]:
    """The context of an earlier call whose input this one begins with, and the messages behind it."""
    call.prefix, head = body_of(call.inputs)
    for known in earlier:
        if known is not None and call.prefix.startswith(known.prefix):
            return known.context.copy(), orjson.loads(b"[" + call.prefix[len(known.prefix) + 1 :] + b"]")
    return [], orjson.loads(b"[" + call.prefix[head:] + b"]")


def build(conversation: Conversation, *, tuned: bool) -> None:
    """Puts every message down once, and the context of every call as places."""
    conversation.roots.sort()
    conversation.calls.sort(key=lambda call: call.start)
    messages = conversation.messages
    place_of: dict[tuple[str, ...], int] = {}
    asked: dict[str, tuple[str, Any]] = {}
    last: Call | None = None  # the latest call
    first: Call | None = None  # the first call of the latest trace
    for call in conversation.calls:
        context: list[int] = []
        if tuned:
            context, new = read_what_is_new(call, (last, first))
        else:
            new = read_input(call)
        for raw in new:
            message = to_message(raw, call.run_id, call.start)
            key = identity(message)
            place = place_of.get(key)
            if place is None:
                place = place_of[key] = len(messages)
                messages.append(message)
                if message.call_id:
                    message.tool_name, message.arguments = asked[message.call_id]
            context.append(place)
        answer = to_answer(orjson.loads(call.outputs), call)
        answer.call = call
        for call_id, name, arguments in answer.calls:
            asked[call_id] = (name, arguments)
        call.context = context
        call.answer = place_of[identity(answer)] = len(messages)
        messages.append(answer)
        call.inputs = call.outputs = b""
        if last is None or last.trace != call.trace:
            first = call
        last = call


LOADED: dict[Group, pa.Table] = {}


def run_task(form: str, out: Path, task: Task, tuned: bool) -> None:
    number, groups, conversation_of = task
    conversations = gather(groups, conversation_of, LOADED, tuned=tuned)
    if form == "json":
        for conversation in conversations:
            build(conversation, tuned=tuned)
            write_contract(conversation, out)
            conversation.messages, conversation.calls = [], []
        return
    with (out / f"part-{number:05d}.jsonl").open("wb", buffering=1 << 20) as file:
        for conversation in conversations:
            build(conversation, tuned=tuned)
            write_delta(conversation, file)
            conversation.messages, conversation.calls = [], []


def main() -> None:
    form, source, out, tuned = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), "--tuned" in sys.argv[4:]
    out.mkdir(parents=True)
    files = [source] if source.is_file() else sorted(source.rglob("*.parquet"))
    groups = [(str(file), group) for file in files for group in range(pq.read_metadata(file).num_row_groups)]
    processes = len(os.sched_getaffinity(0))
    gc.disable()
    if len(groups) < processes:
        LOADED.update({group: read(group, TASK_COLUMNS) for group in groups})  # shared by all processes
        plans = [plan_group(group) for group in groups]
    else:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            plans = pool.map(plan_group, groups, chunksize=2)
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        pending = [
            pool.apply_async(run_task, (form, out, task, tuned)) for task in make_tasks(groups, plans, processes)
        ]
        for result in pending:
            result.get()


if __name__ == "__main__":
    main()
