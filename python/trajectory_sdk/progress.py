"""A progress bar for long calls, on terminals and in notebooks."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

# What the engine counts in each stage.
_UNITS = {
    "reading": " rows",
    "looking over": " rows",
    "discovering": " traces",
    "fetching": " traces",
    "exporting": " exports",
    "downloading": " files",
    "uploading": " trajectories",
    "looking for secrets": " trajectories",
}


class Progress:
    """Takes what the engine says of its progress; use it as a context manager and as a function.

    Args:
        show: True or False; None shows a bar on a terminal or in a notebook alone.
    """

    def __init__(self, show: bool | None) -> None:
        self._show = _is_watched() if show is None else show
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> Progress:
        """Nothing is shown before there is something to tell."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the bar away."""
        self._close()

    def listener(self) -> Progress | None:
        """This object, or None when nothing is to be shown."""
        return self if self._show else None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Shows how much of a stage is done; a total of 0 is unknown."""
        if stage != self._stage:
            self._close()
            from tqdm.auto import tqdm

            self._bar = tqdm(total=total or None, desc=stage, unit=_UNITS.get(stage, ""), leave=False)
            self._stage = stage
        self._bar.n = done
        self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _is_watched() -> bool:
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None and "IPKernelApp" in shell.get_ipython().config
