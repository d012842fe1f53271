"""Faithful training trajectories from recorded agent traces.

import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="my-project")
trajectories = tj.import_conversations(bulk=True, source="export.parquet")
tj.save(trajectories, "trajectories")
"""

import pyarrow as _pyarrow  # noqa: F401  its libraries must be loaded before ours

from . import _core
from .api import import_conversations, init, iter_conversations, save
from .dataset import Dataset, Trajectories, load
from .dataset import open_dataset as open
from .errors import (
    DataError,
    NotInitializedError,
    OutputError,
    RefusedDataWarning,
    SourceError,
    TrajectoryError,
    UsageError,
)
from .primitives.primitives import (
    ExecutionMetrics,
    Message,
    PiiPolicy,
    RedactionPreview,
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
from .primitives.record import Alternative, Event, Lane, ModelCall, Provenance, Variant
from .report import ImportReport, Problem
from .tables import to_arrow
from .transforms.base_transform import BaseTransform
from .transforms.pii_transform import BasePiiTransform, RegexPiiTransform

__all__ = [
    "Alternative",
    "BasePiiTransform",
    "BaseTransform",
    "DataError",
    "Dataset",
    "Event",
    "ExecutionMetrics",
    "ImportReport",
    "Lane",
    "Message",
    "ModelCall",
    "NotInitializedError",
    "OutputError",
    "PiiPolicy",
    "Problem",
    "Provenance",
    "RedactionPreview",
    "RefusedDataWarning",
    "RegexPiiTransform",
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
    "Trajectories",
    "Trajectory",
    "TrajectoryError",
    "TrajectoryMetrics",
    "UsageError",
    "Variant",
    "import_conversations",
    "init",
    "iter_conversations",
    "load",
    "open",
    "save",
    "to_arrow",
]

__version__ = _core.version
