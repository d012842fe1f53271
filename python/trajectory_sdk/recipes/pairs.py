"""Messages from plain texts: a prompt with its response, or pairs of role and content."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UsageError
from ..primitives.primitives import Message
from .content import normalize_role
from .entries import at, iterate


def messages_from_prompt_response(prompt: str, response: str, *, system: str | None = None) -> list[Message]:
    """A user message and the assistant's answer, behind a system message where one is given.

    Args:
        prompt: The user's text.
        response: The assistant's text.
        system: The system text; an empty one makes no message.

    Returns:
        Two or three messages.
    """
    messages = [Message(role="system", content=system)] if system else []
    return [*messages, Message(role="user", content=prompt), Message(role="assistant", content=response)]


def messages_from_role_content_pairs(pairs: Iterable[tuple[str, str]]) -> list[Message]:
    """One message for each pair of role and content.

    Args:
        pairs: Pairs such as `("user", "hello")`; roles as in `normalize_role`.

    Returns:
        The messages, in order.

    Raises:
        ValueError: An entry does not hold two values, or its role is blank or unknown.
        TypeError: An entry cannot be taken apart. Both name the entry's index.
    """
    messages = []
    for index, pair in enumerate(iterate(pairs, "pairs")):
        with at(f"pair {index}"):
            values = list(iterate(pair, "the pair"))
            if len(values) != 2:
                raise UsageError(f"role and content are needed, not {len(values)} values")
            role, content = values
            messages.append(Message(role=normalize_role(role), content=content))
    return messages
