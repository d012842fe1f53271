"""What the double remembers: projects and their runs, in memory, in the orders in which they are asked for."""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .run import Feedback, Place, Run, add_figures
from .times import now, render_dotted

Key = tuple[int, str]
"""Where a run stands among those of its project: start time, id."""

Test = Callable[[Run], bool]


@dataclass(slots=True)
class Project:
    id: str
    name: str
    created: int
    values: dict[str, Any] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    root_keys: list[Key] = field(default_factory=list)
    sorted: bool = True

    def in_order(self, roots_only: bool) -> list[Key]:
        if not self.sorted:
            self.keys.sort()
            self.root_keys.sort()
            self.sorted = True
        return self.root_keys if roots_only else self.keys


@dataclass(frozen=True, slots=True)
class Scope:
    """Which runs a query may return before its filter is asked."""

    projects: frozenset[str] | None = None
    ids: frozenset[str] | None = None
    traces: frozenset[str] | None = None
    is_root: bool | None = None
    start: int | None = None
    """Inclusive lower bound of the start time."""
    end: int | None = None
    """Exclusive upper bound of the start time."""


class Store:
    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.runs: dict[str, Run] = {}
        self.feedback: dict[str, Feedback] = {}
        self._traces: dict[str, dict[str, Run]] = defaultdict(dict)
        self._figures: dict[str, dict[str, dict[str, Any]]] = {}

    def clear(self) -> None:
        for memory in (self.projects, self.runs, self.feedback, self._traces, self._figures):
            memory.clear()

    # -- projects

    def project_named(self, name: str) -> Project | None:
        return next((project for project in self.projects.values() if project.name == name), None)

    def make_project(self, name: str, project_id: str | None = None, **values: Any) -> Project:
        project = Project(project_id or str(uuid.uuid4()), name, now(), values)
        self.projects[project.id] = project
        return project

    def remove_project(self, project_id: str) -> None:
        for _, run_id in self.projects.pop(project_id).keys:
            run = self.runs.pop(run_id)
            self._traces.pop(run.trace_id, None)
            self._figures.pop(run.trace_id, None)

    def runs_of_project(self, project_id: str) -> Iterator[Run]:
        return (self.runs[run_id] for _, run_id in self.projects[project_id].in_order(False))

    # -- runs

    def put(self, run: Run) -> None:
        """Takes a run that stands nowhere yet; fills in what its parent tells when it was left out."""
        parent = self.runs.get(run.parent_id) if run.parent_id else None
        if not run.trace_id:
            run.trace_id = parent.trace_id if parent else run.id
        if not run.dotted_order:
            own = render_dotted(run.start) + run.id
            run.dotted_order = f"{parent.dotted_order}.{own}" if parent else own
        self.runs[run.id] = run
        self._traces[run.trace_id][run.id] = run
        self.changed(run)
        project = self.projects[run.project_id]
        project.keys.append((run.start, run.id))
        if run.is_root:
            project.root_keys.append((run.start, run.id))
        project.sorted = False

    def forget(self, run: Run, place: Place) -> None:
        """Takes a run out of the place where it stood before it was changed."""
        project_id, trace_id, start, is_root = place
        self.projects[project_id].keys.remove((start, run.id))
        if is_root:
            self.projects[project_id].root_keys.remove((start, run.id))
        self._traces[trace_id].pop(run.id)
        self._figures.pop(trace_id, None)

    def changed(self, run: Run) -> None:
        self._figures.pop(run.trace_id, None)

    def trace(self, trace_id: str) -> Iterable[Run]:
        return self._traces.get(trace_id, {}).values()

    def root_of(self, run: Run) -> Run | None:
        return self.runs.get(run.trace_id)

    def figures(self, run: Run) -> dict[str, Any]:
        """Tokens and costs as LangSmith shows them: a run without any of its own holds the sums of its children."""
        known = self._figures.get(run.trace_id)
        if known is None:
            known = self._figures[run.trace_id] = self._sum_trace(run.trace_id)
        return known[run.id]

    def _sum_trace(self, trace_id: str) -> dict[str, dict[str, Any]]:
        children: dict[str, list[str]] = defaultdict(list)
        own = {}
        for run in self.trace(trace_id):
            own[run.id] = run.own_figures()
            if run.parent_id:
                children[run.parent_id].append(run.id)
        # The deepest first, so that children are summed before their parents.
        for run in sorted(self.trace(trace_id), key=lambda run: run.dotted_order.count("."), reverse=True):
            if not own[run.id]:
                own[run.id] = add_figures(own[child] for child in children[run.id] if child != run.id)
        return own

    # -- queries

    def select(
        self, scope: Scope, test: Test, *, after: Key | None = None, limit: int | None = None, newest_first: bool = True
    ) -> tuple[list[Run], Key | None]:
        """The runs of a scope that pass a test, beyond the key `after`; the key of the last one when more follow."""
        found: list[Run] = []
        for run in self._candidates(scope, after, newest_first):
            if not test(run):
                continue
            if limit is not None and len(found) == limit:
                return found, (found[-1].start, found[-1].id) if found else after
            found.append(run)
        return found, None

    def _candidates(self, scope: Scope, after: Key | None, newest_first: bool) -> Iterator[Run]:
        keys = self._keys(scope)
        first = 0 if scope.start is None else bisect_left(keys, (scope.start, ""))
        last = len(keys) if scope.end is None else bisect_left(keys, (scope.end, ""))
        if after is not None:
            if newest_first:
                last = min(last, bisect_left(keys, after))
            else:
                first = max(first, bisect_right(keys, after))
        places = range(last - 1, first - 1, -1) if newest_first else range(first, last)
        for place in places:
            run = self.runs[keys[place][1]]
            if scope.is_root is None or run.is_root == scope.is_root:
                yield run

    def _keys(self, scope: Scope) -> list[Key]:
        """Keys of the runs in question, in ascending order."""
        if scope.ids is not None:
            runs: Iterable[Run] = (self.runs[run_id] for run_id in scope.ids if run_id in self.runs)
        elif scope.traces is not None:
            runs = (run for trace_id in scope.traces for run in self.trace(trace_id))
        else:
            wanted = self.projects if scope.projects is None else scope.projects
            projects = [self.projects[project] for project in wanted if project in self.projects]
            lists = [project.in_order(scope.is_root is True) for project in projects]
            return lists[0] if len(lists) == 1 else sorted(key for keys in lists for key in keys)
        return sorted((run.start, run.id) for run in runs if scope.projects is None or run.project_id in scope.projects)
