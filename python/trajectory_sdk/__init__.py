"""Faithful training trajectories from recorded agent traces.

import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="my-project")
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
tj.save(trajectories, "trajectories")

Names that an import does not need are loaded when they are first used.
"""

import atexit as _atexit
from typing import TYPE_CHECKING, Any

import pyarrow as _pyarrow  # noqa: F401  its libraries must be loaded before ours

from . import _core
from .api import import_conversations, init, iter_conversations
from .dataset import Dataset, Trajectories, load
from .dataset import open_dataset as open
from .errors import (
    AccessError,
    ArgumentRangeError,
    ArgumentTypeError,
    DataError,
    EncodingError,
    MissingAttributeError,
    MissingSourceError,
    NestingError,
    NotInitializedError,
    OutputError,
    RefusedDataWarning,
    SecretWarning,
    ServiceError,
    SourceError,
    TrajectoryError,
    UsageError,
)
from .primitives.primitives import (
    ConversationSummary,
    ExecutionMetrics,
    Message,
    ParsedConversation,
    ParsedTurn,
    PiiPolicy,
    RedactionPreview,
    Reward,
    RewardComponent,
    Role,
    Step,
    Task,
    Telemetry,
    TelemetryEvent,
    ToolCall,
    ToolDefinition,
    ToolResponse,
    Trajectory,
    TrajectoryMetrics,
)
from .primitives.record import Alternative, Event, Lane, ModelCall, Provenance, Variant
from .report import ImportReport, Problem
from .saving import save
from .tables import to_arrow
from .transforms.base_transform import BaseTransform
from .transforms.pii_transform import BasePiiTransform, RegexPiiTransform

_atexit.register(_core.shut_down)

if TYPE_CHECKING:
    from .build import build_trajectory_from_messages, build_trajectory_from_parsed
    from .events import PushResult, TraceContext, push_events, start_trace
    from .model_id import (
        TRAJECTORY_MODEL_ID_HEADER,
        model_id_from_chat_completion_headers,
        model_id_from_chat_completion_response,
    )
    from .payload import transform
    from .providers.base_provider import BaseProvider
    from .recipes.anthropic import messages_from_anthropic_messages
    from .recipes.content import flatten_text_content, normalize_role, parse_tool_arguments
    from .recipes.openai import messages_from_openai_chat
    from .recipes.pairs import messages_from_prompt_response, messages_from_role_content_pairs
    from .recipes.vercel import messages_from_vercel_ai_sdk
    from .reward import build_reward_from_scalar
    from .synchronizing import SyncChange, SyncResult, sync
    from .uploading import upload, upload_trace
    from .workspace import (
        BulkExport,
        Destination,
        Project,
        Workspace,
        cancel_export,
        destinations,
        exports,
        list_conversations,
        projects,
        workspaces,
    )

_LAZY = {
    "build_trajectory_from_messages": "build",
    "build_trajectory_from_parsed": "build",
    "PushResult": "events",
    "TraceContext": "events",
    "push_events": "events",
    "start_trace": "events",
    "TRAJECTORY_MODEL_ID_HEADER": "model_id",
    "model_id_from_chat_completion_headers": "model_id",
    "model_id_from_chat_completion_response": "model_id",
    "transform": "payload",
    "BaseProvider": "providers.base_provider",
    "messages_from_anthropic_messages": "recipes.anthropic",
    "flatten_text_content": "recipes.content",
    "normalize_role": "recipes.content",
    "parse_tool_arguments": "recipes.content",
    "messages_from_openai_chat": "recipes.openai",
    "messages_from_prompt_response": "recipes.pairs",
    "messages_from_role_content_pairs": "recipes.pairs",
    "messages_from_vercel_ai_sdk": "recipes.vercel",
    "build_reward_from_scalar": "reward",
    "SyncChange": "synchronizing",
    "SyncResult": "synchronizing",
    "sync": "synchronizing",
    "upload": "uploading",
    "upload_trace": "uploading",
    "BulkExport": "workspace",
    "Destination": "workspace",
    "Project": "workspace",
    "Workspace": "workspace",
    "cancel_export": "workspace",
    "destinations": "workspace",
    "exports": "workspace",
    "list_conversations": "workspace",
    "projects": "workspace",
    "workspaces": "workspace",
}

__all__ = [
    "TRAJECTORY_MODEL_ID_HEADER",
    "AccessError",
    "Alternative",
    "ArgumentRangeError",
    "ArgumentTypeError",
    "BasePiiTransform",
    "BaseProvider",
    "BaseTransform",
    "BulkExport",
    "ConversationSummary",
    "DataError",
    "Dataset",
    "Destination",
    "EncodingError",
    "Event",
    "ExecutionMetrics",
    "ImportReport",
    "Lane",
    "Message",
    "MissingAttributeError",
    "MissingSourceError",
    "ModelCall",
    "NestingError",
    "NotInitializedError",
    "OutputError",
    "ParsedConversation",
    "ParsedTurn",
    "PiiPolicy",
    "Problem",
    "Project",
    "Provenance",
    "PushResult",
    "RedactionPreview",
    "RefusedDataWarning",
    "RegexPiiTransform",
    "Reward",
    "RewardComponent",
    "Role",
    "SecretWarning",
    "ServiceError",
    "SourceError",
    "Step",
    "SyncChange",
    "SyncResult",
    "Task",
    "Telemetry",
    "TelemetryEvent",
    "ToolCall",
    "ToolDefinition",
    "ToolResponse",
    "TraceContext",
    "Trajectories",
    "Trajectory",
    "TrajectoryError",
    "TrajectoryMetrics",
    "UsageError",
    "Variant",
    "Workspace",
    "build_reward_from_scalar",
    "build_trajectory_from_messages",
    "build_trajectory_from_parsed",
    "cancel_export",
    "destinations",
    "exports",
    "flatten_text_content",
    "import_conversations",
    "init",
    "iter_conversations",
    "list_conversations",
    "load",
    "messages_from_anthropic_messages",
    "messages_from_openai_chat",
    "messages_from_prompt_response",
    "messages_from_role_content_pairs",
    "messages_from_vercel_ai_sdk",
    "model_id_from_chat_completion_headers",
    "model_id_from_chat_completion_response",
    "normalize_role",
    "open",
    "parse_tool_arguments",
    "projects",
    "push_events",
    "save",
    "start_trace",
    "sync",
    "to_arrow",
    "transform",
    "upload",
    "upload_trace",
    "workspaces",
]

__version__ = _core.version


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
