"""Hostile input: files made to break a reader. One clear line each, the right exit status, counts that add up."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Row, Run, files_of, lines_of, make_row, write_lines

COUNT = 30


def table_of(rows: list[Row], kind: Any = None) -> pa.Table:
    """Rows as an export, every column of one type."""
    texts = {
        name: [row[name] if isinstance(row[name], str) else json.dumps(row[name]) for row in rows] for name in rows[0]
    }
    return pa.table({name: pa.array(values, pa.string()).cast(kind or pa.string()) for name, values in texts.items()})


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


ROWS = [make_row(number) for number in range(COUNT)]


def report_of(run: Run, source: Path, *options: str, status: int = 0) -> Row:
    report: Row = json.loads(run("import", source, "--dry-run", "--json", *options, status=status).stdout)
    assert report["adds_up"] is True
    return report


def only_problem(report: Row, kind: str) -> Row:
    problem: Row = report["problems"][kind]
    return problem


# ---- JSON


@pytest.mark.parametrize("levels", [10_000, 100_000])
@pytest.mark.parametrize("kind", ["array", "page", "nested run"])
def test_deep_nesting_around_runs_costs_its_own_row(run: Run, tmp_path: Path, kind: str, levels: int) -> None:
    begin, end = {"array": ("[", "]"), "page": ('{"runs":[', "]}"), "nested run": ('{"child_runs":[', "]}")}[kind]
    deep = begin * levels + json.dumps(make_row(2)) + end * levels
    report = report_of(run, write_lines(tmp_path / "runs.jsonl", [make_row(1), deep, make_row(3)]), status=3)
    assert report["conversations"] == 2
    assert "too deep" in json.dumps(report["problems"])
    assert report["peak_memory_bytes"] < 1 << 30


def test_runs_in_runs_with_long_texts_take_memory_once(run: Run, tmp_path: Path) -> None:
    nested: Row = {}
    for number in range(400):
        row = make_row(number, inputs={"messages": [{"role": "user", "content": "x" * 10_000}]})
        nested = {**row, "child_runs": [nested]} if nested else row
    report = report_of(run, write_lines(tmp_path / "runs.jsonl", [nested]))
    assert report["rows_read"] == 400
    assert report["peak_memory_bytes"] < 400 << 20


def test_values_that_never_end_are_taken_line_by_line(run: Run, tmp_path: Path) -> None:
    report = report_of(run, write_lines(tmp_path / "runs.jsonl", [make_row(1), "{\n" * 100_000]), status=3)
    assert (report["conversations"], report["rows_refused"]) == (1, 100_000)


@pytest.mark.parametrize("end", ['"', '{"' + '\\"' * 500_000, "[" * 500_000, '{"runs":[' * 100_000, "[{" * 200_000])
def test_a_file_that_is_cut_off_is_one_line(run: Run, tmp_path: Path, end: str) -> None:
    (tmp_path / "runs.json").write_text(end, encoding="utf-8")
    done = run("import", tmp_path / "runs.json", "--out", tmp_path / "out", status=1)
    assert done.stderr.count("\n") == 1
    assert "runs.json" in done.stderr


def test_the_last_of_repeated_keys_counts(run: Run, tmp_path: Path) -> None:
    line = json.dumps(make_row(1))[:-1] + ', "trace_id": "other", "id": "other"}'
    run("import", write_lines(tmp_path / "runs.jsonl", [line]), "--out", tmp_path / "out", "--format", "jsonl")
    record = json.loads((tmp_path / "out/trajectories.jsonl").read_text(encoding="utf-8"))
    assert record["telemetry"]["source_run_ids"] == ["other"]


@pytest.mark.parametrize("field", ["prompt_tokens", "total_cost", "start_time", "name", "feedback_stats"])
@pytest.mark.parametrize("digits", ["9" * 100_000, "1e" + "9" * 1000, "-" + "9" * 400])
def test_a_number_without_end_in_any_column_is_harmless(run: Run, tmp_path: Path, field: str, digits: str) -> None:
    line = json.dumps({**make_row(1), field: "@"}).replace('"@"', digits)
    status = 3 if field == "feedback_stats" else 0  # which is no object, and said so
    report = report_of(run, write_lines(tmp_path / "runs.jsonl", [line, make_row(2)]), status=status)
    assert report["conversations"] == 2


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"que\x80stion", b"\xed\xa0\x80", b"\xf0\x9f\x98"])
def test_bytes_that_are_no_utf8_are_repaired_in_rows_of_json_as_in_cells(run: Run, tmp_path: Path, bad: bytes) -> None:
    line = json.dumps(make_row(2)).encode().replace(b"question", bad)
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([json.dumps(make_row(1)).encode(), line, bad]) + b"\n")
    done = run("import", tmp_path / "runs.jsonl", "--out", tmp_path / "out", "--format", "jsonl", "--json", status=3)
    report = json.loads(done.stdout)
    assert (report["conversations"], report["rows_refused"]) == (2, 1)
    assert only_problem(report, "invalid_utf8")["count"] == 1
    assert "\ufffd" in lines_of(tmp_path / "out/trajectories.jsonl")[1]


@pytest.mark.parametrize("bad", [b"\0" * 1000, b"\x01\x02", b"que\0stion", b"\x80\0"])
def test_bytes_that_json_does_not_have_cost_their_line(run: Run, tmp_path: Path, bad: bytes) -> None:
    lines = [json.dumps(make_row(1)).encode(), json.dumps(make_row(2)).encode().replace(b"question", bad)]
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([*lines, bad, json.dumps(make_row(3)).encode()]) + b"\n")
    report = report_of(run, tmp_path / "runs.jsonl", status=3)
    assert (report["conversations"], report["rows_refused"]) == (2, 2)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "a"}] * 100_000,
        {f"key {number}": 1 for number in range(100_000)},
        "x" * 12_000_000,
    ],
    ids=["parts", "keys", "text"],
)
def test_a_message_of_any_size_takes_linear_time(run: Run, tmp_path: Path, content: Any) -> None:
    row = make_row(1, inputs={"messages": [{"role": "user", "content": content}]})
    assert report_of(run, write_lines(tmp_path / "runs.jsonl", [row]))["conversations"] == 1


def test_an_answer_of_50000_calls_takes_linear_time(run: Run, tmp_path: Path) -> None:
    count = 50_000
    calls = [{"id": f"c{n}", "function": {"name": "f", "arguments": "{}"}} for n in range(count)]
    first = make_row(1, "thread", outputs={"role": "assistant", "content": "", "tool_calls": calls})
    history = [*first["inputs"]["messages"], first["outputs"]]
    results = [{"role": "tool", "tool_call_id": f"c{n}", "content": "done"} for n in range(count)]
    second = make_row(2, "thread", inputs={"messages": history + results})
    report = report_of(run, write_lines(tmp_path / "runs.jsonl", [first, second]))
    assert report["problems"] == {}


# ---- Parquet


KINDS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.dictionary(pa.int32(), pa.string()),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_texts_of_every_type_are_read_alike(run: Run, tmp_path: Path, kind: Any) -> None:
    for name, table in {"plain": table_of(ROWS), "other": table_of(ROWS, kind)}.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
        run("import", tmp_path / f"{name}.parquet", "--out", tmp_path / name, "--quiet")
    assert files_of(tmp_path / "plain") == files_of(tmp_path / "other")


MOMENTS = [dt.datetime(2026, 11, 22, 0, 0, number) for number in range(COUNT)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_times_of_every_unit_are_read_alike(run: Run, tmp_path: Path, unit: str, zone: str | None) -> None:
    times = pa.array(MOMENTS, pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    pq.write_table(with_column(table_of(ROWS), "start_time", times), tmp_path / "typed.parquet")
    pq.write_table(table_of(ROWS), tmp_path / "text.parquet")
    for name in ("typed", "text"):
        run("import", tmp_path / f"{name}.parquet", "--out", tmp_path / name, "--quiet")
    assert files_of(tmp_path / "typed") == files_of(tmp_path / "text")


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63) + 1])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_time_out_of_any_calendar_is_none(run: Run, tmp_path: Path, unit: str, value: int) -> None:
    times = pa.array([value] * COUNT, pa.int64()).cast(pa.timestamp(unit))
    pq.write_table(with_column(table_of(ROWS), "start_time", times), tmp_path / "runs.parquet")
    run("import", tmp_path / "runs.parquet", "--out", tmp_path / "out", "--format", "jsonl", "--quiet")
    problems = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))["problems"]
    assert ("unreadable_time" in problems) == (unit != "ns")
    times = {json.loads(line).get("start_time") for line in lines_of(tmp_path / "out/trajectories.jsonl")}
    assert {time[:4] for time in times if time} == ({"2262" if value > 0 else "1677"} if unit == "ns" else set())


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_text_that_is_no_time_is_named(run: Run, tmp_path: Path, form: str) -> None:
    rows = [make_row(1), make_row(2, start_time="yesterday"), make_row(3, start_time="", end_time="2026-13-01")]
    source = tmp_path / f"runs.{form}"
    if form == "parquet":
        pq.write_table(table_of(rows), source)
    else:
        write_lines(source, [*rows, make_row(4, start_time=1766400000, end_time=None)])
    report = report_of(run, source)
    problem = only_problem(report, "unreadable_time")
    assert report["conversations"] == len(rows) + (form == "jsonl")
    assert (problem["count"], problem["severity"]) == (2 + (form == "jsonl"), "warning")
    assert {"place": f"{source} row 2", "detail": "start_time is no time, so it is left out"} in problem["examples"]


def test_a_page_that_does_not_fit_its_checksum_is_damaged(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "runs.parquet"
    pq.write_table(
        table_of(ROWS), source, write_page_checksum=True, compression="none", use_dictionary=False, row_group_size=10
    )
    assert report_of(run, source)["conversations"] == COUNT
    content = source.read_bytes()
    source.write_bytes(content.replace(b"question 5", b"question 6", 1))
    done = run("import", source, "--out", tmp_path / "out", status=3)
    assert "10 rows refused" in done.stderr


def test_an_encrypted_export_is_named(run: Run, tmp_path: Path) -> None:
    content = (tmp_path / "plain.parquet", pq.write_table(table_of(ROWS), tmp_path / "plain.parquet"))[0].read_bytes()
    (tmp_path / "runs.parquet").write_bytes(b"PARE" + content[4:-4] + b"PARE")
    done = run("import", tmp_path / "runs.parquet", "--out", tmp_path / "out", status=1)
    assert done.stderr.count("\n") == 1
    assert "encrypted" in done.stderr


def thrift_number(value: int) -> bytes:
    """A number as Parquet's metadata has it."""
    out, rest = b"", value << 1
    while rest >= 0x80:
        out, rest = out + bytes([rest & 0x7F | 0x80]), rest >> 7
    return out + bytes([rest])


@pytest.mark.parametrize("lie", [29, 31, 63])
def test_row_counts_that_lie_are_found(run: Run, tmp_path: Path, lie: int) -> None:
    source = tmp_path / "runs.parquet"
    pq.write_table(table_of(ROWS), source)
    content = bytearray(source.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    # Field 3 of the file's metadata follows the schema: a type byte, then the number of rows.
    at = content.rindex(b"\x16" + thrift_number(COUNT), footer)
    content[at + 1 : at + 2] = thrift_number(lie)
    source.write_bytes(bytes(content))
    done = run("import", source, "--out", tmp_path / "out", status=1)
    assert "not a readable Parquet file" in done.stderr


def test_columns_may_differ_from_file_to_file(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    pq.write_table(table_of(ROWS[:10]), folder / "a.parquet")
    pq.write_table(table_of(ROWS[10:20], pa.large_binary()).drop_columns(["status"]), folder / "b.parquet")
    write_lines(folder / "c.jsonl", list(ROWS[20:]))
    wrong = with_column(table_of(ROWS[:1]), "inputs", pa.array([1]))
    pq.write_table(wrong, folder / "d.parquet")
    report = report_of(run, folder, status=3)
    assert report["conversations"] == COUNT
    assert only_problem(report, "unreadable_file")["count"] == 1


# ---- values that are too large


def large_row(size: int) -> Row:
    return make_row(2, inputs={"messages": [{"role": "user", "content": "x" * size}]})


@pytest.mark.parametrize("form", ["parquet", "jsonl", "json"])
def test_a_value_above_the_limit_is_refused_unless_allowed(run: Run, tmp_path: Path, form: str) -> None:
    rows = [make_row(1), large_row(20_000_000), make_row(3)]
    source = tmp_path / f"runs.{form}"
    if form == "parquet":
        pq.write_table(table_of(rows), source, compression="zstd")
    elif form == "jsonl":
        write_lines(source, [json.dumps(rows)])
    else:
        source.write_text(json.dumps({"runs": rows}, indent=1), encoding="utf-8")
    report = report_of(run, source, "--memory", "512MiB", status=3)
    assert (report["conversations"], report["rows_refused"], report["rows_read"]) == (2, 1, 3)
    assert "--max-value" in only_problem(report, "value_too_large")["examples"][0]["detail"]
    assert report_of(run, source, "--memory", "512MiB", "--max-value", "64MB")["conversations"] == 3


def test_a_cell_that_unpacks_to_far_more_than_its_file_is_refused(run: Run, tmp_path: Path) -> None:
    table = table_of([make_row(1), large_row(200_000_000)])
    pq.write_table(table, tmp_path / "runs.parquet", compression="zstd", row_group_size=1)
    assert (tmp_path / "runs.parquet").stat().st_size < 1 << 20
    report = report_of(run, tmp_path / "runs.parquet", "--memory", "512MiB", status=3)
    assert report["rows_refused"] == 1
    assert report["peak_memory_bytes"] < (512 + 150) << 20


def test_many_large_cells_are_decoded_a_few_at_a_time(run: Run, tmp_path: Path) -> None:
    rows = [{**large_row(0), **make_row(number)} for number in range(64)]
    for row in rows:
        row["inputs"] = {"messages": [{"role": "user", "content": row["id"] + "y" * 6_000_000}]}
    pq.write_table(table_of(rows), tmp_path / "runs.parquet", compression="zstd", write_batch_size=1)
    report = report_of(run, tmp_path / "runs.parquet", "--memory", "512MiB", "--threads", "2")
    assert report["conversations"] == 64
    assert report["peak_memory_bytes"] < (512 + 150) << 20


def test_many_threads_keep_a_small_limit_of_memory(run: Run, tmp_path: Path) -> None:
    rows = [make_row(number) for number in range(256)]
    for row in rows:
        row["inputs"] = {"messages": [{"role": "user", "content": row["id"] + "z" * 1_000_000}]}
    pq.write_table(
        table_of(rows), tmp_path / "runs.parquet", compression="zstd", row_group_size=64, write_batch_size=1
    )
    report = report_of(run, tmp_path / "runs.parquet", "--memory", "128MiB", "--threads", "16")
    assert report["conversations"] == 256
    assert report["peak_memory_bytes"] < (128 + 150) << 20


# ---- datasets that other programs wrote


@pytest.mark.parametrize(
    ("parts", "reads"), [('[ {"type": "text",  "text": "a"} ]', True), ("{'a'}", False), ("7", False)]
)
def test_parts_in_a_dataset_are_an_array_however_it_is_written(
    run: Run, tmp_path: Path, parts: str, reads: bool
) -> None:
    row = make_row(1, inputs={"messages": [{"role": "user", "content": [{"type": "image", "source": 1}]}]})
    run("import", write_lines(tmp_path / "runs.jsonl", [row]), "--out", tmp_path / "dataset", "--quiet")
    file = tmp_path / "dataset/train-00000.parquet"
    table = pq.read_table(file)
    messages = table["messages"].to_pylist()
    assert messages[0][0]["parts"] == '[{"type":"image","source":1}]'
    messages[0][0]["parts"] = parts
    pq.write_table(with_column(table, "messages", pa.array(messages, table.schema.field("messages").type)), file)
    manifest = json.loads((tmp_path / "dataset/manifest.json").read_text(encoding="utf-8"))
    manifest["files"][0].update(bytes=file.stat().st_size, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    (tmp_path / "dataset/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = run(
        "convert", tmp_path / "dataset", "--out", tmp_path / "out", "--format", "jsonl", status=0 if reads else 1
    )
    if reads:
        record = json.loads((tmp_path / "out/trajectories.jsonl").read_text(encoding="utf-8"))
        assert '"parts":[{"type":"text","text":"a"}]' in json.dumps(record, separators=(",", ":"))
    else:
        assert done.stderr.count("\n") == 1
        assert "a message's parts are no JSON array" in done.stderr
        assert not (tmp_path / "out").exists()
