"""The exported files: columns, flavours, and the quirks that were seen."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from .conftest import Double
from .test_exports import START, file_system, files_of


def tables(double: Double, project: str, **body: Any) -> list[pq.ParquetFile]:
    """The files of an export of a project."""
    export = double.export(project, **body)
    assert export["status"] == "Completed"
    system = file_system(double, "s3")
    names = files_of(double.days(export))
    return [pq.ParquetFile(io.BytesIO(system.open_input_file(name).read())) for name in names]


def rows(files: list[pq.ParquetFile]) -> list[dict[str, Any]]:
    return [row for file in files for row in file.read().to_pylist()]


@pytest.fixture
def project(double: Double) -> str:
    return double.generate("p", 4, fine_times=True, errors=1, pending=1, start=START)


def test_the_first_flavour_has_nanoseconds_without_a_zone(double: Double, project: str) -> None:
    (file,) = tables(double, project, format_version="v1")
    column = file.schema.column(file.schema.names.index("start_time"))
    assert column.physical_type == "INT64"
    assert json.loads(column.logical_type.to_json()) == {
        "Type": "Timestamp",
        "isAdjustedToUTC": False,
        "timeUnit": "nanoseconds",
        "is_from_converted_type": False,
        "force_set_converted_type": False,
    }
    assert any(value.value % 1000 for value in file.read()["start_time"])


def test_the_second_flavour_has_microseconds_in_utc(double: Double, project: str) -> None:
    (file,) = tables(double, project, format_version="v2_beta")
    assert file.schema_arrow.field("start_time").type == pa.timestamp("us", tz="UTC")
    by_api = {run["id"]: run for run in double.query({"session": [project]})["runs"]}
    for row in rows([file]):
        assert row["start_time"].isoformat(timespec="microseconds")[:26] == by_api[row["id"]]["start_time"][:26]


def test_a_row_holds_what_the_api_tells(double: Double, project: str) -> None:
    (file,) = tables(double, project, format_version="v2_beta", compression="zstandard")
    assert len(file.schema.names) == 29
    by_api = {run["id"]: run for run in double.query({"session": [project]})["runs"]}
    for row in rows([file]):
        run = by_api[row["id"]]
        for name in ("trace_id", "parent_run_id", "name", "run_type", "status", "dotted_order", "error", "session_id"):
            assert row[name] == run[name], name
        for name in ("inputs", "outputs", "extra", "events", "tags"):
            assert (None if row[name] is None else json.loads(row[name])) == run[name], name
        assert json.loads(row["parent_run_ids"]) == run["parent_run_ids"]
        assert row["is_root"] == (run["parent_run_id"] is None)
        assert (row["total_tokens"] or 0) == run["total_tokens"]
        assert row["total_cost"] == (run["total_cost"] and float(run["total_cost"]))
        assert (row["end_time"] is None) == (run["end_time"] is None)
    assert {row["status"] for row in rows([file])} == {"success", "error", "pending"}


@pytest.mark.parametrize(
    ("name", "codec"), [("none", "UNCOMPRESSED"), ("gzip", "GZIP"), ("snappy", "SNAPPY"), ("zstandard", "ZSTD")]
)
def test_every_compression_is_written(double: Double, project: str, name: str, codec: str) -> None:
    (file,) = tables(double, project, compression=name)
    assert file.metadata.row_group(0).column(0).compression == codec
    assert file.read().num_rows == 20


def test_only_the_named_fields_are_exported(double: Double, project: str) -> None:
    double.call(
        "POST", "/feedback", {"key": "ok", "score": 1, "run_id": double.query({"session": [project]})["runs"][0]["id"]}
    )
    (file,) = tables(double, project, export_fields=["id", "inputs", "feedbacks"])
    assert file.schema.names == ["id", "inputs", "feedbacks"]
    scores = [point["score"] for row in rows([file]) for point in json.loads(row["feedbacks"])]
    assert scores == [1]


def test_a_day_has_several_files_and_row_groups(double: Double, project: str) -> None:
    double.set(exports={"rows_per_file": 7, "rows_per_group": 3})
    files = tables(double, project)
    assert [file.metadata.num_rows for file in files] == [7, 7, 6]
    assert [file.metadata.num_row_groups for file in files] == [3, 3, 2]


def test_rows_stand_in_two_files_the_later_one_complete(double: Double, project: str) -> None:
    double.set(exports={"rows_per_file": 7, "quirks": {"duplicates": 2, "stale_duplicates": True}})
    files = tables(double, project)
    assert [file.metadata.num_rows for file in files] == [7, 9, 8]
    first, second = (file.read().to_pylist() for file in files[:2])
    assert [row["id"] for row in first[-2:]] == [row["id"] for row in second[:2]]
    assert {row["status"] for row in first[-2:]} == {"pending"}
    assert [row["outputs"] for row in first[-2:]] == [None, None]
    assert all(row["outputs"] for row in second[:2])


def test_text_may_lack_its_annotation(double: Double, project: str) -> None:
    double.set(exports={"quirks": {"binary_text": True}})
    (file,) = tables(double, project)
    assert file.schema_arrow.field("inputs").type == pa.binary()
    assert file.schema_arrow.field("id").type == pa.binary()


def test_ids_may_be_quoted_inputs_encoded_twice_or_cut(double: Double, project: str) -> None:
    double.set(exports={"quirks": {"quoted_ids": True, "double_encoded_inputs": True}})
    (file,) = tables(double, project)
    tools = [row for row in rows([file]) if row["run_type"] == "tool"]
    assert all(row["id"][0] == row["id"][-1] == '"' for row in tools)
    assert [set(json.loads(json.loads(row["inputs"])["input"])) for row in tools] == [{"order", "step"}] * 4
    double.set(exports={"quirks": {"quoted_ids": False, "invalid_json_every": 5}})
    (file,) = tables(double, project)
    broken = [row for row in rows([file]) if not _is_json(row["inputs"])]
    assert len(broken) == 4


def test_columns_may_be_missing_or_unknown(double: Double, project: str) -> None:
    double.set(exports={"quirks": {"extra_columns": True, "missing_columns": ["events", "trace_tier"]}})
    (file,) = tables(double, project)
    names = file.schema_arrow.names
    assert {"zz_shard", "zz_labels"} < set(names)
    assert not {"events", "trace_tier"} & set(names)


@pytest.mark.parametrize(("quirk", "start"), [("bucket_in_key", "testbench-exports/testbench-exports/s3/")])
def test_the_key_may_hold_the_bucket_twice(double: Double, project: str, quirk: str, start: str) -> None:
    double.set(exports={"quirks": {quirk: True}})
    export = double.export(project)
    assert files_of(double.days(export))[0].startswith(start)
    assert tables(double, project)[0].metadata.num_rows == 20


def test_a_file_of_an_upload_that_was_begun_anew_is_no_exported_file(double: Double, project: str) -> None:
    double.set(exports={"quirks": {"leftover_file": True}})
    export = double.export(project)
    (result,) = [day["metadata"]["result"] for day in double.days(export) if day["metadata"]["result"]["rows_written"]]
    leftover = result["pending_upload"]
    assert leftover["rows_count"] == 20
    selector = fs.FileSelector(f"{double.about['bucket']}/{result['export_path']}")
    found = {info.path for info in file_system(double, "s3").get_file_info(selector)}
    assert found == {*result["exported_files"], f"{double.about['bucket']}/{leftover['file_path']}"}


def test_generated_trouble_is_in_the_file(double: Double) -> None:
    project = double.generate("q", 5, orphans=2, null_documents=1, bare_children=True, huge_bytes=300_000, start=START)
    (file,) = tables(double, project)
    found = rows([file])
    ids = {row["id"] for row in found}
    orphans = [row for row in found if row["parent_run_id"] and row["parent_run_id"] not in ids]
    assert len(orphans) == 2 * 3
    keyed = [row["is_root"] for row in found if "thread_id" in json.loads(row["extra"])["metadata"]]
    assert keyed == [True] * 5
    assert [row["run_type"] for row in found if row["inputs"] is None] == ["llm"]
    assert max(len(row["outputs"] or "") for row in found) > 300_000


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
