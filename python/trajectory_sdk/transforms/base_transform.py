"""The base of transforms."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..primitives.primitives import Trajectory


class BaseTransform(ABC):
    """Changes trajectories after they are built and before anything is written.

    Give instances to `init(transforms=[...])`: they run in order, on all trajectories of an import.
    """

    @abstractmethod
    def transform(self, trajectory: Trajectory) -> Trajectory:
        """The changed trajectory (`dataclasses.replace` makes one), or the same."""

    def transform_batch(self, trajectories: list[Trajectory]) -> list[Trajectory]:
        """The changed trajectories; calls `transform` for each unless a subclass does better."""
        return [self.transform(trajectory) for trajectory in trajectories]

    def transform_report(self, report: str) -> str:
        """The changed report of the import, as JSON: its examples of problems may quote texts and ids."""
        return report
