"""Projects of any number of traces, the same for the same plan: agents that chat, call tools and call sub-agents."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from .run import Run
from .store import Store
from .times import DAY, SECOND, now, parse_time, render_dotted, render_run_time

# fmt: off
_WORDS = (
    "the", "order", "parcel", "late", "refund", "address", "change", "invoice", "where", "please", "when", "thanks",
    "agent", "ticket", "city", "rain",
)
# fmt: on
_PRICE = Decimal("0.00000123")
_NAMESPACE = uuid.UUID("7b4c1f6e-0d6c-4a3e-9a57-2f2f6a1f0c11")


@dataclass(frozen=True)
class Plan:
    """What to generate. Times are in seconds."""

    project: str
    traces: int
    project_id: str | None = None
    seed: int = 1
    turns: int = 4
    """Traces of one thread."""
    thread_key: str = "thread_id"
    """The metadata key that names the thread."""
    tools: int = 1
    """Tool calls of a trace; it has 3 + 2 x tools runs: root, agent, model calls, tool runs."""
    start: str | None = None
    """Start of the first trace; a day before now when left out."""
    spacing: float = 1.0
    """Between the starts of two traces."""
    text_bytes: int = 120
    bare_children: bool = False
    """Children lack the thread key."""
    orphans: int = 0
    """In so many traces the agent run is left out, so that its children's parent is unknown."""
    pending: int = 0
    """So many traces, the last ones, have not ended."""
    null_documents: int = 0
    """In so many traces a child has neither inputs nor outputs."""
    errors: int = 0
    late_children_seconds: float = 0.0
    """The last child of each trace starts so much after the trace's root."""
    fine_times: bool = False
    """Times have digits below a microsecond."""
    huge_bytes: int = 0
    """The first trace has a tool result of this size."""
    reset: bool = True
    """Replaces a project of the same name."""

    @classmethod
    def read(cls, values: dict[str, Any]) -> Plan:
        """Raises ValueError for a member that it does not know."""
        known = {member.name for member in fields(cls)}
        if unknown := values.keys() - known:
            raise ValueError(f"a plan does not know {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
        return cls(**values)


def generate(store: Store, plan: Plan) -> dict[str, Any]:
    """Fills a project; returns its id and what went in."""
    existing = store.project_named(plan.project)
    if existing is not None and plan.reset:
        store.remove_project(existing.id)
        existing = None
    wanted = plan.project_id or str(uuid.uuid5(_NAMESPACE, f"{plan.project}/{plan.seed}"))
    project = existing or store.make_project(plan.project, wanted)
    start = parse_time(plan.start) if plan.start else now() - DAY
    if start is None:
        raise ValueError(f"start: {plan.start!r} is no time")
    project.created = start
    count = 0
    history: list[str] = []
    for number in range(plan.traces):
        if number % max(plan.turns, 1) == 0:
            history = [_message("system", "You are a courteous agent.")]
        trace = _Trace(plan, project.id, number, start + int(number * plan.spacing * SECOND))
        for run in trace.runs(history):
            store.put(run)
            count += 1
    return {"project_id": project.id, "traces": plan.traces, "runs": count}


class _Trace:
    """The runs of one trace, in the order in which they start."""

    def __init__(self, plan: Plan, project_id: str, number: int, start: int) -> None:
        self._plan = plan
        self._project_id = project_id
        self._number = number
        self._rng = random.Random(f"{plan.seed}/{number}")
        self._clock = start + (self._rng.randrange(1000) if plan.fine_times else 0)
        self._thread = f"{plan.project}-thread-{number // max(plan.turns, 1):06d}"
        self._made = 0

    def runs(self, history: list[str]) -> list[Run]:
        """The trace's runs; `history` holds the messages of its thread as JSON and grows."""
        plan, number = self._plan, self._number
        pending = number >= plan.traces - plan.pending
        failed = number < plan.errors
        question = _message("user", f"{self._text()} ({number})")
        history.append(question)
        root = self._run("agent", "chain", None, f'{{"messages":[{question}]}}')
        loop = self._run("loop", "chain", root, _messages(history))
        runs = [root, loop]
        for tool in range(plan.tools):
            call_id = f"call_{number}_{tool}"
            arguments = json.dumps({"order": number, "step": tool})
            call = {"id": call_id, "type": "function", "function": {"name": "look_up", "arguments": arguments}}
            answer = _message("assistant", None, tool_calls=[call])
            runs.append(self._model(loop, history, answer))
            result = "x" * plan.huge_bytes if plan.huge_bytes and number == tool == 0 else self._text()
            outputs = json.dumps({"output": result})
            runs.append(self._run("look_up", "tool", loop, f'{{"input":{arguments}}}', outputs))
            history += [answer, _message("tool", result, tool_call_id=call_id)]
        final = _message("assistant", self._text())
        if plan.late_children_seconds:
            self._clock = root.start + int(plan.late_children_seconds * SECOND)
        runs.append(self._model(loop, history, final))
        history.append(final)
        self._close(loop, _messages([final]))
        self._close(root, _messages([final]))
        if failed:
            _fail(runs[-1])
            _fail(root)
        if pending:
            for run in (root, loop, runs[-1]):
                run.end = None
                run.documents["outputs"] = "{}"
        if number < plan.null_documents:
            runs[2].documents.update(inputs="null", outputs="null")
        return [run for run in runs if not (run is loop and number < plan.orphans)]

    def _model(self, parent: Run, history: list[str], answer: str) -> Run:
        inputs = f'{{"model":"gpt-test","messages":[{",".join(history)}]}}'
        outputs = f'{{"choices":[{{"index":0,"message":{answer},"finish_reason":"stop"}}]}}'
        run = self._run("ChatOpenAI", "llm", parent, inputs, outputs)
        prompt, completion = 40 + 20 * len(history), self._rng.randrange(5, 60)
        run.values |= {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        costs = {"prompt_cost": Decimal(prompt) * _PRICE, "completion_cost": Decimal(completion) * 4 * _PRICE}
        run.values |= {**costs, "total_cost": sum(costs.values())}
        return run

    def _run(self, name: str, kind: str, parent: Run | None, inputs: str, outputs: str | None = None) -> Run:
        run_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        self._clock += 1_000_000 * self._rng.randrange(1, 20)
        run = Run(run_id, self._project_id, parent.trace_id if parent else run_id, parent.id if parent else None)
        run.name, run.run_type, run.start = name, kind, self._clock
        own = render_dotted(run.start) + run_id
        run.dotted_order = f"{parent.dotted_order}.{own}" if parent else own
        bare = parent is not None and self._plan.bare_children
        run.metadata = {"ls_run_depth": run.dotted_order.count(".")} | (
            {} if bare else {self._plan.thread_key: self._thread}
        )
        run.documents = {"inputs": inputs, "extra": json.dumps({"metadata": run.metadata})}
        run.values = {"tags": ["generated"]}
        if outputs is not None:
            self._close(run, outputs)
        return run

    def _close(self, run: Run, outputs: str) -> None:
        self._clock += 1_000_000 * self._rng.randrange(1, 50)
        run.end = self._clock
        run.documents["outputs"] = outputs
        start, end = render_run_time(run.start), render_run_time(run.end)
        run.documents["events"] = f'[{{"name":"start","time":"{start}"}},{{"name":"end","time":"{end}"}}]'

    def _text(self) -> str:
        words = self._rng.choices(_WORDS, k=self._plan.text_bytes // 4 + 1)
        return " ".join(words)[: self._plan.text_bytes].rstrip()


def _message(role: str, content: str | None, **members: Any) -> str:
    return json.dumps({"role": role, "content": content, **members})


def _messages(messages: list[str]) -> str:
    return f'{{"messages":[{",".join(messages)}]}}'


def _fail(run: Run) -> None:
    run.values["error"] = "RateLimitError('slow down')"
    run.documents["outputs"] = "null"
