"""Runs the cases of a seed on the package that this interpreter has, and writes what came out.

python -m compat.runner OUT SEED COUNT        outcomes of COUNT cases a kind, as a pickle
python -m compat.runner - SEED COUNT KIND N   prints case N of a kind and its outcome
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pickle
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from compat.cases import Cases

ADDRESS = re.compile(r"0x[0-9a-f]+")
TYPES = """
    Trajectory Task Step Message ToolCall ToolResponse ToolDefinition Reward RewardComponent TrajectoryMetrics
    ExecutionMetrics Telemetry TelemetryEvent ConversationSummary ParsedTurn ParsedConversation RedactionPreview
    PiiPolicy
"""
FUNCTIONS = """
    build_trajectory_from_messages build_trajectory_from_parsed build_reward_from_scalar messages_from_openai_chat
    messages_from_anthropic_messages messages_from_vercel_ai_sdk messages_from_prompt_response
    messages_from_role_content_pairs normalize_role flatten_text_content parse_tool_arguments
    model_id_from_chat_completion_headers model_id_from_chat_completion_response
"""


def tree(value: Any) -> Any:
    """A value without the package's types: equal trees have equal types, fields, orders and number spellings."""
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, [(field.name, tree(getattr(value, field.name))) for field in fields(value)])
    if isinstance(value, dict):
        return (type(value).__name__, [(tree(key), tree(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (type(value).__name__, [tree(item) for item in value])
    return (type(value).__name__, ADDRESS.sub("0x", repr(value)))


def outcome(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> tuple[str, Any]:
    """`("value", text)`, or `("error", (class names from the class up, sentence))`."""
    try:
        value = function(*args, **options)
    except Exception as error:
        return "error", ([kind.__name__ for kind in type(error).__mro__], str(error))
    text = repr(tree(value))
    return "value", text if len(text) < 2000 else hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def declarations(sdk: Any, types: Any) -> dict[str, Any]:
    """Fields, order and defaults of every type; names, kinds and defaults of the parameters of every function."""
    made: dict[str, Any] = {}
    for name in TYPES.split():
        kind = getattr(types, name)
        made[name] = [kind.__dataclass_params__.frozen]
        for field in fields(kind):
            factory = field.default_factory is not MISSING and (
                tree(field.default_factory()) if name != "TelemetryEvent" else "made"
            )
            made[name].append((field.name, None if field.default is MISSING else tree(field.default), factory))
    for name in FUNCTIONS.split():
        parameters = inspect.signature(getattr(sdk, name)).parameters.values()
        made[name] = [(parameter.name, parameter.kind.name, repr(parameter.default)) for parameter in parameters]
    return made


def main(out: str, seed: int, count: int, kind: str, number: int) -> None:
    sdk = importlib.import_module("trajectory_sdk")
    types = importlib.import_module("trajectory_sdk.primitives.primitives")
    cases = Cases(seed, sdk, types)
    if kind:
        function, args, options = list(cases.calls(kind, number + 1))[number]
        print(f"args: {args!r}\noptions: {options!r}\noutcome: {outcome(function, args, options)}")
        return
    outcomes = {kind: [outcome(*call) for call in cases.calls(kind, count)] for kind in cases.kinds}
    outcomes["declarations"] = [("value", declarations(sdk, types))]
    Path(out).write_bytes(pickle.dumps(outcomes))


if __name__ == "__main__":
    out, seed, count, kind, number = [*sys.argv[1:], "", "0"][:5]
    main(out, int(seed), int(count), kind, int(number))
