"""Makes deterministic synthetic LangSmith exports for benchmarks.

Conversations of 1 to 40 turns (skewed) with 0 to 4 tool calls a turn; message sizes are log-normal; every model call
repeats the history; rows of conversations interleave in time; the thread key stands in `extra.metadata`. The text is
made of a word list, so that it compresses like text. Three payload shapes: flat role/content, OpenAI chat, LangChain.
"""

from __future__ import annotations

import argparse
import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]

SCHEMA = pa.schema(
    [
        *[
            (name, pa.string())
            for name in ("id", "trace_id", "parent_run_id", "session_id", "name", "run_type", "status")
        ],
        *[(name, pa.string()) for name in ("dotted_order", "inputs", "outputs", "extra", "error", "parent_run_ids")],
        ("start_time", pa.timestamp("us", tz="UTC")),
        ("end_time", pa.timestamp("us", tz="UTC")),
        ("total_tokens", pa.int64()),
        ("total_cost", pa.float64()),
    ]
)
ROW_GROUP_ROWS = 2700
START = datetime(2026, 11, 1, tzinfo=UTC)


class Words:
    """Random text from a fixed list of made-up words with a skewed frequency."""

    def __init__(self, rng: random.Random) -> None:
        syllables = ["ka", "lo", "mi", "ren", "sta", "vor", "ti", "pel", "an", "dru", "fe", "gor"]
        self._rng = rng
        self._words = ["".join(rng.choice(syllables) for _ in range(rng.randint(1, 4))) for _ in range(3000)]

    def text(self, characters: int) -> str:
        out: list[str] = []
        size = 0
        while size < characters:
            word = self._words[int(len(self._words) * self._rng.random() ** 3)]
            out.append(word)
            size += len(word) + 1
        return " ".join(out)

    def message(self) -> str:
        return self.text(min(int(self._rng.lognormvariate(5.8, 1.0)), 50_000))


def openai_chat(message: Row) -> Row:
    calls = message.get("tool_calls")
    if not calls:
        return message
    return {
        **message,
        "tool_calls": [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
            for c in calls
        ],
    }


CLASSES = {"system": "SystemMessage", "user": "HumanMessage", "assistant": "AIMessage", "tool": "ToolMessage"}


def langchain(message: Row) -> Row:
    kwargs: Row = {
        "content": message["content"],
        "type": {"user": "human", "assistant": "ai"}.get(message["role"], message["role"]),
    }
    if message.get("tool_calls"):
        kwargs["tool_calls"] = [
            {"name": c["name"], "args": json.loads(c["arguments"]), "id": c["id"], "type": "tool_call"}
            for c in message["tool_calls"]
        ]
    if "tool_call_id" in message:
        kwargs["tool_call_id"] = message["tool_call_id"]
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", CLASSES[message["role"]]],
        "kwargs": kwargs,
    }


def payload(shape: str, history: list[Row], answer: Row) -> tuple[Row, Row]:
    if shape == "langchain":
        generation = {
            "text": answer["content"],
            "generation_info": {"finish_reason": "stop"},
            "type": "ChatGeneration",
            "message": langchain(answer),
        }
        return {"messages": [[langchain(m) for m in history]]}, {
            "generations": [[generation]],
            "llm_output": None,
            "run": None,
            "type": "LLMResult",
        }
    if shape == "openai":
        choice = {"index": 0, "finish_reason": "stop", "message": openai_chat(answer)}
        return {"messages": [openai_chat(m) for m in history], "model": "bench-1"}, {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "choices": [choice],
        }
    return {"messages": [openai_chat(m) for m in history]}, openai_chat(answer)


class Conversation:
    """Plays one conversation; every turn is a list of rows."""

    def __init__(self, rng: random.Random, words: Words, shape: str) -> None:
        self._rng = rng
        self._words = words
        self._shape = shape
        self._thread = self._id()
        self._time = START + timedelta(seconds=rng.random() * 86_400 * 7)
        self._history: list[Row] = [{"role": "system", "content": words.text(300)}]

    def _id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _row(self, run_type: str, name: str, root: str, parent: Row | None, inputs: Row, outputs: Row) -> Row:
        start = self._time
        self._time += timedelta(milliseconds=self._rng.randint(20, 900))
        run_id = root if parent is None else self._id()
        segment = start.strftime("%Y%m%dT%H%M%S%fZ") + run_id
        llm = run_type == "llm"
        return {
            "id": run_id,
            "trace_id": root,
            "parent_run_id": parent["id"] if parent else None,
            "parent_run_ids": json.dumps([parent["id"]] if parent else []),
            "session_id": "00000000-0000-4000-8000-000000000001",
            "name": name,
            "run_type": run_type,
            "status": "success",
            "error": None,
            "dotted_order": f"{parent['dotted_order']}.{segment}" if parent else segment,
            "inputs": json.dumps(inputs),
            "outputs": json.dumps(outputs),
            "extra": json.dumps(
                {
                    "metadata": {"thread_id": self._thread, "ls_model_name": "bench-1", "revision_id": "bench"},
                    "runtime": {"sdk": "langsmith-py", "platform": "Linux", "runtime_version": "3.11"},
                    "invocation_params": {"model": "bench-1", "temperature": 0.2} if llm else {},
                }
            ),
            "start_time": start,
            "end_time": self._time,
            "total_tokens": 100 if llm else None,
            "total_cost": 0.0001 if llm else None,
        }

    def turn(self) -> list[Row]:
        question = self._words.message()
        self._history.append({"role": "user", "content": question})
        root_id = self._id()
        root = self._row("chain", "turn", root_id, None, {"text": question}, {})
        rows = [root]
        for step in range(self._rng.choice([0, 0, 1, 1, 2, 4]) + 1):
            last = (step == 0 and self._rng.random() < 0.3) or step == 4
            answer: Row = {"role": "assistant", "content": self._words.message()}
            calls = 0 if last else self._rng.choice([0, 1, 1, 2])
            if calls:
                answer["tool_calls"] = [
                    {
                        "id": f"call_{self._id()[:13]}",
                        "name": "look_up",
                        "arguments": json.dumps({"key": self._words.text(12)}),
                    }
                    for _ in range(calls)
                ]
            inputs, outputs = payload(self._shape, self._history, answer)
            rows.append(self._row("llm", "model", root_id, root, inputs, outputs))
            self._history.append(answer)
            for call in answer.get("tool_calls", []):
                result = self._words.message()
                rows.append(
                    self._row("tool", "look_up", root_id, root, json.loads(call["arguments"]), {"output": result})
                )
                self._history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
            if not calls:
                break
        root["outputs"] = json.dumps({"output": self._history[-1]["content"]})
        root["end_time"] = self._time
        self._time += timedelta(seconds=self._rng.randint(5, 600))
        return rows


def conversations(seed: int, shapes: list[str]) -> Iterator[list[Row]]:
    """Turns of endless interleaved conversations, in the order in which a window of them advances."""
    rng = random.Random(seed)
    words = Words(rng)
    active: list[tuple[Conversation, int]] = []
    while True:
        while len(active) < 8:
            active.append((Conversation(rng, words, rng.choice(shapes)), 1 + int(40 * rng.random() ** 3)))
        place = rng.randrange(len(active))
        conversation, left = active[place]
        yield conversation.turn()
        if left == 1:
            active.pop(place)
        else:
            active[place] = (conversation, left - 1)


def make(path: Path, megabytes: int, shapes: list[str], seed: int = 1) -> None:
    """Writes one Parquet file whose JSON text is about so many megabytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    rows: list[Row] = []
    partial = path.with_suffix(".part")
    with pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for turn in conversations(seed, shapes):
            rows += turn
            written += sum(len(row["inputs"]) + len(row["outputs"]) + len(row["extra"]) for row in turn)
            if len(rows) >= ROW_GROUP_ROWS:
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA), row_group_size=ROW_GROUP_ROWS)
                rows = []
            if written >= megabytes * 1_000_000:
                break
        writer.write_table(pa.Table.from_pylist(rows, SCHEMA), row_group_size=ROW_GROUP_ROWS)
    partial.rename(path)


SETS = {
    "small": (50, ["flat"]),
    "medium": (1000, ["flat"]),
    "mixed": (1000, ["flat", "openai", "langchain", "langchain"]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    megabytes, shapes = SETS[arguments.set]
    make(arguments.path, megabytes, shapes)


if __name__ == "__main__":
    main()
