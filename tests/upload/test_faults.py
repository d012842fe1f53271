"""Uploads and events on a platform that fails."""

from __future__ import annotations

from typing import Any

import pytest
import trajectory_sdk as tj

from .conftest import KEY, built
from .double import DROP, EVENTS, UPLOAD, Platform

EVENT = tj.TelemetryEvent("click", "s")


def test_a_failing_platform_is_asked_again(platform: Platform) -> None:
    platform.script.extend([(503, {}), (200, None), (DROP, None), (200, None)])
    assert tj.upload(built(1), "d")["uploaded"] == 1
    assert tj.push_events([EVENT]).pushed == 1
    first, again = platform.bodies(UPLOAD)
    assert first == again
    assert len(platform.bodies(EVENTS)) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (400, {"detail": "the dataset is locked"}, tj.ServiceError, "the dataset is locked"),
        (401, {"detail": f"key {KEY} is not known"}, tj.AccessError, "TRAJECTORY_API_KEY"),
        (413, "too large", tj.DataError, "too large"),
        (200, {"uploaded": 0, "errors": ["first", "second"]}, tj.ServiceError, "first; second"),
        (200, ["list"], tj.ServiceError, "no JSON object"),
        (200, "<html>", tj.ServiceError, "no JSON object"),
    ],
)
def test_another_answer_fails_at_once_with_the_servers_text(
    platform: Platform, status: int, body: Any, kind: type[Exception], text: str
) -> None:
    platform.script.append((status, body))
    with pytest.raises(RuntimeError, match=text) as caught:
        tj.upload(built(1), "d")
    assert isinstance(caught.value, kind)
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)
    assert len(platform.calls) == 1


def test_a_platform_that_is_not_there_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with Platform() as gone:
        url = gone.url
    monkeypatch.setenv("TRAJECTORY_API_KEY", KEY)
    tj.init(project_id="p", base_url=url)
    with pytest.raises(tj.ServiceError, match=f"trajectory serve.*{url}|{url}.*trajectory serve"):
        tj.push_events([EVENT], max_retries=0)


def test_items_that_the_platform_refuses_are_in_the_result(platform: Platform) -> None:
    items = [
        {"request_index": 1, "trajectory_id": None, "trace_id": None, "status": "error", "error": "no"},
        {"request_index": 0, "trajectory_id": "x", "trace_id": None, "status": "uploaded", "more": 1},
    ]
    platform.script.append((200, {"trajectories": items}))
    result = tj.upload([built(1), built(2)], "d")
    assert (result["uploaded"], result["skipped"]) == (1, 0)
    assert result["trajectories"] == [items[1], items[0]]


def test_what_json_cannot_hold_is_refused_before_anything_is_sent(platform: Platform) -> None:
    odd = built(1, extra_telemetry={"x": {1, 2}})
    with pytest.raises(TypeError, match="'c1' cannot be uploaded"):
        tj.upload([built(0), odd], "d")
    with pytest.raises(ValueError, match="event 1"):
        tj.push_events([EVENT, tj.TelemetryEvent("a", "s", {"x": float("nan")})])
    assert platform.calls == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tj.upload([1], "d"), "entry 0 is a int"),  # type: ignore[list-item]
        (lambda: tj.upload(built(1), ""), "name of a dataset"),
        (lambda: tj.upload(built(1), 5), "dataset"),  # type: ignore[arg-type]
        (lambda: tj.push_events(EVENT), "list of events"),  # type: ignore[arg-type]
        (lambda: tj.push_events([{}]), "entry 0 is a dict"),  # type: ignore[list-item]
        (lambda: tj.push_events([EVENT], chunk_size=0), "chunk_size must be at least 1"),
    ],
)
def test_wrong_arguments_are_named(platform: Platform, call: Any, text: str) -> None:
    with pytest.raises(tj.TrajectoryError, match=text):
        call()
    assert platform.calls == []


def traces(*numbers: int) -> list[tj.Trajectory]:
    return [built(number, trace_id=f"t{number}") for number in numbers]


def event(trace_id: str, **fields: Any) -> tj.TelemetryEvent:
    return tj.TelemetryEvent("click", "s", trace_id=trace_id, **fields)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"trajectory_id": "a", "trace_id": "t1", "status": "error", "error": "bad"}, "'t1': bad"),
        ({"trajectory_id": "a", "trace_id": "t1", "status": "skipped", "error": "why"}, "'t1': why"),
        ({"trajectory_id": None, "trace_id": "t1", "status": "skipped", "error": None}, "no trajectory_id"),
        ({"trajectory_id": "a", "trace_id": "other", "status": "uploaded", "error": None}, "no trajectory_id"),
    ],
)
def test_no_event_is_pushed_when_its_trajectory_failed(platform: Platform, item: dict[str, Any], text: str) -> None:
    answer = {"uploaded": 1, "trajectories": [{"request_index": 0, **item}]}
    platform.script.extend([(200, answer), (200, answer)])
    with pytest.raises(RuntimeError, match=text):
        tj.upload_trace(traces(1), [event("t1")], "d")
    assert platform.bodies(EVENTS) == []
    others = tj.upload_trace(traces(1), [event("t1", trajectory_id="own"), event("t9")], "d")
    assert others["push"].pushed == 2, "events that do not wait for this trajectory go"


def test_content_that_is_there_counts_as_uploaded(platform: Platform) -> None:
    item = {"request_index": 0, "trajectory_id": "a", "trace_id": None, "status": "skipped", "error": None}
    platform.script.append((200, {"skipped": 1, "trajectories": [item]}))
    result = tj.upload_trace(traces(1), [event("t1")], "d")
    assert [one.trajectory_id for one in result["events"]] == ["a"]
    assert result["unstamped_events"] == []
