"""Faithful training trajectories from recorded agent traces.

import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="my-project")
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
tj.save(trajectories, "trajectories")
"""

import pyarrow  # noqa: F401  its libraries must be loaded before ours

from .api import import_conversations, init, save
from .errors import DataError, NotInitializedError, OutputError, SourceError, TrajectoryError, UsageError
from .primitives.primitives import (
    ExecutionMetrics,
    Message,
    Reward,
    RewardComponent,
    Role,
    Step,
    Task,
    Telemetry,
    ToolCall,
    ToolDefinition,
    ToolResponse,
    Trajectory,
    TrajectoryMetrics,
)

__all__ = [
    "DataError",
    "ExecutionMetrics",
    "Message",
    "NotInitializedError",
    "OutputError",
    "Reward",
    "RewardComponent",
    "Role",
    "SourceError",
    "Step",
    "Task",
    "Telemetry",
    "ToolCall",
    "ToolDefinition",
    "ToolResponse",
    "Trajectory",
    "TrajectoryError",
    "TrajectoryMetrics",
    "UsageError",
    "import_conversations",
    "init",
    "save",
]
