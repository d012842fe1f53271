"""Seeded Parquet exports that release 0.5.3 reads rightly: flat role/content messages, each conversation with its key.

Every text is unlike every other, tools are called in a conversation's last turn only, their runs name the call that
they answer, and each turn's first model call holds the whole history: what the release drops, repeats or cuts loose
elsewhere does not occur.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
PROJECT = "00000000-0000-4000-8000-000000000001"
OVERLOADED = "RateLimitError: slow down"
TOOLS = ("search", "look_up", "count")
WORDS = (
    "river",
    "copper",
    "lantern",
    "meadow",
    "signal",
    "orchard",
    "winter",
    "pepper",
    "Größe",
    "東京",
    "¿qué?",
    "🙂",
)
JSON_COLUMNS = ("inputs", "outputs", "extra", "events", "tags", "parent_run_ids", "feedback_stats")


@dataclass(frozen=True)
class Plan:
    """What a conversation holds.

    Attributes:
        turns: Turns before the last; no tool is called in them.
        calls: Number of tool calls of each model call of the last turn but its last one.
        system: Whether a system text opens it.
        failed_tool: Whether the last tool call of each model call fails, and the model goes on.
        failed_turn: Whether the last model call fails, and the turn with it.
        extras: What the release leaves out: tools offered, reasoning, finish reasons, feedback.
        empty_text: Whether the content beside tool calls is an empty text, not null.
    """

    turns: int = 0
    calls: tuple[int, ...] = ()
    system: bool = True
    failed_tool: bool = False
    failed_turn: bool = False
    extras: bool = False
    empty_text: bool = False


PLANS = (
    Plan(),
    Plan(system=False),
    Plan(turns=3),
    Plan(calls=(1,)),
    Plan(turns=2, calls=(2,)),
    Plan(turns=1, calls=(1, 3), system=False),
    Plan(calls=(1, 1), empty_text=True),
    Plan(turns=2, calls=(1, 2), failed_tool=True),
    Plan(turns=1, failed_turn=True),
    Plan(turns=1, failed_turn=True, system=False),
    Plan(turns=1, calls=(2, 1), failed_turn=True),
    Plan(calls=(1,), failed_tool=True, failed_turn=True),
    Plan(turns=1, extras=True),
    Plan(turns=2, calls=(2, 1), extras=True),
)
OFFERED = {"name": "search", "description": "Finds pages", "parameters": {"type": "object", "properties": {}}}


@dataclass
class Recorder:
    """Plays conversations and keeps the rows that were recorded."""

    rng: random.Random
    rows: list[Row] = field(default_factory=list)
    now: datetime = START
    said: int = 0

    def make_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def text(self) -> str:
        """Some words, unlike every other text."""
        self.said += 1
        return f"{self.said}: {' '.join(self.rng.choices(WORDS, k=self.rng.randint(2, 9)))}"

    def conversation(self, plan: Plan) -> None:
        thread = self.make_id()
        history: list[Row] = [{"role": "system", "content": self.text()}] if plan.system else []
        for _ in range(plan.turns):
            self.turn(thread, history, Plan(extras=plan.extras))
        self.turn(thread, history, plan)

    def turn(self, thread: str, history: list[Row], plan: Plan) -> None:
        """One trace, after the plan's last turn."""
        question = {"role": "user", "content": self.text()}
        history.append(question)
        root = self.run("chain", "turn", None, {"messages": [question]}, thread)
        for count in plan.calls:
            tool_calls = [self.tool_call() for _ in range(count)]
            content = "" if plan.empty_text else None
            answer: Row = {"role": "assistant", "content": content, "tool_calls": tool_calls}
            self.model_call(root, history, answer, thread, plan)
            for place, call in enumerate(tool_calls):
                self.tool_run(root, history, call, thread, fails=plan.failed_tool and place == count - 1)
        if plan.failed_turn:
            self.model_call(root, history, None, thread, plan)
            root.update(status="error", error=OVERLOADED)
        else:
            answer = {"role": "assistant", "content": self.text()}
            self.model_call(root, history, answer, thread, plan)
            root["outputs"] = {"messages": [answer]}
        if plan.extras:
            root["feedback_stats"] = {"helpful": {"n": 2, "avg": 0.75, "values": {}}}
        root["end_time"] = self.now
        self.now += timedelta(seconds=self.rng.randint(5, 600))

    def tool_call(self) -> Row:
        function = {"name": self.rng.choice(TOOLS), "arguments": json.dumps({"query": self.text(), "top": self.said})}
        return {"id": f"call_{self.make_id()[:13]}", "type": "function", "function": function}

    def model_call(self, root: Row, history: list[Row], answer: Row | None, thread: str, plan: Plan) -> None:
        row = self.run("llm", "model", root, {"messages": list(history), "model": "small-1"}, thread)
        if plan.extras:
            row["extra"]["invocation_params"] = {"tools": [{"type": "function", "function": OFFERED}]}
        if answer is None:
            row.update(status="error", error=OVERLOADED)
            return
        if plan.extras:
            answer |= {"reasoning_content": self.text(), "finish_reason": "stop"}
        row["outputs"] = answer
        history.append(answer)
        tokens = {"prompt": self.rng.randint(20, 900), "completion": self.rng.randint(1, 200)}
        tokens["total"] = tokens["prompt"] + tokens["completion"]
        for counted in (row, root):
            for name, number in tokens.items():
                counted[f"{name}_tokens"] = (counted[f"{name}_tokens"] or 0) + number
                # Exact as a double, so that sums do not depend on their order.
                counted[f"{name}_cost"] = (counted[f"{name}_cost"] or 0.0) + number / 2**20

    def tool_run(self, root: Row, history: list[Row], call: Row, thread: str, *, fails: bool) -> None:
        function = call["function"]
        row = self.run("tool", function["name"], root, json.loads(function["arguments"]), thread)
        row["extra"]["metadata"]["tool_call_id"] = call["id"]
        result = self.text()
        if fails:
            row.update(status="error", error=f"ValueError: {result}")
        else:
            row["outputs"] = {"output": result}
        history.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    def run(self, run_type: str, name: str, parent: Row | None, inputs: Row, thread: str) -> Row:
        start = self.now
        self.now += timedelta(milliseconds=self.rng.randint(20, 900))
        run_id = self.make_id()
        segment = f"{start:%Y%m%dT%H%M%S%fZ}{run_id}"
        row: Row = dict.fromkeys(SCHEMA.names)
        row |= {
            "id": run_id,
            "tenant_id": "00000000-0000-4000-8000-000000000002",
            "session_id": PROJECT,
            "trace_id": parent["trace_id"] if parent else run_id,
            "parent_run_id": parent["id"] if parent else None,
            "parent_run_ids": [parent["id"]] if parent else [],
            "name": name,
            "run_type": run_type,
            "status": "success",
            "is_root": parent is None,
            "start_time": start,
            "end_time": self.now,
            "inputs": inputs,
            "extra": {"metadata": {"conversation_id": thread}},
            "trace_tier": "shortlived",
            "dotted_order": f"{parent['dotted_order']}.{segment}" if parent else segment,
        }
        self.rows.append(row)
        return row


def _schema() -> pa.Schema:
    times = ("start_time", "end_time", "first_token_time")
    tokens = ("total_tokens", "prompt_tokens", "completion_tokens")
    costs = ("total_cost", "prompt_cost", "completion_cost")
    texts = """
        id tenant_id session_id trace_id parent_run_id parent_run_ids reference_example_id name run_type status inputs
        outputs extra events error tags feedback_stats trace_tier dotted_order
    """
    return pa.schema(
        [
            *((name, pa.string()) for name in texts.split()),
            ("is_root", pa.bool_()),
            *((name, pa.timestamp("us", "UTC")) for name in times),
            *((name, pa.int64()) for name in tokens),
            *((name, pa.float64()) for name in costs),
        ]
    )


SCHEMA = _schema()


def write_export(path: Path, seed: int, conversations: int) -> None:
    """Writes an export of so many conversations, rows in random order."""
    recorder = Recorder(random.Random(seed))
    for number in range(conversations):
        recorder.conversation(PLANS[number % len(PLANS)])
    rows = [
        {
            name: json.dumps(value) if name in JSON_COLUMNS and value is not None else value
            for name, value in row.items()
        }
        for row in recorder.rows
    ]
    recorder.rng.shuffle(rows)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path)
