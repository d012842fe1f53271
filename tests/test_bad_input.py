"""Damaged, incomplete and odd input: a clear line or a named problem, and nothing else lost."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import TRUTH, Row, Run, files_of, lines_of, make_row, write_lines

EXPORT = TRUTH / "export.parquet"


@pytest.fixture
def import_rows(run: Run, tmp_path: Path) -> Callable[..., tuple[dict[str, Row], Row]]:
    """Imports rows; returns the records by conversation id, and the report."""

    def import_them(rows: list[Row | str], status: int = 0) -> tuple[dict[str, Row], Row]:
        source = write_lines(tmp_path / "runs.jsonl", rows)
        run("import", source, "--out", tmp_path / "out", "--format", "jsonl", "--force", "--quiet", status=status)
        records = [json.loads(line) for line in lines_of(tmp_path / "out/trajectories.jsonl")]
        return {record["conversation_id"]: record for record in records}, json.loads(
            (tmp_path / "out/report.json").read_text(encoding="utf-8")
        )

    return import_them


def texts(record: Row) -> list[str]:
    return [message["content"] for message in record["messages"]]


# ---- files


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.parquet", b"", "empty"),
        ("text.parquet", b"hello", "neither Parquet nor JSON"),
        ("cut.parquet", b"PAR1" + b"\0" * 100, "not a readable Parquet file"),
        ("runs.jsonl", b"\x1f\x8b\x08\x00", "compressed: unpack it first"),
        ("runs.json", "[{}]".encode("utf-16"), "UTF-16"),
        ("settings.json", b'{"theme": "dark"}', "neither id nor trace_id"),
        ("list.json", b"[1, 2]", "neither id nor trace_id"),
    ],
)
def test_a_file_that_is_no_export_is_one_clear_line(
    run: Run, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("import", tmp_path / name, "--out", tmp_path / "out", status=1)
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert name in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_truncated_export_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.parquet").write_bytes(EXPORT.read_bytes()[:400_000])
    done = run("import", tmp_path / "cut.parquet", "--out", tmp_path / "out", status=1)
    assert "cut.parquet" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["cut.parquet"]


def test_a_damaged_row_group_costs_its_own_rows(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "damaged.parquet"
    pq.write_table(pq.read_table(EXPORT), source, row_group_size=400)
    chunk = pq.read_metadata(source).row_group(1).column(0)
    data = bytearray(source.read_bytes())
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    data[begin : begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    source.write_bytes(bytes(data))
    report = json.loads(run("import", source, "--dry-run", "--json", status=3).stdout)
    assert (report["rows_read"], report["rows_refused"]) == (1683, 400)
    assert report["adds_up"] is True
    (example,) = report["problems"]["damaged_row_group"]["examples"]
    assert example["place"].endswith("damaged.parquet row 401")


@pytest.mark.parametrize("content", [b"", b"hello", EXPORT.read_bytes()[:400_000]])
def test_a_bad_file_beside_good_ones_is_a_problem(run: Run, tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write_lines(folder / "good.jsonl", [make_row(1)])
    (folder / "bad.parquet").write_bytes(content)
    report = json.loads(run("import", folder, "--dry-run", "--json", status=3).stdout)
    assert report["conversations"] == 1
    (example,) = report["problems"]["unreadable_file"]["examples"]
    assert example["place"].endswith("bad.parquet")
    run("import", folder, "--out", tmp_path / "out", "--strict", status=3)
    assert not (tmp_path / "out").exists()


def test_a_byte_order_mark_is_passed_over(run: Run, tmp_path: Path) -> None:
    for name, text in [("a.json", json.dumps([make_row(1)])), ("b.jsonl", json.dumps(make_row(2)) + "\n")]:
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert json.loads(run("import", tmp_path / name, "--dry-run", "--json").stdout)["conversations"] == 1


def test_links_lead_to_each_file_once(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write_lines(folder / "runs.jsonl", [make_row(1)])
    (folder / "loop").symlink_to(folder)
    (folder / "again.jsonl").symlink_to(folder / "runs.jsonl")
    report = json.loads(run("import", folder, folder / "loop/loop", "--dry-run", "--json").stdout)
    assert (len(report["files"]), report["rows_read"]) == (1, 1)


def test_pipes_and_double_stars_are_refused_with_advice(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in ("-", tmp_path / "pipe"):
        assert "save the runs to a file" in run("import", source, "--dry-run", status=2).stderr
    assert "any depth" in run("import", tmp_path / "**/*.parquet", "--dry-run", status=2).stderr


def test_a_folder_without_exports_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "export/tmp").mkdir(parents=True)
    (tmp_path / "export/tmp/probe.txt").write_text("x", encoding="utf-8")
    done = run("import", tmp_path / "export", "--out", tmp_path / "out", status=1)
    assert "no *.parquet" in done.stderr


def test_stray_files_in_a_folder_are_left_alone_and_counted(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export/export_id=1/runs/year=2026"
    folder.mkdir(parents=True)
    write_lines(folder / "a.jsonl", [make_row(1)])
    (tmp_path / "export/tmp").mkdir()
    (tmp_path / "export/tmp/probe.txt").write_text("x", encoding="utf-8")
    (tmp_path / "export/tmp/settings.json").write_text('{"theme": "dark"}', encoding="utf-8")
    report = json.loads(run("import", tmp_path / "export", "--dry-run", "--json").stdout)
    assert (report["other_files"], report["conversations"]) == (2, 1)


def test_an_export_without_rows_gives_an_empty_dataset(run: Run, tmp_path: Path) -> None:
    pq.write_table(pq.read_table(EXPORT).slice(0, 0), tmp_path / "none.parquet")
    run("import", tmp_path / "none.parquet", "--out", tmp_path / "out", "--quiet")
    assert pq.read_table(tmp_path / "out/train-00000.parquet").num_rows == 0


# ---- columns

STRUCTURE = ("dotted_order", "parent_run_id", "parent_run_ids")


def roles_and_texts(path: Path) -> dict[str, list[tuple[str, str]]]:
    records = [json.loads(line) for line in lines_of(path / "trajectories.jsonl")]
    return {record["conversation_id"]: [(m["role"], m["content"]) for m in record["messages"]] for record in records}


@pytest.mark.parametrize("structure", STRUCTURE)
@pytest.mark.parametrize("with_extra", [True, False])
def test_few_columns_are_enough(run: Run, tmp_path: Path, structure: str, with_extra: bool) -> None:
    table = pq.read_table(EXPORT)
    columns = [
        "id",
        "trace_id",
        "inputs",
        "outputs",
        structure,
        *(["extra", "start_time", "run_type", "name"] if with_extra else []),
    ]
    pq.write_table(table.select(columns), tmp_path / "few.parquet")
    run("import", tmp_path / "few.parquet", "--out", tmp_path / "few", "--format", "jsonl", "--quiet")
    found = roles_and_texts(tmp_path / "few")
    assert sum(len(messages) for messages in found.values()) > 500
    if with_extra:
        run("import", EXPORT, "--out", tmp_path / "all", "--format", "jsonl", "--quiet")
        everything = roles_and_texts(tmp_path / "all")
        same = sum(found[key] == messages for key, messages in everything.items())
        assert same >= 0.95 * len(everything)


@pytest.mark.parametrize("missing", ["id", "trace_id", "inputs", "outputs"])
def test_a_required_column_that_is_missing_is_named(run: Run, tmp_path: Path, missing: str) -> None:
    pq.write_table(pq.read_table(EXPORT).drop_columns([missing]), tmp_path / "export.parquet")
    done = run("import", tmp_path / "export.parquet", "--out", tmp_path / "out", status=1)
    assert f"'{missing}'" in done.stderr
    assert "export.parquet" in done.stderr


def test_without_any_structure_all_three_columns_are_named(run: Run, tmp_path: Path) -> None:
    pq.write_table(pq.read_table(EXPORT).drop_columns(list(STRUCTURE)), tmp_path / "export.parquet")
    done = run("import", tmp_path / "export.parquet", "--out", tmp_path / "out", status=1)
    assert all(name in done.stderr for name in STRUCTURE)


def as_type(column: str, values: Any) -> pa.Table:
    table = pq.read_table(EXPORT)
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize("column", ["id", "inputs"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.list_(pa.string()), pa.struct([("a", pa.string())]), pa.date32()])
def test_a_required_column_of_another_type_is_an_error(run: Run, tmp_path: Path, column: str, kind: Any) -> None:
    pq.write_table(as_type(column, pa.nulls(1683, kind)), tmp_path / "export.parquet")
    done = run("import", tmp_path / "export.parquet", "--dry-run", status=1)
    assert f"the column '{column}' has type" in done.stderr
    assert "text is needed" in done.stderr


@pytest.mark.parametrize(
    ("column", "kind"), [("start_time", pa.date32()), ("extra", pa.list_(pa.string())), ("total_cost", pa.int64())]
)
def test_an_optional_column_of_another_type_is_left_out_and_named(
    run: Run, tmp_path: Path, column: str, kind: Any
) -> None:
    pq.write_table(as_type(column, pa.nulls(1683, kind)), tmp_path / "wrong.parquet")
    pq.write_table(pq.read_table(EXPORT).drop_columns([column]), tmp_path / "without.parquet")
    outputs = {}
    for name in ("wrong", "without"):
        run("import", tmp_path / f"{name}.parquet", "--out", tmp_path / name, "--quiet")
        outputs[name] = files_of(tmp_path / name)
    assert outputs["wrong"] == outputs["without"]
    report = json.loads((tmp_path / "wrong/report.json").read_text(encoding="utf-8"))
    problem = report["problems"]["unreadable_column"]
    assert (problem["count"], problem["severity"]) == (1, "warning")
    assert f"'{column}' has type" in problem["examples"][0]["detail"]


def test_identifiers_may_be_sixteen_bytes(run: Run, tmp_path: Path) -> None:
    table = pq.read_table(EXPORT)
    for column in ("id", "trace_id", "parent_run_id"):
        values = [value and uuid.UUID(value).bytes for value in table[column].to_pylist()]
        table = table.set_column(table.column_names.index(column), column, pa.array(values, pa.binary(16)))
    pq.write_table(table, tmp_path / "bytes.parquet")
    run("import", tmp_path / "bytes.parquet", "--out", tmp_path / "bytes", "--quiet")
    run("import", EXPORT, "--out", tmp_path / "text", "--quiet")
    assert files_of(tmp_path / "bytes") == files_of(tmp_path / "text")


def test_missing_columns_are_named_once_with_what_follows(run: Run, tmp_path: Path) -> None:
    table = pq.read_table(EXPORT)
    for part in range(2):
        pq.write_table(table.slice(part * 800, 800).drop_columns(["extra", "status"]), tmp_path / f"{part}.parquet")
    done = run("import", tmp_path, "--dry-run", "--report", tmp_path / "report")
    assert done.stderr.count("thread keys") == 1
    problem = json.loads((tmp_path / "report").read_text(encoding="utf-8"))["problems"]["missing_column"]
    assert (problem["count"], problem["severity"]) == (2, "warning")
    assert {example["place"] for example in problem["examples"]} == {"extra", "status"}


@pytest.mark.parametrize("kind", [pa.string(), pa.null()])
def test_payloads_without_any_value_are_a_warning(run: Run, tmp_path: Path, kind: Any) -> None:
    pq.write_table(as_type("inputs", pa.nulls(1683, kind)), tmp_path / "export.parquet")
    report = json.loads(run("import", tmp_path / "export.parquet", "--dry-run", "--json").stdout)
    assert report["problems"]["no_payloads"]["severity"] == "warning"
    assert "empty" not in report["calls_replayed_exactly_by_shape"]


# ---- rows and cells


def test_a_line_that_is_no_json_is_refused_with_its_place(import_rows: Any) -> None:
    records, report = import_rows([make_row(1), '{"id": "cut', make_row(3)], status=3)
    assert sorted(records) == ["thread-1", "thread-3"]
    assert report["rows_refused"] == 1
    problem = report["problems"]["invalid_json_row"]
    assert (problem["count"], problem["severity"]) == (1, "refused")
    assert "runs.jsonl row 2" in problem["examples"][0]["place"]
    assert report["adds_up"] is True


def test_a_source_without_any_usable_run_is_an_error(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", ['{"id": "cut', make_row(1, id=None)])
    done = run("import", source, "--out", tmp_path / "out", status=1)
    assert "no usable run" in done.stderr
    assert "runs.jsonl row 1" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_row_without_id_is_refused(import_rows: Any) -> None:
    records, report = import_rows([make_row(1), make_row(2, id=None)], status=3)
    assert list(records) == ["thread-1"]
    assert report["problems"]["row_without_id"]["count"] == 1


def parquet_with(tmp_path: Path, rows: list[Row]) -> Path:
    """Rows as a Parquet export, payloads given as bytes or values."""
    columns: dict[str, Any] = {}
    for name in make_row(1):
        values = [row[name] for row in rows]
        if name in ("inputs", "outputs", "extra"):
            values = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
            columns[name] = pa.array(values, pa.binary())
        else:
            columns[name] = pa.array(values, pa.string())
    pq.write_table(pa.table(columns), tmp_path / "export.parquet")
    return tmp_path / "export.parquet"


def import_parquet(run: Run, tmp_path: Path, rows: list[Row], status: int = 0) -> tuple[dict[str, Row], Row]:
    run(
        "import",
        parquet_with(tmp_path, rows),
        "--out",
        tmp_path / "out",
        "--format",
        "jsonl",
        "--force",
        "--quiet",
        status=status,
    )
    records = [json.loads(line) for line in lines_of(tmp_path / "out/trajectories.jsonl")]
    return {record["conversation_id"]: record for record in records}, json.loads(
        (tmp_path / "out/report.json").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize(
    "cell", [b"{'python': 'repr'}", b"[" * 10_000 + b"]" * 10_000, b'{"messages": [', b'{"a": 01}']
)
def test_a_cell_that_is_no_json_costs_only_itself(run: Run, tmp_path: Path, cell: bytes) -> None:
    records, report = import_parquet(run, tmp_path, [make_row(1), make_row(2, inputs=cell), make_row(3)], status=3)
    assert texts(records["thread-1"]) == ["question 1", "answer 1"]
    assert texts(records["thread-2"]) == ["answer 2"]
    assert report["problems"]["invalid_json"]["count"] == 1
    assert report["adds_up"] is True


@pytest.mark.parametrize("key", ["events", "tools", "temperature", "response_format", "args", "messages", "system"])
def test_what_is_no_json_deep_in_an_input_is_named_and_never_written(run: Run, tmp_path: Path, key: str) -> None:
    inner = json.dumps({key: [{"role": "user", "content": "@", "name": {"deep": ["@"]}}]})
    cell = inner.replace('"@"', '$"broken"').encode()
    _, report = import_parquet(run, tmp_path, [make_row(1, inputs=cell), make_row(2)], status=3)
    assert report["problems"]["invalid_json"]["count"] >= 1
    assert report["conversations"] == 2


def test_settings_that_are_no_json_deep_inside_cost_themselves_alone(import_rows: Any) -> None:
    metadata = {"thread_id": "thread", "ls_model_name": "known"}
    row = json.dumps(make_row(1, extra={"metadata": metadata, "invocation_params": "HERE"}))
    (records, report) = import_rows([row.replace('"HERE"', '{"model": "m", "a": {"b": {"c": NaN}}}')], status=3)
    assert records["thread"]["calls"][0]["model"] == "known"
    assert report["problems"]["invalid_json"]["count"] == 1


def test_broken_utf8_is_replaced_and_named(run: Run, tmp_path: Path) -> None:
    cell = b'{"messages": [{"role": "user", "content": "caf\xe9 open?"}]}'
    records, report = import_parquet(run, tmp_path, [make_row(1, inputs=cell)])
    assert texts(records["thread-1"])[0] == "caf\ufffd open?"
    assert report["problems"]["invalid_utf8"]["count"] == 1


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "NUL \0 and \x1b[31m", "\u2028 \ufeff 😀", "x" * 300_000])
def test_odd_text_survives_every_form(run: Run, tmp_path: Path, text: str) -> None:
    row = make_row(1, inputs={"messages": [{"role": "user", "content": text}]})
    source = write_lines(tmp_path / "runs.jsonl", [row])
    run("import", source, "--out", tmp_path / "direct", "--format", "parquet,jsonl,json", "--quiet")
    (line,) = lines_of(tmp_path / "direct/jsonl/trajectories.jsonl")
    assert json.loads(line)["messages"][0]["content"] == text
    run("convert", tmp_path / "direct/parquet", "--format", "jsonl", "--out", tmp_path / "converted", "--quiet")
    assert (tmp_path / "converted/trajectories.jsonl").read_text(encoding="utf-8") == line + "\n"
    saved = json.loads((tmp_path / "direct/json/thread-1.json").read_text(encoding="utf-8"))
    assert saved["steps"][0]["messages"][0]["content"] == text
    assert "\x1b" not in run("show", tmp_path / "direct/parquet").stdout


def test_a_number_of_any_length_keeps_its_digits(import_rows: Any) -> None:
    digits = "9" * 100_000
    line = json.dumps(
        make_row(
            1, outputs={"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "f", "args": {"n": 7}}]}
        )
    ).replace(": 7}", f": {digits}}}")
    records, _ = import_rows([line])
    assert digits in records["thread-1"]["messages"][1]["tool_calls"][0]["function"]["arguments"]


@pytest.mark.parametrize("cell", ["{'score': 1}", '{"a":' * 10_000 + "1" + "}" * 10_000, "[1]", "7"])
def test_feedback_that_cannot_be_read_is_named(run: Run, tmp_path: Path, cell: str) -> None:
    good = {"score": {"n": 1, "avg": 0.5}}
    rows = [make_row(1, feedback_stats=cell), make_row(2, feedback_stats=json.dumps(good))]
    columns = {name: [r[name] if isinstance(r[name], str) else json.dumps(r[name]) for r in rows] for name in rows[0]}
    pq.write_table(pa.table(columns), tmp_path / "runs.parquet")
    options = ("--out", tmp_path / "out", "--format", "jsonl", "--json")
    report = json.loads(run("import", tmp_path / "runs.parquet", *options, status=3).stdout)
    assert report["problems"]["invalid_json"]["count"] == 1
    (example,) = report["problems"]["invalid_json"]["examples"]
    assert example["place"] == rows[0]["id"]
    assert example["detail"].startswith("feedback_stats: ")
    rewards = [json.loads(line).get("reward") for line in lines_of(tmp_path / "out/trajectories.jsonl")]
    assert [reward and reward["aggregated_value"] for reward in rewards] == [None, 0.5]


def test_of_duplicate_rows_the_later_end_counts(import_rows: Any) -> None:
    early = make_row(1, end_time=None, status="pending", outputs={})
    for order in ([early, make_row(1)], [make_row(1), early]):
        records, report = import_rows(order)
        assert texts(records["thread-1"]) == ["question 1", "answer 1"]
        assert report["runs_set_aside"]["duplicate_run"] == 1
        assert report["adds_up"] is True


def test_orphans_and_cycles_are_kept_and_named(import_rows: Any) -> None:
    root = make_row(1)
    orphan = make_row(2, trace_id=root["id"], parent_run_id="ffffffff-0000-4000-8000-000000000000", dotted_order=None)
    first = make_row(3, trace_id="t3", parent_run_id=make_row(4)["id"], dotted_order=None)
    second = make_row(
        4,
        trace_id="t3",
        parent_run_id=make_row(3)["id"],
        dotted_order=None,
        extra={"metadata": {"thread_id": "thread-3"}},
    )
    records, report = import_rows([root, orphan, first, second])
    assert report["problems"]["orphan_run"]["count"] == 1
    assert report["problems"]["parent_cycle"]["count"] == 1
    kept = json.dumps(records)
    for number in (1, 2, 3, 4):
        assert f"answer {number}" in kept


def nested_agents(levels: int) -> list[Row | str]:
    """A model's call asks for a tool, whose run holds a model's call that asks for a tool, and so on."""
    root = make_row(0, run_type="chain", inputs={}, outputs={}, dotted_order=None)
    rows: list[Row | str] = [root]
    parent = root["id"]
    for level in range(levels):
        place = {"trace_id": root["id"], "parent_run_id": parent, "dotted_order": None}
        call = {"id": f"c{level}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        asked = {"role": "assistant", "content": f"depth {level}", "tool_calls": [call]}
        rows.append(make_row(2 * level + 1, "thread-0", **place, outputs=asked))
        result = {"inputs": {}, "outputs": {"output": "done"}, "extra": {"tool_call_id": call["id"]}}
        rows.append(make_row(2 * level + 2, run_type="tool", **{**place, **result, "name": "f"}))
        parent = make_row(2 * level + 2)["id"]
    return rows


@pytest.mark.parametrize(("levels", "too_deep"), [(100, False), (1000, True)])
def test_agents_in_agents_stay_readable_however_deep(run: Run, tmp_path: Path, levels: int, too_deep: bool) -> None:
    source = write_lines(tmp_path / "runs.jsonl", nested_agents(levels))
    run("import", source, "--out", tmp_path / "out", "--format", "parquet,jsonl", "--quiet")
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert report["subagents"] == levels - 1
    assert ("subagents_too_deep" in report["problems"]) is too_deep
    shown = run("show", tmp_path / "out/parquet", "thread-0").stdout
    assert all(f"depth {level}" in shown for level in range(levels))
    run("convert", tmp_path / "out/parquet", "--format", "jsonl", "--out", tmp_path / "converted", "--quiet")
    assert files_of(tmp_path / "converted") == files_of(tmp_path / "out/jsonl")
    run("verify", source, tmp_path / "out/parquet")


def test_a_part_as_deep_as_payloads_go_stays_readable(run: Run, tmp_path: Path) -> None:
    row = make_row(1, inputs={"messages": [{"role": "user", "content": [{"type": "document", "source": "deep"}]}]})
    deep = '{"a":' * 990 + '"end"' + "}" * 990
    source = write_lines(tmp_path / "runs.jsonl", [json.dumps(row).replace('"deep"', deep)])
    run("import", source, "--out", tmp_path / "out", "--format", "parquet,jsonl,json", "--quiet")
    assert '"end"' in (tmp_path / "out/jsonl/trajectories.jsonl").read_text(encoding="utf-8")
    run("convert", tmp_path / "out/parquet", "--format", "jsonl,json", "--out", tmp_path / "converted", "--quiet")
    assert files_of(tmp_path / "converted/json") == files_of(tmp_path / "out/json")


def test_a_pending_run_keeps_its_question(import_rows: Any) -> None:
    records, _ = import_rows([make_row(1, outputs={}, end_time=None, status="pending")])
    assert texts(records["thread-1"]) == ["question 1"]
    assert records["thread-1"]["calls"][0]["answer"] is None


NAMES = ["../escape", "a/b\\c", "nul\0name", ".hidden", "x" * 300, "CASE", "case", "", "con trol\n"]


def test_conversation_ids_never_leave_the_folder(run: Run, tmp_path: Path) -> None:
    rows: list[Row | str] = [make_row(n, extra={"metadata": {"thread_id": name}}) for n, name in enumerate(NAMES)]
    source = write_lines(tmp_path / "runs.jsonl", rows)
    report = json.loads(run("import", source, "--out", tmp_path / "out/saved", "--format", "json", "--json").stdout)
    names = [path.name for path in (tmp_path / "out/saved").iterdir()]
    assert len(names) == len(NAMES)
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.endswith(".json") and not name.startswith(".") for name in names)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["saved"]
    assert report["problems"]["file_renamed"]["count"] >= 3


def test_rows_of_the_newer_api_are_read(import_rows: Any) -> None:
    row = make_row(
        1,
        run_type="LLM",
        status="SUCCESS",
        metadata={"thread_id": "thread-1"},
        total_cost=0.00012345,
        prompt_tokens=3,
        completion_tokens=4,
        total_tokens=7,
    )
    row["project_id"] = row.pop("session_id")
    del row["extra"]
    records, _ = import_rows([row])
    assert texts(records["thread-1"]) == ["question 1", "answer 1"]
    assert records["thread-1"]["project_id"] == "project"
    assert records["thread-1"]["task"]["total_tokens"] == 7
    assert records["thread-1"]["task"]["total_cost"] == 0.00012345


def test_strict_writes_nothing_when_data_is_refused(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", [make_row(1), "not json"])
    done = run("import", source, "--out", tmp_path / "out", "--strict", "--quiet", status=3)
    assert "invalid_json_row 1" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs.jsonl"]
