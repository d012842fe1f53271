"""A made-up recording: the runs that clients would have written, and the truth of what the models saw and said."""

import contextlib
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

PROJECT = "5e1f0000-0000-4000-8000-00000000a11e"  # all conversations run side by side in one
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(eq=False)
class ToolCall:
    id: str
    name: str
    arguments: dict


@dataclass(eq=False)
class Message:
    """One message, told from all others by being itself; `content` is the form in which a model saw it first."""

    role: str
    content: str
    tool_calls: list = field(default_factory=list)
    answers: ToolCall | None = None  # tool messages
    raw_output: str | None = None
    id: str = ""
    optional: bool = False
    seen_only: bool = False
    order_free: bool = False
    cut: bool = False
    shown: bool = False
    wrapped: bool = False  # a tool's text that the client sends as {"output": text}

    def seen_as(self, text):
        return json.dumps({"output": text}) if self.wrapped else text


@dataclass(eq=False)
class ModelCall:
    context: list  # (message, text) in the order seen
    answer: Message | None
    after: "ModelCall | None"
    candidates: list
    usage: tuple
    partial: bool = False


class World:
    """Clock, ids and rows of one project. Everything follows from the seed."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.now = START + timedelta(seconds=self.rng.randrange(1000))
        self.rows = []
        self.project = PROJECT
        self.coarse_clock = False
        self.late = []
        self.count = 0

    def uuid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def number(self):
        self.count += 1
        return self.count

    def pass_time(self, low=1, high=40):
        self.now += timedelta(microseconds=self.rng.randint(low, high) * 1000 + self.rng.randint(1, 900))

    def stamp(self, when):
        return when.replace(microsecond=0) if self.coarse_clock else when

    def open(self, run_type, name, parent, inputs, metadata=None, extra=None):
        self.now += timedelta(microseconds=self.rng.randint(50, 900))
        run_id = self.uuid()
        start = self.stamp(self.now)
        order = start.strftime("%Y%m%dT%H%M%S%fZ") + run_id
        row = {
            "id": run_id,
            "trace_id": parent["trace_id"] if parent else run_id,
            "parent_run_id": parent["id"] if parent else None,
            "dotted_order": f"{parent['dotted_order']}.{order}" if parent else order,
            "session_id": self.project,
            "name": name,
            "run_type": run_type,
            "status": "pending",
            "error": None,
            "start_time": start.isoformat(timespec="microseconds")[:26],
            "end_time": None,
            "inputs": inputs,
            "outputs": {},
            "extra": {**(extra or {}), "metadata": dict(metadata or {})},
        }
        self.rows.append(row)
        if callable(inputs):
            self.late.append(row)
        return row

    def close(self, row, outputs, error=None):
        self.now += timedelta(microseconds=self.rng.randint(50, 900))
        row["end_time"] = self.stamp(self.now).isoformat(timespec="microseconds")[:26]
        row["outputs"] = outputs
        row["status"] = "error" if error else "success"
        row["error"] = error

    def write_late_inputs(self):
        """A client that writes a run after the caller has gone on shows what the caller's list holds by then."""
        for row in self.late:
            row["inputs"] = row["inputs"]()
        self.late = []


class Lane:
    """One agent's model calls, and the messages that they saw and gave."""

    def __init__(self, name="", started_by=None):
        self.name = name
        self.started_by = started_by
        self.calls = []
        self.sub_agents = []
        self.results = {}  # answer: what the tools that it asked for gave, where their runs are recorded
        self.tool_errors = 0

    def add(self, call):
        for message, text in call.context:
            if not message.shown:
                message.shown = True
                if message.role == "tool" and text != message.content and message.raw_output is None:
                    message.raw_output = message.content
                message.content = text
        for message in [call.answer, *call.candidates]:
            if message is not None:
                message.shown = True
        self.calls.append(call)
        return call

    def truth(self):
        main, branches = self._paths()
        order = self._order(main)
        place = {m: i for i, m in enumerate(order)}
        alternatives = [self._candidate(c, m, place) for c in main for m in c.candidates]
        alternatives += [self._branch(b, order, place) for b in branches]
        return {
            "messages": [self._message(m) for m in order],
            "calls": [self._call(c, place) for c in main],
            "alternatives": alternatives,
            "sub_agents": [
                s.truth() | {"name": s.name, "parent_tool_call_id": s.started_by.id if s.started_by else None}
                for s in self.sub_agents
                if s.started_by is None or any(s.started_by in m.tool_calls for m in order)
            ],
            "counts": self._counts(order) | ({"tokens_unrecoverable": True} if branches and self.sub_agents else {}),
        }

    def _paths(self):
        """The path that leads to the last call, and what branches off it."""
        chain = set()
        last = self.calls[-1] if self.calls else None
        while last is not None:
            chain.add(last)
            last = last.after
        branches = {}
        for call in self.calls:
            top = call
            while top not in chain and top.after is not None and top.after not in chain:
                top = top.after
            if top not in chain:
                branches.setdefault(top, []).append(call)
        return [c for c in self.calls if c in chain], list(branches.values())

    def _order(self, calls, known=()):
        order = list(known)
        seen = set(order)
        for call in calls:
            for message in [*(m for m, _ in call.context), *([call.answer] if call.answer else [])]:
                if message not in seen:
                    seen.add(message)
                    order.append(message)
        for answer, results in self.results.items():
            unseen = [m for m in results if m not in seen] if answer in seen and answer not in known else []
            for message in unseen:
                message.optional = True
            at = order.index(answer) + 1 if unseen else 0
            while unseen and at < len(order) and order[at].role == "tool":
                at += 1
            order[at:at] = unseen
        return order

    def _candidate(self, call, message, place):
        at = place[call.answer] if call.answer else max((place[m] + 1 for m, _ in call.context), default=0)
        return {"at_message": at, "messages": [self._message(message)], "calls": []}

    def _branch(self, calls, order, place):
        at = 0
        for message, _ in calls[0].context:
            if message not in place:
                break
            at = max(at, place[message] + 1)
        own = self._order(calls, order[:at])[at:]
        places = {m: i for i, m in enumerate([*order[:at], *own])}
        return {
            "at_message": at,
            "messages": [self._message(m) for m in own],
            "calls": [self._call(c, places) for c in calls],
        }

    @staticmethod
    def _message(m):
        out = {"role": m.role, "content": m.seen_as(m.content)}
        if m.tool_calls:
            out["tool_calls"] = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in m.tool_calls]
        if m.answers:
            out |= {"tool_call_id": m.answers.id, "name": m.answers.name}
        if m.raw_output is not None or m.wrapped:
            out["raw_output"] = m.content if m.raw_output is None else m.raw_output
        for flag, name in (
            (m.optional, "optional"),
            (m.order_free, "order_free"),
            (m.seen_only, "seen_only_as_input"),
            (m.cut, "cut"),
        ):
            if flag:
                out[name] = True
        return out

    @staticmethod
    def _call(c, place):
        out = {"context": [place[m] for m, _ in c.context], "answer": place[c.answer] if c.answer else None}
        variants = {str(place[m]): m.seen_as(text) for m, text in c.context if text != m.content}
        usage = {"prompt_tokens": c.usage[0], "completion_tokens": c.usage[1]} if c.usage else None
        return out | ({"variants": variants} if variants else {}) | {"usage": usage}

    def _counts(self, order):
        made = {m for c in self.calls for m in [c.answer, *c.candidates] if m is not None and not m.seen_only}
        return {
            "model_calls": sum(c.answer is not None for c in self.calls),
            "failed_calls": sum(c.answer is None for c in self.calls),
            "tool_calls": sum(len(m.tool_calls) for m in made),
            "tool_errors": self.tool_errors,
            "tool_runs_failed": self.tool_errors,
            "prompt_tokens": sum(c.usage[0] for c in self.calls if c.usage),
            "completion_tokens": sum(c.usage[1] for c in self.calls if c.usage),
            "messages": sum(not m.optional for m in order),
        }


class Talk:
    """One conversation: its traces, its main lane, its helpers."""

    def __init__(self, world, key="thread_id", only_on_root=False):
        self.world = world
        self.id = world.uuid()
        self.key = key
        self.only_on_root = only_on_root
        self.main = Lane()
        self.helpers = {}
        self.traces = []

    def metadata(self, is_root):
        return {self.key: self.id} if is_root or not self.only_on_root else {}

    def helper(self, kind):
        return self.helpers.setdefault(kind, Lane(kind))

    @contextlib.contextmanager
    def trace(self, name, inputs):
        """Opens a root; what it is to return or to fail with is put down at `returns` and `fails`."""
        root = self.world.open("chain", name, None, inputs, self.metadata(True))
        self.traces.append(root["id"])
        root |= {"fails": None, "returns": {}, "goes_on_until": None}
        yield root
        failure, returned, end = (root.pop(key) for key in ("fails", "returns", "goes_on_until"))
        now = self.world.now
        self.world.now = end or now
        self.world.close(root, {"output": None} if failure else returned, failure)
        if end:
            self.world.now = now  # the next trace starts before this one is over

    def truth(self, name):
        auxiliary = [lane.truth() | {"kind": kind} for kind, lane in self.helpers.items() if lane.calls]
        main = self.main.truth()
        main["counts"]["turns"] = len(self.traces)
        return {
            "conversation_id": self.id,
            "key": self.key,
            "name": name,
            "trace_ids": self.traces,
            **main,
            "auxiliary": auxiliary,
        }
