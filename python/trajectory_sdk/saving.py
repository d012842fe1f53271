"""`save`: the contract's files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from . import _core
from .arguments import file_path, text_bytes
from .dataset import trajectories_of
from .errors import ArgumentTypeError, NestingError, OutputError, UsageError
from .primitives.primitives import Trajectory


def save(trajectories: Trajectory | Sequence[Trajectory], output_dir: str | Path) -> None:
    r"""Writes each trajectory to `{output_dir}/{conversation_id}.json`.

    The folder is made when it is missing; `/`, `\` and control characters in ids become `_`. An id that no file can
    have as its name, or whose name another conversation has, gets a suffix, as the program `trajectory` names files.
    Files are UTF-8 JSON with an indent of 2, nulls kept, non-ASCII escaped. They appear when all of them are written.

    Args:
        trajectories: One trajectory, or several.
        output_dir: The folder.

    Raises:
        ValueError: Two different trajectories are of one conversation, or JSON cannot hold one of them.
        TypeError: Something else than trajectories is given, or JSON cannot hold a value in one.
        OSError: The folder or a file cannot be written (an `OutputError`).
    """
    named = _named(trajectories_of("save", trajectories))
    folder = Path(os.fsdecode(file_path("output_dir", output_dir)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".trajectory-", dir=folder))
        try:
            for name, trajectory in named.items():
                _write(trajectory, unfinished / f"{name}.json")
            for name in named:
                (unfinished / f"{name}.json").replace(folder / f"{name}.json")
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write the trajectories: {error.strerror} ({error.filename or folder})") from error


def _named(trajectories: list[Trajectory]) -> dict[str, Trajectory]:
    """The trajectories by the names of their files."""
    names = _core.FileNames()
    known: dict[tuple[str, str], Trajectory] = {}
    named: dict[str, Trajectory] = {}
    for trajectory in trajectories:
        conversation_id, project_id = identity = _identity(trajectory)
        if identity not in known:
            known[identity] = trajectory
            name = names.next(text_bytes("a conversation_id", conversation_id), text_bytes("a project_id", project_id))
            named[name.decode()] = trajectory
        elif known[identity] != trajectory:
            raise UsageError(
                f"two trajectories would be saved as that of {conversation_id!r}, and they differ: give them different "
                "conversation ids"
            )
    return named


def _identity(trajectory: Trajectory) -> tuple[str, str]:
    """Conversation and project."""
    source = trajectory._source()
    if source is not None and trajectory._is_untouched():
        conversation_id, project_id = source.name()
        return conversation_id or "trajectory", project_id
    task = trajectory.task
    data = trajectory.telemetry.data if trajectory.telemetry is not None else {}
    return task.conversation_id or task.id or "trajectory", data.get("project_id") or ""


def _write(trajectory: Trajectory, path: Path) -> None:
    source = trajectory._source()
    if source is not None and trajectory._is_untouched():
        source.save(os.fsencode(path))
        return
    name = trajectory.task.conversation_id
    try:
        text = json.dumps(asdict(trajectory), indent=2)
    except TypeError as error:
        raise ArgumentTypeError(f"trajectory {name!r} cannot be written as JSON: {error}") from error
    except RecursionError:
        raise NestingError(f"trajectory {name!r} is nested too deeply to be written as JSON") from None
    except ValueError as error:
        raise UsageError(f"trajectory {name!r} cannot be written as JSON: {error}") from error
    path.write_text(text, encoding="utf-8")
