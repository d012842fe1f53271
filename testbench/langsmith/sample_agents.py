"""Sample agents: they chat, call tools and ask a sub-agent, and record all of it with the official client.

What the model says is written down here, so that no model is needed; everything else is as in a program of a user:
`traceable` functions, the thread's key in the metadata, the addresses and the key from the environment.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import threading
import uuid
from collections.abc import Callable
from typing import Any

from langsmith import Client, traceable
from langsmith.run_helpers import LangSmithExtra

Message = dict[str, Any]

_SYSTEM = "You answer customers of a bookshop. Look orders up before you speak of them."
_TITLES = ("Moby-Dick", "Middlemarch", "Dracula", "Emma", "Walden", "Kim")
_PLACES = ("Izmir", "Leipzig", "Porto", "Kyoto", "Bergen")
_QUESTIONS = (
    "Where is my order {order}?",
    "Thank you. Can it go to {place} instead?",
    "And how is {title}: is it worth reading?",
    "Good. Please cancel order {order} all the same.",
)


@traceable(run_type="llm", name="ScriptedModel")
def model(messages: list[Message], answer: Message) -> dict[str, Any]:
    """A model that says what it is told to, in the form of a chat completion."""
    prompt, completion = (len(json.dumps(value)) // 4 for value in (messages, answer))
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    reason = "tool_calls" if answer.get("tool_calls") else "stop"
    return {
        "model": "scripted-1",
        "choices": [{"index": 0, "message": answer, "finish_reason": reason}],
        "usage": usage,
    }


def ask_model(messages: list[Message], answer: Message) -> Message:
    said: Message = model(messages, answer)["choices"][0]["message"]
    messages.append(said)
    return said


@traceable(run_type="tool")
def find_order(order: int) -> dict[str, Any]:
    """The state of an order."""
    return {"order": order, "state": "on its way", "title": _TITLES[order % len(_TITLES)]}


@traceable(run_type="tool")
def change_address(order: int, place: str) -> dict[str, Any]:
    """Sends an order elsewhere."""
    return {"order": order, "place": place, "accepted": place != "Bergen"}


@traceable(run_type="tool")
def ask_reviewer(title: str) -> str:
    """A tool that is an agent of its own."""
    messages: list[Message] = [
        {"role": "system", "content": "You review books in one sentence."},
        {"role": "user", "content": f"What do you say of {title}?"},
    ]
    return str(
        ask_model(messages, {"role": "assistant", "content": f"{title} is long, and rewards patience."})["content"]
    )


_TOOLS: dict[str, Callable[..., Any]] = {
    "find_order": find_order,
    "change_address": change_address,
    "ask_reviewer": ask_reviewer,
}
_STEPS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("find_order", ("order",), "Order {order} is on its way."),
    ("change_address", ("order", "place"), "I have asked for order {order} to go to {place}."),
    ("ask_reviewer", ("title",), "Our reviewer says: {result}"),
    ("find_order", ("order",), "Order {order} has left already and cannot be cancelled."),
)


class Conversation:
    """A customer and the agent, turn by turn; each turn is a trace of the same thread."""

    def __init__(self, number: int) -> None:
        self.thread = str(uuid.uuid4())
        self.turns = 0
        self._messages: list[Message] = [{"role": "system", "content": _SYSTEM}]
        self._facts = {
            "order": 1000 + 7 * number,
            "place": _PLACES[number % len(_PLACES)],
            "title": _TITLES[number % len(_TITLES)],
        }

    @property
    def is_over(self) -> bool:
        return self.turns == len(_QUESTIONS)

    def go_on(self, client: Client) -> None:
        """Records the next turn."""
        question = _QUESTIONS[self.turns].format(**self._facts)
        bookshop_agent(
            question, self, langsmith_extra=LangSmithExtra(client=client, metadata={"thread_id": self.thread})
        )
        self.turns += 1

    def answer(self, question: str) -> str:
        self._messages.append({"role": "user", "content": question})
        tool, names, last_words = _STEPS[self.turns]
        arguments = {name: self._facts[name] for name in names}
        call_id = f"call_{self.turns}_{self._facts['order']}"
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"id": call_id, "type": "function", "function": function}
        ask_model(self._messages, {"role": "assistant", "content": None, "tool_calls": [call]})
        result = _TOOLS[tool](**arguments)
        text = result if isinstance(result, str) else json.dumps(result)
        self._messages.append({"role": "tool", "tool_call_id": call_id, "content": text})
        words = last_words.format(**self._facts, result=text)
        return str(ask_model(self._messages, {"role": "assistant", "content": words})["content"])


@traceable(name="bookshop", process_inputs=lambda inputs: {"question": inputs["question"]})
def bookshop_agent(question: str, conversation: Conversation) -> str:
    """The root of a turn."""
    return conversation.answer(question)


def record(conversations: int, pause: float, stopped: threading.Event) -> None:
    """Records whole conversations at once, says so, and then a turn more every `pause` seconds until it is stopped."""
    client = Client()
    for number in range(conversations):
        conversation = Conversation(number)
        while not conversation.is_over:
            conversation.go_on(client)
    client.flush()
    print(f"recorded {conversations} conversations", flush=True)
    for number in itertools.count(conversations):
        conversation = Conversation(number)
        while not conversation.is_over:
            if stopped.wait(pause):
                return
            conversation.go_on(client)
            client.flush()


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=12, help="recorded at once")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds until the next turn is recorded")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    record(options.conversations, options.pause, stopped)


if __name__ == "__main__":
    main()
