"""Programs as users of release 0.5.3 wrote them: reading, saving, changing and transforming what an import gives.

Each reads `export.parquet` in the present folder where it reads anything, and prints what it found.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A program, and what it prints.

    Attributes:
        name: What it shows.
        text: The program.
        prints: Its whole standard output.
        differs: Why the release prints something else; empty where it prints the same.
    """

    name: str
    text: str
    prints: str
    differs: str = ""


INIT = """
import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="my-project")
"""
IMPORT = f"""{INIT}
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
"""

PROGRAMS = (
    Program(
        "imports a local file and saves a folder",
        f"""{IMPORT}
tj.save(trajectories, output_dir="trajectories")

import os
print(len(trajectories), len(os.listdir("trajectories")))
print(sorted(os.listdir("trajectories")) == [f"{{t.task.conversation_id}}.json" for t in trajectories])
""",
        "14 14\nTrue\n",
    ),
    Program(
        "gives every option to init",
        """
import trajectory_sdk as tj

result = tj.init(
    project_id="my-project",
    provider="langsmith",
    api_key="ls-key",
    workspace_id="workspace",
    destination_id="destination",
    trajectory_api_key="tj-key",
    transforms=None,
    debug=False,
)
print(result, len(tj.import_conversations(bulk=True, source="export.parquet")))
""",
        "None 14\n",
    ),
    Program(
        "limits to the first conversations by id",
        f"""{IMPORT}
few = tj.import_conversations(bulk=True, source="export.parquet", limit=3)
ids = [t.task.conversation_id for t in few]
print(len(few), ids == sorted(t.task.conversation_id for t in trajectories)[:3])
""",
        "3 True\n",
    ),
    Program(
        "asks for the last days, and from a moment on",
        f"""{INIT}
from datetime import datetime, timedelta, timezone

for since in (timedelta(days=36500), datetime(2026, 11, 1), datetime(2026, 11, 1, tzinfo=timezone.utc)):
    print(len(tj.import_conversations(bulk=True, source="export.parquet", since=since)))
""",
        "14\n14\n14\n",
    ),
    Program(
        "leaves older traces out",
        f"""{INIT}
from datetime import datetime

print(len(tj.import_conversations(bulk=True, source="export.parquet", since=datetime(2100, 1, 1))))
""",
        "0\n",
        differs="since was not looked at for local files",
    ),
    Program(
        "refuses a since of another type",
        f"""{INIT}
try:
    tj.import_conversations(bulk=True, source="export.parquet", since="yesterday")
except TypeError:
    print("TypeError")
""",
        "TypeError\n",
        differs="since was not looked at for local files",
    ),
    Program(
        "is told to call init first",
        """
import trajectory_sdk as tj

try:
    tj.import_conversations(bulk=True, source="export.parquet")
except RuntimeError as error:
    print("init" in str(error))
""",
        "True\n",
    ),
    Program(
        "is told to name a provider",
        """
import trajectory_sdk as tj

tj.init(project_id="my-project")
try:
    tj.import_conversations(bulk=True, source="export.parquet")
except RuntimeError as error:
    print("provider" in str(error))
""",
        "True\n",
        differs="an AttributeError about None",
    ),
    Program(
        "is told of arguments that do not fit",
        """
import trajectory_sdk as tj

try:
    tj.init(provider="nobody", project_id="my-project")
except ValueError as error:
    print("nobody" in str(error))
tj.init(provider="langsmith", project_id="my-project")
for arguments in ({}, {"bulk": True}):
    try:
        tj.import_conversations(**arguments)
    except ValueError:
        print("ValueError")
try:
    tj.import_conversations(bulk=True, source="nowhere.parquet")
except FileNotFoundError as error:
    print("nowhere.parquet" in str(error))
""",
        "True\nValueError\nValueError\nTrue\n",
    ),
    Program(
        "treats the result as a list",
        f"""{IMPORT}
print(isinstance(trajectories, list), len(trajectories[2:5]), trajectories[-1] is list(trajectories)[13])
print([type(t).__name__ for t in trajectories[:2]], all(isinstance(t, tj.Trajectory) for t in trajectories))
longest = max(trajectories, key=lambda t: len(t.steps))
print(longest.task.num_steps, trajectories.index(longest) >= 0, longest in trajectories)
trajectories.sort(key=lambda t: t.metrics.num_tool_calls, reverse=True)
first, *rest = trajectories
rest.append(first)
print(first.metrics.num_tool_calls, len(rest), len(trajectories + rest), bool(trajectories))
""",
        "True 3 True\n['Trajectory', 'Trajectory'] True\n7 True True\n4 14 28 True\n",
    ),
    Program(
        "reads steps, messages, calls and figures",
        f"""{IMPORT}
from trajectory_sdk import Message, ToolCall, ToolResponse

calls = answers = 0
for t in trajectories:
    assert t.task.id == f"langsmith:{{t.task.conversation_id}}" and t.task.data_source == "langsmith"
    assert t.metrics.steps == t.task.num_steps == len(t.steps)
    for before, after in zip(t.steps, t.steps[1:]):
        assert after.messages[: len(before.messages)] == before.messages
    for message in t.steps[-1].messages:
        assert isinstance(message, Message)
        for call in message.tool_calls or []:
            assert isinstance(call, ToolCall) and call.arguments["query"] and call.id.startswith("call_")
            calls += 1
        if message.role == "tool":
            assert message.content is None and isinstance(message.tool_response, ToolResponse)
            assert message.tool_response.id.startswith("call_") and message.tool_response.name
            answers += 1
print(calls, answers, sum(t.metrics.num_tool_failures for t in trajectories))
print(sorted({{m.role for t in trajectories for m in t.steps[-1].messages}}))
print(sorted({{(t.error is not None, t.execution_metrics.termination_reason) for t in trajectories}}))
""",
        "19 19 3\n['assistant', 'system', 'tool', 'user']\n[(False, 'ENV_DONE'), (True, 'ERROR')]\n",
    ),
    Program(
        "changes results with dataclasses",
        f"""{IMPORT}
import copy, dataclasses, pickle

t = trajectories[0]
changed = dataclasses.replace(t, idx=7, error="late", task=dataclasses.replace(t.task, num_turns=9))
print(changed.idx, changed.error, changed.task.num_turns, changed.steps == t.steps, changed != t)
print(copy.copy(t) == t, copy.deepcopy(t) == t, pickle.loads(pickle.dumps(t)) == t, dataclasses.is_dataclass(t))
print(sorted(dataclasses.asdict(t)) == sorted(f.name for f in dataclasses.fields(tj.Trajectory)))
scored = dataclasses.replace(t.steps[-1], info={{"score": 1}}, trainable_status="superseded")
print(dataclasses.replace(t, steps=[*t.steps[:-1], scored]).steps[-1].info)
try:
    t.error = "set"
except dataclasses.FrozenInstanceError:
    print("frozen")
""",
        "7 late 9 True True\nTrue True True True\nTrue\n{'score': 1}\nfrozen\n",
    ),
    Program(
        "reads saved files back",
        f"""{IMPORT}
import dataclasses, json, pathlib

tj.save(trajectories, "out/nested")
for t in trajectories:
    text = pathlib.Path("out/nested", t.task.conversation_id + ".json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert data == dataclasses.asdict(t)
    assert text.isascii() and text.startswith('{{\\n  "task": {{\\n    "id": "langsmith:')
print(list(data))
print(list(data["steps"][0]["messages"][0]))
tj.save(trajectories[0], "out/one")
print(len(list(pathlib.Path("out/one").iterdir())))
""",
        """\
['task', 'steps', 'reward', 'metrics', 'execution_metrics', 'reference_trajectory', 'telemetry', 'idx', 'error', \
'trace_id', 'model_id']
['role', 'content', 'tool_calls', 'tool_response', 'tool_definitions', 'usage', 'finish_reason', 'metadata', \
'reasoning', 'trainable_status']
1
""",
    ),
    Program(
        "checks the content hash by its rule",
        f"""{IMPORT}
import dataclasses, hashlib, json

def canonical(value):
    if isinstance(value, dict):
        return {{k: canonical(v) for k, v in value.items() if v is not None and k != "idx"}}
    return [canonical(v) for v in value] if isinstance(value, (list, tuple)) else value

for t in trajectories:
    tree = dataclasses.asdict(t)
    content = {{name: tree[name] for name in ("task", "steps", "metrics", "execution_metrics")}}
    text = json.dumps(canonical(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = t.telemetry.data
    assert data["content_hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert data["idempotency_key"] == f"langsmith:{{t.task.conversation_id}}:{{data['content_hash']}}"
    assert data["conversation_id"] == t.task.conversation_id and t.telemetry.source == "langsmith"
print(isinstance(data["source_run_ids"], list), len({{t.telemetry.data["content_hash"] for t in trajectories}}))
""",
        "True 14\n",
    ),
    Program(
        "changes what is imported with a transform of its own",
        """
import dataclasses
import trajectory_sdk as tj
from trajectory_sdk.transforms.base_transform import BaseTransform

class Upper(BaseTransform):
    def transform(self, trajectory):
        def upper(message):
            return dataclasses.replace(message, content=message.content and message.content.upper())
        steps = [dataclasses.replace(s, messages=[upper(m) for m in s.messages]) for s in trajectory.steps]
        return dataclasses.replace(trajectory, steps=steps)

class Numbered(BaseTransform):
    def transform(self, trajectory):
        return trajectory

    def transform_batch(self, trajectories):
        good = [t for t in trajectories if t.error is None]
        return [dataclasses.replace(t, idx=i) for i, t in enumerate(good)]

tj.init(provider="langsmith", project_id="my-project", transforms=[Upper(), Numbered()])
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
texts = [m.content for t in trajectories for s in t.steps for m in s.messages if m.content]
print(len(texts) > 40, all(text == text.upper() for text in texts))
print([t.idx for t in trajectories] == list(range(len(trajectories))), len(trajectories) < 14)
tj.save(trajectories, "out")
""",
        "True True\nTrue True\n",
    ),
    Program(
        "redacts with a transform derived from the base of redaction",
        """
import dataclasses
import trajectory_sdk as tj
from trajectory_sdk.primitives.primitives import RedactionPreview
from trajectory_sdk.transforms.pii_transform import BasePiiTransform

class Redact(BasePiiTransform):
    def transform(self, trajectory):
        return dataclasses.replace(trajectory, steps=[])

    def preview(self, trajectories, max_samples=5):
        return RedactionPreview(total_rule_counts={"EMAIL": len(trajectories)}, samples=[])

redact = Redact()
print(isinstance(redact, tj.BasePiiTransform), issubclass(tj.BasePiiTransform, tj.BasePiiTransform.__mro__[1]))
tj.init(provider="langsmith", project_id="my-project", transforms=[redact])
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
print({len(t.steps) for t in trajectories}, redact.preview(trajectories).total_rule_counts)
""",
        "True True\n{0} {'EMAIL': 14}\n",
    ),
    Program(
        "makes trajectories by hand and saves them",
        r"""
import json, pathlib
from trajectory_sdk import save
from trajectory_sdk.primitives.primitives import (
    ExecutionMetrics, Message, PiiPolicy, RedactionPreview, Reward, RewardComponent, SDKConfig, Step, Task, Telemetry,
    ToolCall, ToolDefinition, ToolResponse, Trajectory, TrajectoryMetrics,
)

ask = Message("user", "Größe?")
call = Message(role="assistant", tool_calls=[ToolCall("measure", {"of": "it"}, "c1")])
told = Message(role="tool", tool_response=ToolResponse("c1", "measure", {"of": "it"}, "5", metadata={"ms": 3}))
offered = Message(role="assistant", content="5", tool_definitions=[ToolDefinition("measure", "Measures", {})])
score = RewardComponent("score", 4.0, 0.4, weight=2.0, range=(0, 10))
trajectory = Trajectory(
    Task("mine:a/b\\c", "mine", "a/b\\c", 1, 2),
    [Step([ask]), Step(messages=[ask, call, told, offered], trainable_status="trainable")],
    Reward(0.4, "identity", [score]),
    TrajectoryMetrics(2, None, 0.4, 1, 0, 0, 0.0),
    ExecutionMetrics(total_time=1.5, termination_reason="ENV_DONE"),
    telemetry=Telemetry("mine", {"conversation_id": "a/b\\c"}),
)
save(trajectory, "out")
(file,) = pathlib.Path("out").iterdir()
data = json.loads(file.read_bytes())
print(file.name, data["reward"]["components"][0]["range"], data["steps"][1]["messages"][2]["tool_response"]["metadata"])
print(b"Gr\\u00f6\\u00dfe" in file.read_bytes(), data["idx"], data["model_id"])
print(Trajectory(Task(), []).telemetry, Step([]).trainable_status, ToolCall("f", {}).id, Task().num_turns)
print(SDKConfig(project_id="p").provider, PiiPolicy("basic", ["EMAIL"]).name, RedactionPreview({}, []).samples)
""",
        """\
a_b_c.json [0, 10] {'ms': 3}
True None None
None not_trainable None None
None basic []
""",
    ),
    Program(
        "writes chat lines for fine-tuning",
        f"""{IMPORT}
import json

lines = []
for t in trajectories:
    chat = []
    for m in t.steps[-1].messages:
        entry = {{"role": m.role, "content": m.content}}
        if m.tool_calls:
            entry["tool_calls"] = [
                {{"id": c.id, "type": "function", "function": {{"name": c.name, "arguments": json.dumps(c.arguments)}}}}
                for c in m.tool_calls
            ]
        if m.tool_response:
            entry["tool_call_id"] = m.tool_response.id
            entry["content"] = m.tool_response.response or m.tool_response.error
        chat.append(entry)
    lines.append(json.dumps({{"messages": chat}}, ensure_ascii=False))
with open("train.jsonl", "w", encoding="utf-8") as file:
    file.write("\\n".join(lines))
print(len(lines), sum(len(json.loads(line)["messages"]) for line in lines))
""",
        "14 95\n",
    ),
)
