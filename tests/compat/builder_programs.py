"""Programs as users of release 0.5.3 wrote them: trajectories built from their own logs, with recipes and builders."""

from __future__ import annotations

from compat.programs import Program

PROGRAMS = (
    Program(
        "builds from an OpenAI chat log and saves",
        r"""
import trajectory_sdk as tj

messages = tj.messages_from_openai_chat([
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Weather in"}, {"type": "text", "text": "Köln?"}]},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Köln\"}"}},
    ]},
    {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    {"role": "assistant", "content": "Rain.", "finish_reason": "stop", "usage": {"completion_tokens": 2}},
])
trajectory = tj.build_trajectory_from_messages(
    messages,
    conversation_id="c-1",
    data_source="my_logs",
    reward=tj.build_reward_from_scalar(4, score_range=(0, 5)),
    task_metadata={"num_turns": 1, "total_tokens": 120, "completion_tokens": 20},
    start_time="2026-01-01T00:00:00Z",
    end_time="2026-01-01T00:00:02.5Z",
    extra_telemetry={"region": "eu"},
    trace_id="trace-1",
    model_id="model-1",
)
tj.save([trajectory], "out")
print([len(step.messages) for step in trajectory.steps], trajectory.task.id, trajectory.metrics.tool_error_rate)
print(messages[1].content.split("\n"), messages[2].tool_calls[0].arguments, messages[3].content)
print(messages[3].tool_response.response, messages[4].usage, messages[4].finish_reason)
print(trajectory.reward.aggregated_value, trajectory.execution_metrics.total_time, trajectory.metrics.tokens_generated)
print(trajectory.telemetry.data["content_hash"], trajectory.telemetry.data["region"])
print(trajectory.telemetry.data["idempotency_key"], trajectory.trace_id, trajectory.model_id)
""",
        """\
[2, 4, 5] my_logs:c-1 0.0
['Weather in', 'Köln?'] {'city': 'Köln'} rain
rain {'completion_tokens': 2} stop
0.8 2.5 20
da9d2c4a3698c3bb225dd9c2e05f5c598e2b2a784cb74a271517753adfba0a65 eu
my_logs:c-1:da9d2c4a3698c3bb225dd9c2e05f5c598e2b2a784cb74a271517753adfba0a65 trace-1 model-1
""",
    ),
    Program(
        "builds from an Anthropic log with a failed tool",
        """
import trajectory_sdk as tj

messages = tj.messages_from_anthropic_messages([
    {"role": "user", "content": "Sum up the file."},
    {"role": "assistant", "stop_reason": "tool_use", "usage": {"output_tokens": 9}, "content": [
        {"type": "text", "text": "Reading."},
        {"type": "tool_use", "id": "t1", "name": "read", "input": {"path": "a.txt"}},
    ]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": "no such file", "is_error": True},
    ]},
    {"role": "assistant", "content": [{"type": "text", "text": "It is not there."}]},
])
trajectory = tj.build_trajectory_from_messages(messages, conversation_id="c", data_source="logs", error="gave up")
print([message.role for message in messages], messages[1].content, messages[1].finish_reason)
print(messages[2].tool_response.error, messages[2].tool_response.response, trajectory.metrics.num_tool_failures)
print(trajectory.execution_metrics.termination_reason, trajectory.error, trajectory.metrics.tool_error_rate)
""",
        """\
['user', 'assistant', 'tool', 'assistant'] Reading. tool_use
tool_error no such file 1
ERROR gave up 1.0
""",
    ),
    Program(
        "builds from a Vercel AI SDK log",
        """
import trajectory_sdk as tj

messages = tj.messages_from_vercel_ai_sdk([
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "parts": [
        {"type": "reasoning", "text": "A greeting."},
        {"type": "text", "text": "Hello"},
        {"type": "tool-invocation", "toolInvocation": {"toolCallId": "v1", "toolName": "now", "args": {}}},
    ]},
    {"role": "tool", "content": [
        {"type": "tool-result", "toolCallId": "v1", "toolName": "now", "result": {"b": 1, "a": 2}},
    ]},
])
print([m.role for m in messages], messages[1].reasoning, messages[1].content, messages[1].tool_calls[0].id)
print(messages[2].tool_response.response, messages[2].tool_response.id)
try:
    tj.messages_from_vercel_ai_sdk([{"role": "user", "content": "a", "parts": [{"type": "text", "text": "b"}]}])
except ValueError as error:
    print("0" in str(error))
""",
        """\
['user', 'assistant', 'tool'] A greeting. Hello v1
{"a": 2, "b": 1} v1
True
""",
    ),
    Program(
        "builds from prompts, pairs and a recipe of its own",
        """
from trajectory_sdk import (
    Message, ToolCall, build_trajectory_from_messages, flatten_text_content, messages_from_prompt_response,
    messages_from_role_content_pairs, normalize_role, parse_tool_arguments,
)

print([(m.role, m.content) for m in messages_from_prompt_response("2+2?", "4", system="Count.")])
print([(m.role, m.content) for m in messages_from_role_content_pairs([("Human", "a"), (" AI ", "b"), ("system", "c")])])
row = {"who": "chatbot", "say": [{"type": "text", "text": "x"}, "y"], "args": '{"n": 1}'}
mine = Message(
    role=normalize_role(row["who"]),
    content=flatten_text_content(row["say"]),
    tool_calls=[ToolCall(name="f", arguments=parse_tool_arguments(row["args"]))],
)
trajectory = build_trajectory_from_messages(
    [mine], conversation_id="c", data_source="mine", termination_reason="TIMEOUT"
)
print(mine.role, mine.content.split(), mine.tool_calls, trajectory.execution_metrics.termination_reason)
for wrong in (lambda: normalize_role("robot"), lambda: flatten_text_content([{"type": "hologram"}]),
              lambda: parse_tool_arguments("[1]"), lambda: parse_tool_arguments(5)):
    try:
        wrong()
    except (ValueError, TypeError) as error:
        print("TypeError" if isinstance(error, TypeError) else "ValueError")
""",
        """\
[('system', 'Count.'), ('user', '2+2?'), ('assistant', '4')]
[('user', 'a'), ('assistant', 'b'), ('system', 'c')]
assistant ['x', 'y'] [ToolCall(name='f', arguments={'n': 1}, id=None)] TIMEOUT
ValueError
ValueError
ValueError
TypeError
""",
    ),
    Program(
        "scales a score to a reward",
        """
import trajectory_sdk as tj

reward = tj.build_reward_from_scalar(7.5, name="judge", score_range=(5, 10), weight=2.0)
(part,) = reward.components
print(reward.aggregated_value, reward.aggregation_method)
print(part.name, part.value, part.scaled_value, part.weight, part.range)
try:
    tj.build_reward_from_scalar(1, score_range=(1, 1))
except ValueError:
    print("ValueError")
""",
        "0.5 identity\njudge 7.5 0.5 2.0 (5, 10)\nValueError\n",
    ),
    Program(
        "takes the model id from response headers",
        """
import trajectory_sdk as tj

class Response:
    headers = {"Content-Type": "text", "X-Trajectory-Model-Id": " m-1 "}

print(tj.model_id_from_chat_completion_headers({"x-trajectory-model-id": "m-2"}))
print(tj.model_id_from_chat_completion_response(Response()), tj.model_id_from_chat_completion_headers({}))
""",
        "m-2\nm-1 None\n",
    ),
    Program(
        "builds what a provider of its own parsed",
        """
import trajectory_sdk as tj
from trajectory_sdk import Message, ParsedConversation, ParsedTurn

parsed = ParsedConversation(conversation_id="c", data_source="mine", num_turns=2, trace_id="t", turns=[
    ParsedTurn(messages=[Message("user", "a"), Message("assistant", "b")], source_run_id="r1",
               start_time="2026-01-01T00:00:00+00:00", end_time="2026-01-01T00:00:01+00:00", error=None,
               token_counts={"total_tokens": 10, "completion_tokens": 4}, total_cost=0.25),
    ParsedTurn(messages=[Message("user", "c")], source_run_id="r2", start_time="2026-01-01T00:01:00+00:00",
               end_time="2026-01-01T00:01:01+00:00", error="failed", token_counts={"total_tokens": 5}, total_cost=None),
])
parsed.turns[1].messages.append(Message("assistant", "d"))
t = tj.build_trajectory_from_parsed(parsed)
print(t.task)
print(len(t.steps), t.error, t.trace_id, t.execution_metrics.total_time, t.metrics.tokens_generated)
print(sorted(t.telemetry.data), t.telemetry.data["source_run_ids"])
""",
        """\
Task(id='mine:c', data_source='mine', conversation_id='c', num_turns=2, num_steps=3, total_tokens=15, total_cost=0.25)
3 failed t 61.0 4
['content_hash', 'conversation_id', 'idempotency_key', 'source_run_ids', 'trace_id'] ['r1', 'r2']
""",
    ),
    Program(
        "replaces the system text in the middle",
        """
import trajectory_sdk as tj

messages = tj.messages_from_role_content_pairs([
    ("system", "one"), ("user", "a"), ("assistant", "b"), ("system", "two"), ("system", "three"), ("user", "c"),
    ("assistant", "d"), ("user", "e"),
])
t = tj.build_trajectory_from_messages(messages, conversation_id="c", data_source="s")
for step in t.steps:
    print([m.content for m in step.messages])
print(tj.build_trajectory_from_messages([], conversation_id="c", data_source="s").steps, tj.Message("user").is_empty())
""",
        """\
['one', 'a']
['one', 'a', 'b']
['two', 'three', 'a', 'b', 'c', 'd']
['two', 'three', 'a', 'b', 'c', 'd', 'e']
[] True
""",
    ),
    Program(
        "describes events and conversations",
        """
import datetime, trajectory_sdk as tj

event = tj.TelemetryEvent(event_type="clicked", session_id="s-1", properties={"button": "ok"}, trace_id="t-1")
api = event.to_api_dict()
print(sorted(api), api["source"], len(event.event_id), datetime.datetime.fromisoformat(event.timestamp).utcoffset())
print(tj.ConversationSummary("c", 2, "2026-01-01", "2026-01-02").root_run_names, tj.TelemetryEvent("a", "b").properties)
""",
        """\
['event_id', 'event_type', 'properties', 'session_id', 'source', 'timestamp', 'trace_id'] sdk 32 0:00:00
[] {}
""",
    ),
    Program(
        "picks conversations by their summaries",
        """
import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="my-project")
ids = [t.task.conversation_id for t in tj.import_conversations(bulk=True, source="export.parquet")]
wanted = [tj.ConversationSummary(ids[3], 1), tj.ConversationSummary(ids[5], 1)]
picked = tj.import_conversations(wanted, bulk=True, source="export.parquet")
print([t.task.conversation_id for t in picked] == [ids[3], ids[5]])
""",
        "True\n",
        differs="conversations were not looked at for local files",
    ),
)
