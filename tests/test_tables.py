"""Tables in and out, with the libraries that people use."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
import trajectory_sdk as tj
from conftest import TRUTH, make_row
from trajectory_sdk import sources

pytestmark = pytest.mark.usefixtures("initialised")

EXPORT = TRUTH / "export.parquet"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tj.init(provider="langsmith", project_id="any")
    out = tmp_path_factory.mktemp("tables") / "dataset"
    tj.import_conversations(bulk=True, source=EXPORT, out=out)
    return out


@pytest.fixture(scope="module")
def dataset(folder: Path) -> tj.Dataset:
    return tj.open(folder)


def records(dataset: tj.Dataset) -> list[dict[str, Any]]:
    return [json.loads(handle.__dict__["_record"].record()) for handle in dataset]


def lines_below(lane: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield lane
    yield from lane.get("alternatives", ())
    for below in [*lane.get("subagents", ()), *lane.get("auxiliary", ())]:
        yield from lines_below(below)


def test_one_row_a_message_of_every_line(dataset: tj.Dataset) -> None:
    table = tj.to_arrow(dataset)
    expected = [message for record in records(dataset) for line in lines_below(record) for message in line["messages"]]
    assert table.num_rows == len(expected)
    rows = table.to_pylist()
    assert sorted(row["content"] for row in rows) == sorted(message["content"] for message in expected)
    assert {row["line"] for row in rows} == {"main", "subagent", "auxiliary", "alternative"}
    main = [row for row in rows if row["line"] == "main"]
    report = dataset.report
    assert report is not None
    assert len(main) == report.messages
    first = [row for row in main if row["conversation_id"] == main[0]["conversation_id"]]
    assert [row["index"] for row in first] == list(range(len(first)))


def test_one_row_a_call_with_what_the_model_saw(dataset: tj.Dataset) -> None:
    table = tj.to_arrow(dataset, rows="call")
    report = dataset.report
    assert report is not None
    assert table.num_rows == report.model_calls
    rows = {row["run_id"] + str(row["answer"]): row for row in table.to_pylist() if row["line"] == "main"}
    checked = 0
    for record in records(dataset):
        for call in record["calls"]:
            answer = None if call["answer"] is None else record["messages"][call["answer"]]
            found = [row for key, row in rows.items() if key.startswith(call["run_id"])]
            row = next(row for row in found if answer is None or row["answer"]["content"] == answer["content"])
            seen = []
            for begin, end in call["context"]:
                for place in range(begin, end):
                    form = call.get("variants", {}).get(str(place))
                    text = call.get("variant_texts", {}).get(str(place)) if isinstance(form, list) else form
                    seen.append(record["messages"][place]["content"] if form is None else text)
            assert [message["content"] for message in row["context"]] == seen
            assert row["trainable_status"] == (answer["trainable_status"] if answer else "not_trainable")
            assert row["prompt_tokens"] == call.get("usage", {}).get("prompt_tokens")
            assert len(row["tools"]) == len(call.get("tools", ()))
            assert json.loads(row["parameters"] or "{}") == call.get("parameters", {})
            checked += 1
    assert checked > 400


def test_one_row_a_trajectory_is_the_file_itself(dataset: tj.Dataset, folder: Path) -> None:
    assert tj.to_arrow(dataset, rows="trajectory").equals(pq.read_table(folder / "train-00000.parquet"))
    with pytest.raises(ValueError, match="rows must be"):
        tj.to_arrow(dataset, rows="token")  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", ["message", "trajectory", "call"])
def test_handles_and_touched_trajectories_give_the_rows_of_the_dataset(dataset: tj.Dataset, rows: Any) -> None:
    whole = tj.to_arrow(dataset, rows=rows)
    handles = list(dataset)
    assert tj.to_arrow(handles, rows=rows).equals(whole)
    for handle in handles[::3]:
        assert handle.steps is not None
    assert tj.to_arrow(handles, rows=rows).equals(whole)
    assert tj.to_arrow([], rows=rows).schema == whole.schema
    assert tj.to_arrow(handles[4], rows=rows).equals(tj.to_arrow(dataset[4:5], rows=rows))
    assert dataset.to_arrow(rows).read_all().equals(whole)


def test_polars_reads_a_dataset(dataset: tj.Dataset) -> None:
    frame = pl.DataFrame(dataset)
    assert frame["conversation_id"].to_list() == dataset.conversation_ids
    assert pl.from_arrow(dataset.to_arrow("call")).height == tj.to_arrow(dataset, rows="call").num_rows  # type: ignore[union-attr]


def test_duckdb_reads_a_dataset(dataset: tj.Dataset) -> None:
    connection = duckdb.connect()
    connection.register("trajectories", dataset)
    (found,) = connection.sql("select count(*), sum(num_messages) from trajectories").fetchall()
    report = dataset.report
    assert report is not None
    assert found == (report.conversations, report.messages)


def test_pandas_reads_a_dataset(dataset: tj.Dataset) -> None:
    frame = pd.DataFrame.from_arrow(dataset)  # type: ignore[attr-defined]
    assert list(frame["conversation_id"]) == dataset.conversation_ids


def test_hugging_face_datasets_reads_a_dataset(dataset: tj.Dataset, folder: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path), split="train")
    assert loaded["conversation_id"][:] == dataset.conversation_ids
    assert datasets.Dataset(tj.to_arrow(dataset)).num_rows == tj.to_arrow(dataset).num_rows


KINDS = (
    "pyarrow table",
    "chunked table",
    "string views",
    "dictionary column",
    "large strings",
    "record batch",
    "record batch reader",
    "pyarrow dataset",
    "two sources",
    "polars",
    "pandas",
    "duckdb",
    "hugging face",
)


def tables(tmp_path: Path) -> dict[str, Any]:
    table = pq.read_table(EXPORT)
    views = pa.table(
        {
            name: column.cast(pa.string_view()) if pa.types.is_string(column.type) else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    dictionaries = table.set_column(
        table.column_names.index("run_type"), "run_type", table.column("run_type").dictionary_encode()
    )
    return {
        "pyarrow table": table,
        "chunked table": pa.concat_tables([table.slice(0, 700), table.slice(700)]),
        "string views": views,
        "dictionary column": dictionaries,
        "large strings": table.set_column(
            table.column_names.index("inputs"), "inputs", table.column("inputs").cast(pa.large_string())
        ),
        "record batch": table.combine_chunks().to_batches()[0],
        "record batch reader": table.to_reader(),
        "pyarrow dataset": pads.dataset(str(EXPORT)),
        "two sources": [table.slice(0, 900), pads.dataset(table.slice(900))],
        "polars": pl.read_parquet(EXPORT),
        "pandas": pd.read_parquet(EXPORT),
        "duckdb": duckdb.sql(f"select * from '{EXPORT}'"),
        "hugging face": datasets.Dataset.from_parquet(str(EXPORT), cache_dir=str(tmp_path)),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_tables_are_sources_like_the_file(kind: str, dataset: tj.Dataset, tmp_path: Path) -> None:
    found = tj.import_conversations(bulk=True, source=tables(tmp_path)[kind])
    assert found == list(dataset)
    assert found.report is not None
    assert found.report.rows_read == 1683


def test_tables_are_read_in_several_passes_when_memory_is_short(dataset: tj.Dataset) -> None:
    found = tj.import_conversations(bulk=True, source=pq.read_table(EXPORT), memory=1 << 20)
    assert found.report is not None
    assert found.report.details["passes"] > 2
    assert found == list(dataset)


@pytest.mark.parametrize("change", ["fewer rows", "other conversations"])
def test_a_table_that_changes_between_passes_is_an_error(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pq.read_table(EXPORT)
    changed = whole.slice(1)
    if change == "other conversations":
        extra = [text.replace("thread_id", "thread_key") for text in whole["extra"].to_pylist()]
        changed = whole.set_column(whole.column_names.index("extra"), "extra", pa.array(extra))
    tables = itertools.chain([whole, whole], itertools.repeat(changed))  # the first pass, the look, and what comes then
    monkeypatch.setattr(sources, "_opener", lambda *_: lambda: next(tables).__arrow_c_stream__())
    with pytest.raises(tj.TrajectoryError, match="the source was changed while it was read"):
        tj.import_conversations(bulk=True, source=whole, memory=1 << 20)


def with_large_cell(kind: Any) -> pa.Table:
    rows = [make_row(number) for number in range(3)]
    rows[1]["inputs"]["messages"][0]["content"] = "x" * 5000
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    texts = {name: [v if isinstance(v, str) else json.dumps(v) for v in values] for name, values in columns.items()}
    return pa.table({name: pa.array(values, pa.string()).cast(kind) for name, values in texts.items()})


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_a_cell_above_the_limit_is_refused_in_tables_as_in_files(kind: Any, tmp_path: Path) -> None:
    table = with_large_cell(kind)
    pq.write_table(table, tmp_path / "runs.parquet")
    for source in (table, tmp_path / "runs.parquet"):
        with pytest.warns(tj.RefusedDataWarning, match="value_too_large 1"):
            found = tj.import_conversations(bulk=True, source=source, max_value=4000)
        assert [one.task.conversation_id for one in found] == ["thread-0", "thread-2"]
        assert len(tj.import_conversations(bulk=True, source=source, max_value=6000)) == 3
    with pytest.raises(ValueError, match="max_value must be at least 1"):
        tj.import_conversations(bulk=True, source=table, max_value=0)


def test_tables_that_cannot_be_runs_are_named() -> None:
    table = pq.read_table(EXPORT)
    with pytest.raises(tj.SourceError, match="'inputs' is missing"):
        tj.import_conversations(bulk=True, source=table.drop_columns(["inputs"]))
    structs = table.set_column(table.column_names.index("inputs"), "inputs", pa.array([{"a": 1}] * table.num_rows))
    with pytest.raises(tj.SourceError, match="'inputs'"):
        tj.import_conversations(bulk=True, source=structs)
    with pytest.raises(ValueError, match="cannot be a dict"):
        tj.import_conversations(bulk=True, source={"inputs": 1})
    with pytest.raises(ValueError, match="empty list"):
        tj.import_conversations(bulk=True, source=[])

    def broken() -> Iterator[pa.RecordBatch]:
        yield table.to_batches()[0].slice(0, 5)
        raise RuntimeError("the wire broke")

    class Wire:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            reader = pa.RecordBatchReader.from_batches(table.schema, broken())
            return reader.__arrow_c_stream__()

    with pytest.raises(Exception, match="the wire broke"):
        tj.import_conversations(bulk=True, source=Wire())
