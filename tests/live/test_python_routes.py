"""Imports from LangSmith by the Python package: the records of the program and of files, by every route."""

from __future__ import annotations

import dataclasses
import logging
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk import api

from .conftest import QUERY, Live, Sdk

START = datetime(2026, 11, 1, 10, 0, 0)


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", 24, fine_times=True, late_children_seconds=90_000, start="2026-11-01T10:00:00Z", errors=3)
    return "shop"


def ids(trajectories: list[tj.Trajectory]) -> list[str]:
    return [str(one.task.conversation_id) for one in trajectories]


def test_every_route_gives_the_records_of_the_program_and_of_the_files(live: Live, sdk: Sdk, shop: str) -> None:
    by_program = live.imported(shop, "program", "--route", "api")
    kept = live.folder / "kept"
    sdk.init()
    assert sdk.imported("bulk", bulk=True, route="bulk", keep_export=kept) == by_program
    assert sdk.imported("files", bulk=True, source=kept) == by_program
    assert sdk.imported("auto", bulk=True) == by_program
    assert sdk.imported("queries", runs_query=True) == by_program
    sdk.init(destination="gcs", route="bulk")
    assert sdk.imported("gcs", bulk=True) == by_program
    for version in ("v1", "v2"):
        sdk.init(api_version=version)
        assert sdk.imported(version, bulk=True, route="api") == by_program
    assert [body.count("v2_beta") for body in (call["body"] for call in live.calls("/api/v1/bulk-exports"))] == [1] * 3
    assert sdk.states() == []


@pytest.mark.parametrize("flavour", ["v1", "v2_beta"])
def test_exports_of_either_flavour_are_read_from_their_bucket(live: Live, sdk: Sdk, shop: str, flavour: str) -> None:
    by_program = live.imported(shop, "program", "--route", "api")
    order = {
        "bulk_export_destination_id": live.about["destinations"]["s3"],
        "session_id": live.control("GET", "/api/v1/sessions?name=shop")[0]["id"],
        "start_time": "2026-11-01T00:00:00Z",
        "end_time": "2026-11-10T00:00:00Z",
        "format_version": flavour,
        "compression": "zstandard",
    }
    made = live.control("POST", "/api/v1/bulk-exports", order)
    live.run("langsmith", "exports", "watch", made["id"])
    source = f"s3://{live.about['bucket']}/s3/export_id={made['id']}"
    storage = {"endpoint_url": live.about["s3"], "key": live.about["s3_access_key"]}
    storage["secret"] = live.about["s3_secret_key"]
    sdk.init(storage_options=storage)
    assert sdk.imported("by init", bulk=True, source=source) == by_program
    sdk.init()
    assert sdk.imported("by call", bulk=True, source=source, storage_options=storage) == by_program


def test_auto_goes_by_queries_where_it_must_and_says_why(
    live: Live, sdk: Sdk, shop: str, caplog: pytest.LogCaptureFixture
) -> None:
    live.set(auth={"bulk_exports_allowed": False})
    sdk.init()
    with caplog.at_level(logging.INFO, "trajectory_sdk"):
        result = tj.import_conversations(bulk=True)
    (said,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "no bulk export: " in said.getMessage()
    assert "403" in said.getMessage()
    assert "by queries" in said.getMessage()
    assert any("runs of 24 traces by queries" in record.getMessage() for record in caplog.records)
    assert ids(result) == ids(tj.import_conversations(bulk=True, route="api"))
    with pytest.raises(tj.AccessError, match="403"):
        tj.import_conversations(bulk=True, route="bulk")


def test_limit_and_window_choose_as_they_do_with_files(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init()
    kept = live.folder / "kept"
    everything = ids(tj.import_conversations(bulk=True, route="bulk", keep_export=kept))
    assert everything == sorted(everything)
    assert len(everything) == 6
    chosen: list[dict[str, Any]] = [
        {"limit": 2},
        {"since": START + timedelta(seconds=9)},  # naive: UTC
        {"since": (START + timedelta(seconds=9)).replace(tzinfo=UTC).astimezone(), "limit": 1},
        {"until": START + timedelta(seconds=6), "since": timedelta(days=36500)},
        {"conversations": everything[3:5]},
    ]
    for number, selection in enumerate(chosen):
        by_files = sdk.imported(f"files{number}", bulk=True, source=kept, **selection)
        for route in ("api", "bulk"):
            assert sdk.imported(f"{route}{number}", bulk=True, route=route, **selection) == by_files, selection
    assert ids(tj.import_conversations(bulk=True, route="api", limit=2)) == everything[:2]
    late = tj.import_conversations(bulk=True, route="api", since=START + timedelta(seconds=9))
    assert sum(one.task.num_turns or 0 for one in late) == 15
    with pytest.raises(tj.MissingSourceError, match="no trace in this selection"):
        tj.import_conversations(bulk=True, route="api", since=timedelta(minutes=1))
    with pytest.raises(TypeError, match="since must be"):
        tj.import_conversations(bulk=True, since="7d")  # type: ignore[arg-type]


def test_conversations_are_imported_in_the_order_they_are_named_in(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init()
    listed = tj.list_conversations(limit=3)
    assert len(listed) == 3
    chosen = tj.import_conversations(listed)
    assert ids(chosen) == [one.conversation_id for one in listed]
    assert [one.task.num_turns for one in chosen] == [one.num_turns for one in listed]
    assert ids(tj.import_conversations([listed[2].conversation_id])) == [listed[2].conversation_id]
    assert not live.calls("/api/v1/bulk-exports")
    with pytest.warns(tj.RefusedDataWarning, match="conversation_not_found"):
        assert len(tj.import_conversations([listed[0], "nobody"])) == 1
    with pytest.raises(tj.MissingSourceError, match="no trace in this selection"):
        tj.import_conversations(["nobody"])


def test_transforms_see_what_comes_from_langsmith(live: Live, sdk: Sdk, shop: str) -> None:
    class Mark(tj.BaseTransform):
        def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
            return dataclasses.replace(trajectory, error="seen")

    kept = live.folder / "kept"
    sdk.init(transforms=[Mark()])
    marked = tj.import_conversations(bulk=True, route="bulk", keep_export=kept)
    assert {one.error for one in marked} == {"seen"}
    assert {one.error for one in tj.iter_conversations(bulk=True, route="api")} == {"seen"}
    sdk.init(transforms=[tj.RegexPiiTransform(["EMAIL", "PHONE"], pseudonym_key="k")])
    by_files = sdk.imported("files", bulk=True, source=kept)
    assert sdk.imported("redacted", bulk=True, route="api") == by_files
    assert sdk.states() == []


def test_an_iterator_fetches_when_it_begins_and_leaves_nothing_behind(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init(route="api")
    conversations = tj.iter_conversations(bulk=True)
    assert not live.calls(QUERY)
    first = next(conversations)
    assert len(sdk.states()) == 1
    conversations.close()
    assert sdk.states() == []
    again = tj.iter_conversations(bulk=True)
    everything = list(again)
    assert everything[0] == first
    assert again.report is not None
    assert again.report.conversations == len(everything) == 6
    assert sdk.states() == []


def test_results_outlive_the_fetched_and_hold_no_key(live: Live, sdk: Sdk, shop: str) -> None:
    sdk.init(debug=False)
    result = tj.import_conversations(bulk=True, route="api")
    copied = pickle.loads(pickle.dumps(list(result)))
    assert copied == list(result)
    shown = [repr(api._State.config), repr(result), str(result.report), pickle.dumps(list(result)).decode("latin-1")]
    live.written += [*shown, repr(tj.list_conversations()), repr(tj.destinations())]
    assert "lsv2" not in shown[0]


def test_progress_is_shown_while_langsmith_is_asked(
    live: Live, sdk: Sdk, shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sdk.init()
    live.fault(QUERY, "delay", skip=2, times=4, seconds=0.3)
    tj.import_conversations(bulk=True, route="api", progress=True)
    shown = capsys.readouterr().err
    assert "discovering" in shown
    assert "fetching" in shown
    tj.import_conversations(bulk=True, route="api", progress=False)
    assert capsys.readouterr().err == ""
