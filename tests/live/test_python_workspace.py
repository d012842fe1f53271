"""What a workspace holds, and folders that follow a project, by the Python package."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import timedelta

import pytest
import trajectory_sdk as tj

from .conftest import Live, Sdk

EARLY = "2026-11-01T10:00:00Z"


def test_a_workspace_is_looked_at(live: Live, sdk: Sdk) -> None:
    shop = live.generate("shop", 9, turns=3)
    live.generate("other", 1)
    sdk.init()
    (workspace,) = tj.workspaces()
    assert workspace.id == live.about["workspace_id"]
    assert {one.name for one in tj.projects()} == {"shop", "other"}
    (project,) = tj.projects("sho")
    assert (project.id, project.name, project.workspace_id) == (shop, "shop", workspace.id)
    assert {one.id for one in tj.destinations()} == set(live.about["destinations"].values())
    s3 = next(one for one in tj.destinations() if one.id == live.about["destinations"]["s3"])
    assert (s3.bucket, s3.prefix, s3.endpoint_url) == (live.about["bucket"], "s3", live.about["s3"])
    for value in (workspace, project, s3):
        assert pickle.loads(pickle.dumps(value)) == value
        live.written.append(repr(value))


def test_the_newest_conversations_come_first(live: Live, sdk: Sdk) -> None:
    project = live.generate("shop", 9, turns=3, start=EARLY)
    sdk.init()
    listed = tj.list_conversations()
    assert [one.num_turns for one in listed] == [3, 3, 3]
    assert [one.last_seen for one in listed] == sorted((one.last_seen or "" for one in listed), reverse=True)
    assert (listed[-1].first_seen or "").startswith("2026-11-01T10:00:00")
    assert all(one.root_run_names for one in listed)
    assert tj.list_conversations(limit=2) == listed[:2]
    assert tj.list_conversations(limit=0) == []
    assert tj.list_conversations(since=timedelta(minutes=1)) == []
    sdk.init(project)
    assert tj.list_conversations() == listed
    with pytest.raises(TypeError, match="query must be a text"):
        tj.list_conversations(query=5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit must be at least 0"):
        tj.list_conversations(limit=-1)


def test_exports_are_listed_and_cancelled(live: Live, sdk: Sdk) -> None:
    live.generate("shop", 3, start=EARLY)
    sdk.init()
    assert tj.exports() == []
    tj.import_conversations(bulk=True, route="bulk")
    (done,) = tj.exports()
    assert (done.status, done.destination_id) == ("Completed", live.about["destinations"]["s3"])
    assert done.finished_at is not None
    live.set(exports={"running_seconds": 60.0})
    destination = ("--destination", str(live.about["destinations"]["s3"]))
    live.run("langsmith", "exports", "create", "shop", *destination, "--since", "60d")
    running = next(one for one in tj.exports() if one.status != "Completed")
    assert tj.cancel_export(running.id).status == "Cancelled"
    assert {one.status for one in tj.exports()} == {"Completed", "Cancelled"}


class Mark(tj.BaseTransform):
    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        return dataclasses.replace(trajectory, error="seen")


@pytest.mark.parametrize("route", ["api", "bulk"])
def test_sync_brings_what_is_new_or_has_grown(live: Live, sdk: Sdk, route: str) -> None:
    folder = live.folder / "synced"
    sdk.init(route=route, transforms=[Mark()])
    live.generate("shop", 6, turns=4, start=EARLY)
    first = tj.sync(folder)
    assert [one.before for one in first.changes] == [None, None]
    assert first.dataset == folder / "version-00001"
    assert first.report is not None
    assert first.report.conversations == 2
    nothing = tj.sync(folder)
    assert (nothing.changes, nothing.dataset, nothing.report) == ([], None, None)
    live.generate("shop", 8, turns=4, start=EARLY)  # the same project, two traces further
    (grown,) = tj.sync(folder).changes
    assert (grown.dataset, grown.before) == (folder / "version-00002", folder / "version-00001")
    (newest,) = tj.load(grown.dataset)
    before = tj.open(folder / "version-00001").get(grown.conversation_id)
    assert (newest.error, newest.task.num_turns, before.task.num_turns) == ("seen", 4, 2)
    assert sdk.states() == []
    live.run("sync", "langsmith://shop", "--out", str(folder), "--route", "api", "--json")
    assert not (folder / "version-00003").exists(), "the program goes on where the package was"
    live.generate("other", 1)
    sdk.init("other", route="api")
    with pytest.raises(ValueError, match="holds another project"):
        tj.sync(folder)


def test_sync_leaves_other_folders_alone(live: Live, sdk: Sdk) -> None:
    live.generate("shop", 1)
    (live.folder / "mine").mkdir()
    (live.folder / "mine/precious").touch()
    sdk.init()
    with pytest.raises(tj.OutputError, match="holds something else"):
        tj.sync(live.folder / "mine")
    sdk.init(api_key=None)
    with pytest.raises(ValueError, match="sync needs a LangSmith API key"):
        tj.sync(live.folder / "new")
