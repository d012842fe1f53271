"""What every provider is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..primitives.primitives import ConversationSummary, ParsedConversation


class BaseProvider(ABC):
    """A service that recorded conversations.

    Args:
        api_key: The service's key.
        project_id: The project that conversations belong to.
    """

    def __init__(self, api_key: str, project_id: str) -> None:
        self.api_key = api_key
        self.project_id = project_id

    @abstractmethod
    def fetch_conversation(self, conversation_id: str) -> dict[str, Any] | None:
        """The payload of a conversation, or None when there is none of that id."""

    @abstractmethod
    def parse_conversation(self, raw_data: dict[str, Any]) -> ParsedConversation:
        """The turns of a payload that `fetch_conversation` returned."""

    @abstractmethod
    def list_conversations(self, *, query: str | None = None, limit: int = 50) -> list[ConversationSummary]:
        """Conversations that match a query, newest first."""

    @abstractmethod
    def validate_key(self, api_key: str) -> list[dict[str, Any]]:
        """The projects that a key opens."""

    @abstractmethod
    def list_projects(self, api_key: str) -> list[dict[str, Any]]:
        """The projects of a key."""

    @abstractmethod
    def list_threads(self, api_key: str, project_id: str, query: str | None = None, limit: int = 50) -> dict[str, Any]:
        """The threads of a project."""

    @abstractmethod
    def get_thread(self, api_key: str, project_id: str, conversation_id: str) -> dict[str, Any] | None:
        """One thread, or None when there is none of that id."""

    @abstractmethod
    def get_run_detail(self, api_key: str, run_id: str) -> dict[str, Any] | None:
        """One run, or None when there is none of that id."""

    @abstractmethod
    def setup_tracing(self, api_key: str, project: str) -> None:
        """Makes this process record its runs in a project."""

    @abstractmethod
    def flush(self) -> None:
        """Waits until everything recorded was sent."""

    @abstractmethod
    def get_project_id(self) -> str | None:
        """The project in use."""
