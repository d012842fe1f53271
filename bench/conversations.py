"""Plays synthetic conversations into rows of a bulk export; their text is JSON text from the start."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in ("id", "trace_id", "parent_run_id", "session_id", "name", "run_type")],
        *[(name, pa.string()) for name in ("status", "dotted_order", "inputs", "outputs", "extra", "error")],
        ("parent_run_ids", pa.string()),
        ("feedback_stats", pa.string()),
        ("start_time", pa.timestamp("us", tz="UTC")),
        ("end_time", pa.timestamp("us", tz="UTC")),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("total_tokens", pa.int64()),
        ("total_cost", pa.float64()),
        ("is_root", pa.bool_()),
    ]
)
START = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1_000_000
WINDOW_MICROS = 6 * 3600 * 1_000_000
PROJECT = "00000001-0000-4000-8000-000000000000"
CLASSES = {"system": "SystemMessage", "user": "HumanMessage", "assistant": "AIMessage", "tool": "ToolMessage"}
TYPES = {"user": "human", "assistant": "ai"}


class Text:
    """Cuts messages out of one long text of made-up words with the frequencies of natural ones."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        syllables = ["ka", "lo", "mi", "ren", "sta", "vor", "ti", "pel", "an", "dru", "fe", "gor"]
        syllables += ["be", "sul", "en", "da", "ri", "mo", "qu", "ith", "el", "né", "ça", "øs"]
        words = ["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(8000)]
        forms = [*words, *(w + "," for w in words), *(w + "." for w in words), *(w + ".\\n\\n" for w in words)]
        forms += [f'\\"{word}\\"' for word in words]
        rank = np.exp(rng.random(3_000_000) * np.log(len(words))).astype(np.int64) - 1
        form = rng.choice(5, len(rank), p=[0.84, 0.07, 0.06, 0.02, 0.01])
        encoded = np.array([(f + " ").encode() for f in forms], dtype=object)
        pieces = encoded[form * len(words) + rank]
        self._ends = np.cumsum([len(piece) for piece in pieces]).tolist()
        self._text = b"".join(pieces.tolist())
        self._mean = len(self._text) / len(pieces)

    def cut(self, rng: random.Random, size: float) -> bytes:
        count = max(1, int(size / self._mean))
        first = rng.randrange(len(self._ends) - count - 1)
        return self._text[self._ends[first] : self._ends[first + count] - 1]

    def message(self, rng: random.Random) -> bytes:
        return self.cut(rng, min(rng.lognormvariate(6.4, 1.0), 50_000.0))


class Columns:
    """The rows of a window, gathered by column."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []

    def add(self, *values: object) -> None:
        self._rows.append(values)

    def table(self) -> pa.Table:
        """All rows in order of start time."""
        self._rows.sort(key=lambda row: (row[14], row[0]))
        columns = zip(*self._rows, strict=True)
        arrays = [
            pa.array(values, pa.binary()).cast(field.type)
            if pa.types.is_string(field.type)
            else pa.array(values, field.type)
            for field, values in zip(SCHEMA, columns, strict=True)
        ]
        return pa.table(arrays, schema=SCHEMA)


def quoted(raw: bytes) -> bytes:
    """JSON text that stands as a string in JSON text."""
    return raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def agent(number: int) -> bytes:
    """Runtime, parameters and tools of one of the agents: `extra` of its runs without the metadata."""
    rng = random.Random(number)
    tools = [
        {
            "type": "function",
            "function": {
                "name": f"look_up_{k}",
                "description": f"Looks something up in collection {k}. " + "Give a key that names one entry. " * 4,
                "parameters": {
                    "type": "object",
                    "properties": {
                        "key": {"type": "string", "description": "What to look for, in plain words."},
                        "limit": {"type": "integer", "minimum": 1, "maximum": rng.randint(10, 99), "default": 10},
                        "exact": {"type": "boolean", "description": "Only entries whose name is the key."},
                    },
                    "required": ["key"],
                },
            },
        }
        for k in range(8)
    ]
    runtime = {"sdk": "langsmith-py", "sdk_version": "0.4.0", "library": "langsmith", "platform": "Linux-6.1-x86_64"}
    extra = {
        "runtime": runtime | {"runtime": "python", "py_implementation": "CPython", "runtime_version": "3.11.2"},
        "invocation_params": {"model": f"bench-{number}", "temperature": 0.2, "max_tokens": 4096, "tools": tools},
    }
    return json.dumps(extra, separators=(",", ":")).encode()[1:]


AGENTS = [agent(number) for number in range(4)]


class Family:
    """Renders messages and payloads of one payload family."""

    def __init__(self, name: str) -> None:
        self.name = name

    def message(
        self, role: str, content: bytes, calls: list[tuple[bytes, bytes, bytes]], call_id: bytes = b""
    ) -> bytes:
        """A message; calls are ids, names and arguments, content and arguments are JSON text."""
        answered = b',"tool_call_id":"%s"' % call_id if call_id else b""
        if self.name == "langchain":
            made = [b'{"name":"%s","args":%s,"id":"%s","type":"tool_call"}' % (n, a, i) for i, n, a in calls]
            body = b'"content":"%s","type":"%s"%s' % (content, TYPES.get(role, role).encode(), answered)
            if made:
                body += b',"tool_calls":[%s]' % b",".join(made)
            head = b'{"lc":1,"type":"constructor","id":["langchain","schema","messages","%s"],"kwargs":{'
            return head % CLASSES[role].encode() + body + b"}}"
        made = [
            b'{"id":"%s","type":"function","function":{"name":"%s","arguments":"%s"}}' % (i, n, quoted(a))
            for i, n, a in calls
        ]
        tools = b',"tool_calls":[%s]' % b",".join(made) if made else b""
        return b'{"role":"%s","content":"%s"%s%s}' % (role.encode(), content, answered, tools)

    def inputs(self, history: list[bytes], model: bytes) -> bytes:
        if self.name == "langchain":
            return b'{"messages":[[' + b",".join(history) + b"]]}"
        tail = b'],"model":"%s","temperature":0.2}' % model if self.name == "openai" else b"]}"
        return b'{"messages":[' + b",".join(history) + tail

    def outputs(self, answer: bytes, content: bytes, finish: bytes) -> bytes:
        if self.name == "langchain":
            head = b'{"generations":[[{"text":"%s","generation_info":{"finish_reason":"%s"},' % (content, finish)
            return (
                head
                + b'"type":"ChatGeneration","message":'
                + answer
                + b'}]],"llm_output":null,"run":null,"type":"LLMResult"}'
            )
        if self.name == "openai":
            head = (
                b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"finish_reason":"%s","message":'
            )
            return head % finish + answer + b"}]}"
        return answer


class Player:
    """Plays one conversation into columns."""

    def __init__(self, columns: Columns, text: Text, number: int, window: int, family: Family) -> None:
        self._columns = columns
        self._text = text
        self._rng = random.Random(number)
        self._family = family
        self._agent = self._rng.randrange(len(AGENTS))
        self._model = b"bench-%d" % self._agent
        self._thread = self._id()
        self._clock = START + window * WINDOW_MICROS + int(self._rng.random() * WINDOW_MICROS)

    def _id(self) -> bytes:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4)).encode()

    def _spend(self, least: int, most: int) -> tuple[int, int]:
        start = self._clock
        self._clock += self._rng.randint(least, most) * 1000 + 1
        return start, self._clock

    def _row(
        self,
        kind: bytes,
        name: bytes,
        trace: tuple[bytes, bytes],
        payload: tuple[bytes, bytes],
        span: tuple[int, int],
        tokens: tuple[int, int] | None = None,
    ) -> None:
        """A run; `trace` is the root's id and dotted order. A root is a run without a kind."""
        root, order = trace
        run = self._id() if kind else root
        if kind:
            order += b"." + stamp(span[0]) + run
            metadata = b'{"metadata":{"ls_model_name":"%s","revision_id":"bench"},' % self._model
            extra = metadata + AGENTS[self._agent]
        else:
            extra = b'{"metadata":{"conversation_id":"%s","revision_id":"bench","user":"%s"},"runtime":{}}'
            extra %= self._thread, self._thread[:8]
        prompt, completion = tokens or (None, None)
        self._columns.add(
            *(run, root, root if kind else None, PROJECT, name, kind or b"chain", b"success", order),
            *(*payload, extra, None, b'["%s"]' % root if kind else b"[]", None, *span, prompt, completion),
            *(((prompt + completion), (prompt * 3 + completion * 15) / 1e6) if tokens else (None, None)),
            not kind,
        )

    def play(self, *, full_history: bool) -> None:
        family = self._family
        turns = 1 + int(40 * self._rng.random() ** 7.5)
        history = [family.message("system", self._text.cut(self._rng, 900), [])]
        for _ in range(turns):
            question = self._text.message(self._rng)
            history.append(family.message("user", question, []))
            added = self._turn(question, history)
            history += added if full_history else added[-1:]
            self._clock += self._rng.randint(5_000, 600_000) * 1000

    def _turn(self, question: bytes, history: list[bytes]) -> list[bytes]:
        """Plays the model calls and tool runs after a question; returns the messages they add."""
        rng, family = self._rng, self._family
        start = self._clock
        root = self._id()
        trace = (root, stamp(start) + root)
        self._spend(1, 20)
        added: list[bytes] = []
        loops = min(8, int(rng.expovariate(0.42)))
        for loop in range(loops + 1):
            last = loop == loops
            answer = self._text.message(rng) if last or rng.random() < 0.5 else b""
            calls = [] if last else [self._call() for _ in range(rng.choice((1, 1, 1, 2, 3)))]
            message = family.message("assistant", answer, calls)
            finish = b"stop" if last else b"tool_calls"
            inputs = family.inputs(history + added, self._model)
            payload = inputs, family.outputs(message, answer, finish)
            self._row(b"llm", b"model", trace, payload, self._spend(200, 4000), (len(inputs) // 4, len(message) // 4))
            added.append(message)
            for call_id, name, arguments in calls:
                result = self._text.message(rng)
                self._row(b"tool", name, trace, (arguments, b'{"output":"%s"}' % result), self._spend(20, 900))
                added.append(family.message("tool", result, [], call_id))
        payload = b'{"input":"%s"}' % question, b'{"output":"%s"}' % answer
        self._row(b"", b"turn", trace, payload, (start, self._clock))
        return added

    def _call(self) -> tuple[bytes, bytes, bytes]:
        arguments = b'{"key":"%s","limit":%d}' % (self._text.cut(self._rng, 30), self._rng.randint(1, 50))
        return b"call_" + self._id()[:18], b"look_up_%d" % self._rng.randrange(8), arguments


def stamp(micros: int) -> bytes:
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC)
    return moment.strftime("%Y%m%dT%H%M%S").encode() + b"%06dZ" % (micros % 1_000_000)


def play(columns: Columns, text: Text, number: int, window: int, family: str, *, full_history: bool) -> None:
    """Adds the rows of conversation `number`, which begins in that window of time."""
    Player(columns, text, number, window, Family(family)).play(full_history=full_history)
