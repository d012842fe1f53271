"""Imports an export with the package that this interpreter has, and writes what came out.

python -m compat.import_runner EXPORT RESULTS FOLDER     trees as a pickle; saved files in FOLDER
"""

from __future__ import annotations

import dataclasses
import pickle
import sys
from pathlib import Path
from typing import Any

import trajectory_sdk as tj

LIMITS = (1, 3, 1000)


def main(export: str, results: str, folder: str) -> None:
    tj.init(provider="langsmith", project_id="any")
    trajectories = tj.import_conversations(bulk=True, source=export)
    made: dict[str, Any] = {
        "trees": [dataclasses.asdict(trajectory) for trajectory in trajectories],
        "limits": {
            limit: [
                trajectory.task.conversation_id
                for trajectory in tj.import_conversations(bulk=True, source=export, limit=limit)
            ]
            for limit in LIMITS
        },
    }
    tj.save(trajectories, folder)
    Path(results).write_bytes(pickle.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
