"""Bulk exports: destinations, states, partitions, quotas, and what the answers say."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from .conftest import Double

START = "2026-11-02T23:30:00Z"
OLD_KEYS = {"format_version", "filter", "interval_hours", "export_fields", "source_bulk_export_id", "all_experiments"}


def file_system(double: Double, kind: str, address: str | None = None) -> fs.FileSystem:
    """The bucket as Arrow sees it."""
    if kind == "s3":
        return fs.S3FileSystem(
            access_key=double.about["s3_access_key"],
            secret_key=double.about["s3_secret_key"],
            endpoint_override=address or double.about["s3"],
            region="us-east-1",
        )
    return fs.GcsFileSystem(
        anonymous=True,
        scheme="http",
        endpoint_override=(address or double.about["gcs"]).removeprefix("http://"),
    )


def files_of(days: list[dict[str, Any]]) -> list[str]:
    return [name for day in days for name in day["metadata"]["result"]["exported_files"]]


def rows_of(double: Double, export: dict[str, Any], kind: str = "s3") -> list[dict[str, Any]]:
    system = file_system(double, kind)
    tables = [pq.read_table(name, filesystem=system) for name in files_of(double.days(export))]
    return [row for table in tables for row in table.to_pylist()]


def tmp_files(double: Double, kind: str, prefix: str) -> list[str]:
    selector = fs.FileSelector(f"{double.about['bucket']}/{prefix}/tmp", allow_not_found=True)
    return [info.path for info in file_system(double, kind).get_file_info(selector)]


@pytest.mark.parametrize("kind", ["gcs", "s3"])
def test_an_export_holds_every_run_of_its_window(double: Double, kind: str) -> None:
    project = double.generate("p", 20, spacing=180, start=START)
    export = double.export(project, kind)
    assert export["status"] == "Completed"
    days = double.days(export)
    assert [day["status"] for day in days] == ["Completed"] * 4
    windows = [(day["start_time"], day["end_time"]) for day in days]
    assert windows[0] == ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00")
    assert all(end == start for (_, end), (start, _) in pairwise(windows))
    results = [day["metadata"]["result"] for day in days]
    assert results[0]["rows_written"] == 0
    assert results[0]["exported_files"] == []
    assert [result["rows_written"] > 0 for result in results] == [False, True, True, False]
    rows = rows_of(double, export, kind)
    assert len(rows) == sum(result["rows_written"] for result in results) == 100
    by_api = {run["id"]: run for page in double.pages({"session": [project]}) for run in page}
    assert {row["id"] for row in rows} == by_api.keys()
    assert {row["dotted_order"] for row in rows} == {run["dotted_order"] for run in by_api.values()}


def test_files_stand_where_the_answers_say(double: Double) -> None:
    project = double.generate("p", 3, start=START)
    export = double.export(project)
    (name,) = files_of(double.days(export))
    folder = f"s3/export_id={export['id']}/tenant_id={double.about['workspace_id']}/session_id={project}"
    assert name.startswith(f"{double.about['bucket']}/{folder}/resource=runs/year=2026/month=11/day=2/")
    path = next(
        day["metadata"]["result"]["export_path"] for day in double.days(export) if day["start_time"] < "2026-11-03"
    )
    assert path.startswith("s3/export_id=")
    double.set(exports={"layout": "runs", "padded": True})
    (name,) = files_of(double.days(double.export(project)))
    assert "/runs/year=2026/month=11/day=02/" in name


def test_the_states_follow_one_another(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    double.set(exports={"created_seconds": 0.4, "running_seconds": 0.4})
    asked = {
        "bulk_export_destination_id": double.about["destinations"]["s3"],
        "session_id": project,
        "start_time": "2026-11-02T00:00:00Z",
        "end_time": "2026-11-04T00:00:00Z",
    }
    export = double.post("/api/v1/bulk-exports", asked)
    assert (export["status"], export["finished_at"]) == ("Created", None)
    assert double.wait(export["id"], "Running")["finished_at"] is None
    assert double.wait(export["id"])["finished_at"].endswith("+00:00")
    assert (export["format_version"], export["compression"]) == ("v1", "gzip")
    assert [one["id"] for one in double.get("/api/v1/bulk-exports")] == [export["id"]]


def test_an_export_is_cancelled_once(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    double.fault("/api/v1/bulk-exports", "export", status="Running", days=1)
    export = double.post(
        "/api/v1/bulk-exports",
        {
            "bulk_export_destination_id": double.about["destinations"]["s3"],
            "session_id": project,
            "start_time": "2026-11-02T00:00:00Z",
            "end_time": "2026-11-04T00:00:00Z",
        },
    )
    double.wait(export["id"], "Running")
    path = f"/api/v1/bulk-exports/{export['id']}"
    assert double.call("PATCH", path, {"status": "Completed"}).status_code == 422
    assert double.call("PATCH", path, {"status": "Cancelled"}).json()["status"] == "Cancelled"
    assert double.call("PATCH", path, {"status": "Cancelled"}).status_code == 400
    assert {day["status"] for day in double.days(export)} <= {"Cancelled", "Completed"}


@pytest.mark.parametrize("status", ["Failed", "TimedOut", "Cancelled"])
def test_a_scripted_export_ends_badly(double: Double, status: str) -> None:
    project = double.generate("p", 1, start=START)
    double.fault("/api/v1/bulk-exports", "export", status=status, days=1, error="out of memory")
    export = double.export(project)
    assert export["status"] == status
    days = double.days(export)
    assert [day["status"] for day in days] == ["Completed"] * 3 + [status]
    assert days[-1]["errors"] == {"retry_0": "out of memory"}
    assert double.export(project)["status"] == "Completed"


def test_a_day_that_was_tried_again_shows_its_errors(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    double.fault("/api/v1/bulk-exports", "export", retries=2)
    export = double.export(project)
    assert export["status"] == "Completed"
    first = double.days(export)[0]
    assert first["retry_number"] == 2
    assert set(first["errors"]) == {"retry_0", "retry_1"}


def test_a_filter_by_trace_brings_whole_trees(double: Double) -> None:
    project = double.generate("p", 12, spacing=1, late_children_seconds=3000, start=START)
    roots = double.query({"session": [project], "is_root": True, "limit": 2})["runs"]
    listed = '","'.join(run["id"] for run in roots)
    rows = rows_of(double, double.export(project, filter=f'in(trace_id, ["{listed}"])'))
    assert len(rows) == 10
    assert len({row["start_time"].date() for row in rows}) == 2
    only_roots = rows_of(double, double.export(project, filter="eq(is_root, true)"))
    assert [row["is_root"] for row in only_roots] == [True] * 12


def test_a_window_cuts_by_each_runs_own_start(double: Double) -> None:
    project = double.generate("p", 1, late_children_seconds=7200, start=START)
    rows = rows_of(double, double.export(project, end_time="2026-11-03T00:00:00Z"))
    assert len(rows) == 4


def test_an_older_server_leaves_keys_out(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    double.set(exports={"old_server": True, "report_files": False})
    export = double.export(project, format_version="v2_beta")
    assert not OLD_KEYS & export.keys()
    assert files_of(double.days(export)) == []
    selector = fs.FileSelector(f"{double.about['bucket']}/s3/export_id={export['id']}", recursive=True)
    found = [info.path for info in file_system(double, "s3").get_file_info(selector)]
    assert [name for name in found if name.endswith(".parquet")]


def test_the_quota_of_an_hour_is_kept(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    double.set(limits={"exports_per_hour": 2})
    assert [double.export(project)["status"] for _ in range(2)] == ["Completed"] * 2
    body = {
        "bulk_export_destination_id": double.about["destinations"]["s3"],
        "session_id": project,
        "start_time": "2026-11-02T00:00:00Z",
        "end_time": "2026-11-04T00:00:00Z",
    }
    refused = double.call("POST", "/api/v1/bulk-exports", body)
    assert refused.status_code == 429
    assert "250" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"bulk_export_destination_id": None}, 422, "bulk_export_destination_id"),
        ({"bulk_export_destination_id": "00000000-0000-4000-8000-000000000001"}, 404, "destination"),
        ({"session_id": "00000000-0000-4000-8000-000000000001"}, 404, "Session"),
        ({"session_id": None}, 422, "session_id"),
        ({"end_time": None}, 422, "end_time"),
        ({"end_time": "2026-10-01T00:00:00Z"}, 422, "after start_time"),
        ({"interval_hours": 1}, 422, "end_time"),
        ({"compression": "lz4"}, 422, "compression"),
        ({"format_version": "v3"}, 422, "format_version"),
        ({"export_fields": ["colour"]}, 422, "colour"),
        ({"filter": 'like(name, "x")'}, 400, "Invalid filter"),
    ],
)
def test_a_wrong_export_is_refused(double: Double, change: dict[str, Any], status: int, words: str) -> None:
    body = {
        "bulk_export_destination_id": double.about["destinations"]["s3"],
        "session_id": double.generate("p", 1),
        "start_time": "2026-11-02T00:00:00Z",
        "end_time": "2026-11-04T00:00:00Z",
    }
    answer = double.call("POST", "/api/v1/bulk-exports", {**body, **change})
    assert answer.status_code == status
    assert words in answer.text
    assert double.get("/api/v1/bulk-exports") == []


def test_a_schedule_spawns_exports_that_name_it(double: Double) -> None:
    project = double.generate("p", 1, start=START)
    schedule = double.post(
        "/api/v1/bulk-exports",
        {
            "bulk_export_destination_id": double.about["destinations"]["s3"],
            "session_id": project,
            "start_time": "2026-11-02T00:00:00Z",
            "interval_hours": 24,
        },
    )
    assert (schedule["status"], schedule["end_time"]) == ("IntervalScheduled", None)
    child = double.wait(double.post(f"/_testbench/exports/{schedule['id']}/spawn", {})["id"])
    assert child["source_bulk_export_id"] == schedule["id"]
    runs = double.get("/api/v1/bulk-exports/runs", params={"source_bulk_export_id": schedule["id"]})
    assert [run["bulk_export_id"] for run in runs] == [child["id"]]
    assert double.call("PATCH", f"/api/v1/bulk-exports/{schedule['id']}", {"status": "Cancelled"}).status_code == 200


# -- destinations


def destination(double: Double, **change: Any) -> dict[str, Any]:
    config = {"endpoint_url": double.about["s3"], "bucket_name": double.about["bucket"], "prefix": "mine"}
    keys = {"access_key_id": double.about["s3_access_key"], "secret_access_key": double.about["s3_secret_key"]}
    keys |= change.pop("credentials", {})
    config |= change.pop("config", {})
    return {"destination_type": "s3", "display_name": "Mine", "config": config, "credentials": keys, **change}


@pytest.mark.parametrize("path", ["/api/v1/bulk-exports/destinations", "/api/v1/bulk-export-destinations"])
def test_a_destination_is_made_after_a_test_write(double: Double, path: str) -> None:
    before = len(tmp_files(double, "s3", "mine"))
    made = double.post(path, destination(double))
    assert "credentials" not in made
    assert made["credentials_keys"] == ["access_key_id", "secret_access_key"]
    assert double.get(f"{path}/{made['id']}") == made
    assert len(tmp_files(double, "s3", "mine")) == before + 1
    project = double.generate("p", 1, start=START)
    export = double.export(project, bulk_export_destination_id=made["id"])
    (name,) = files_of(double.days(export))
    assert name.startswith(f"{double.about['bucket']}/mine/export_id=")
    assert double.call("DELETE", f"{path}/{made['id']}").status_code == 409
    unused = double.post(path, destination(double))
    assert double.call("DELETE", f"{path}/{unused['id']}").status_code == 204


def test_a_gcs_destination_is_named_by_googles_own_address(double: Double) -> None:
    made = double.post(
        "/api/v1/bulk-exports/destinations",
        destination(double, config={"endpoint_url": "https://storage.googleapis.com", "prefix": ""}),
    )
    project = double.generate("p", 1, start=START)
    export = double.export(project, bulk_export_destination_id=made["id"])
    (name,) = files_of(double.days(export))
    assert name.startswith(f"{double.about['bucket']}/export_id=")
    data = file_system(double, "gcs").open_input_file(name).read()
    assert pq.read_table(io.BytesIO(data)).num_rows == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"credentials": {"secret_access_key": "wrong"}}, "Access Denied"),
        ({"credentials": {"access_key_id": "wrong"}}, "does not exist"),
        ({"config": {"endpoint_url": "https://elsewhere.example"}}, "Invalid endpoint"),
        ({"config": {"bucket_name": "No_Bucket"}}, "InvalidBucketName"),
        ({"config": {"bucket_name": "not-there"}}, "bucket is not valid"),
    ],
)
def test_a_destination_that_cannot_be_written_is_refused(double: Double, change: dict[str, Any], words: str) -> None:
    answer = double.call("POST", "/api/v1/bulk-exports/destinations", destination(double, **change))
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Failed to validate S3 destination: ")
    assert words in answer.json()["detail"]


def test_without_the_right_or_the_alias_there_is_a_clear_answer(double: Double) -> None:
    double.set(api={"destinations_alias": False})
    assert double.call("GET", "/api/v1/bulk-export-destinations").status_code == 404
    double.set(auth={"bulk_exports_allowed": False})
    assert double.call("GET", "/api/v1/bulk-exports").status_code == 403
    assert double.call("GET", "/api/v1/bulk-exports/destinations").status_code == 403
