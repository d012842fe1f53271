"""How trajectories look: a line in a console, a readable conversation in a notebook."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .primitives import Message, Trajectory
    from .record import Lane

_MOST_TEXT = 4_000
_MOST_MESSAGES = 200

_STYLE = (
    "font-family:system-ui,sans-serif;font-size:13px;line-height:1.45;max-width:60em;"
    "border:1px solid #8884;border-radius:6px;padding:8px 12px"
)
_COLOURS = {"system": "#8a6d00", "user": "#0b62c4", "assistant": "#1c7c3c", "tool": "#8a3ab9"}


def one_line(trajectory: Trajectory) -> str:
    """The trajectory in one line; why there is none, when it holds what no trajectory should, or cannot be read."""
    try:
        return _one_line(trajectory)
    except Exception as error:
        return f"<Trajectory that cannot be shown: {' '.join(f'{type(error).__name__}: {error}'.split())}>"


def _one_line(trajectory: Trajectory) -> str:
    task = trajectory.task
    parts = [repr(task.conversation_id or task.id)]
    if task.num_turns is not None:
        parts.append(_count(task.num_turns, "turn"))
    parts += [_count(len(trajectory.steps), "step"), _count(len(trajectory.messages), "message")]
    if trajectory.reward is not None and trajectory.reward.aggregated_value is not None:
        parts.append(f"reward {trajectory.reward.aggregated_value:g}")
    if trajectory.error:
        parts.append(f"error {(str(trajectory.error).splitlines() or [''])[0][:60]!r}")
    return f"Trajectory({', '.join(parts)})"


def as_html(trajectory: Trajectory) -> str:
    """The conversation as HTML: everything that came from the data is escaped."""
    try:
        inner = _lines(trajectory.messages, trajectory.subagents)
    except Exception:
        inner = ""
    return f'<div style="{_STYLE}"><b>{escape(one_line(trajectory))}</b>{inner}</div>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _lines(messages: list[Message], subagents: list[Lane]) -> str:
    started = {lane.parent_tool_call_id: lane for lane in subagents if lane.parent_tool_call_id}
    out = []
    for message in messages[:_MOST_MESSAGES]:
        out.append(_message(message))
        for call in message.tool_calls or ():
            lane = started.get(call.id) if call.id else None
            if lane is not None:
                out.append(_lane(lane))
    out += [_lane(lane) for lane in subagents if not lane.parent_tool_call_id]
    if len(messages) > _MOST_MESSAGES:
        out.append(f"<div><i>{_count(len(messages) - _MOST_MESSAGES, 'message')} more</i></div>")
    return "".join(out)


def _lane(lane: Lane) -> str:
    title = f"sub-agent {lane.name or ''} ({_count(len(lane.messages), 'message')})"
    return (
        f'<details style="margin-left:1.5em"><summary>{escape(title)}</summary>'
        f"{_lines(lane.messages, lane.subagents)}</details>"
    )


def _message(message: Message) -> str:
    colour = _COLOURS.get(message.role, "inherit")
    response = message.tool_response
    name = f" {response.name}" if response is not None and response.name else ""
    parts = [f'<div style="color:{colour};margin-top:6px"><b>{escape(f"{message.role}{name}")}</b></div>']
    if message.reasoning:
        parts.append(_text(message.reasoning, "opacity:0.6;font-style:italic"))
    if message.content:
        parts.append(_text(message.content))
    if response is not None and response.response:
        parts.append(_text(response.response))
    if response is not None and response.error:
        parts.append(_text(response.error, "color:#b3261e"))
    for call in message.tool_calls or ():
        parts.append(_text(f"→ {call.name}({_arguments(call.arguments)})", "font-family:monospace"))
    return "".join(parts)


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=repr)


def _text(given: Any, style: str = "") -> str:
    text = given if isinstance(given, str) else repr(given)
    shown = text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} … {len(text) - _MOST_TEXT:,} characters more"
    return f'<div style="white-space:pre-wrap;{style}">{escape(shown)}</div>'
