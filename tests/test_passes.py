"""Imports and checks in little memory: several passes over the source, the same result."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, TRUTH, Row, Run, files_of, make_row, write_lines

EXPORT = TRUTH / "export.parquet"


def import_both_ways(run: Run, source: Path, folder: Path, *options: str, status: int = 0) -> tuple[Row, Row]:
    """Imports at once and in as many passes as there can be; compares the files, returns both reports."""
    run("import", source, "--out", folder / "once", "--format", "parquet,jsonl", "--quiet", *options, status=status)
    run(
        "import",
        source,
        "--out",
        folder / "passes",
        "--format",
        "parquet,jsonl",
        "--quiet",
        "--memory",
        "1kB",
        *options,
        status=status,
    )
    assert files_of(folder / "passes") == files_of(folder / "once")
    once, passes = (
        json.loads((folder / name / "report.json").read_text(encoding="utf-8")) for name in ("once", "passes")
    )
    assert once["passes"] == 1
    assert passes["passes"] >= 2 + once["conversations"]
    return once, passes


TIMES = ("passes", "seconds", "peak_memory_bytes")
# A text that comes up in several conversations is met once a pass.
REPEATED = ("text_bytes", "text_bytes_in_messages", "text_bytes_in_parameters", "text_set_aside_by_key")


def without(report: Row, *names: str) -> Row:
    return {key: value for key, value in report.items() if key not in names}


def test_the_report_is_the_same_in_any_number_of_passes(run: Run, tmp_path: Path) -> None:
    once, passes = import_both_ways(run, EXPORT, tmp_path)
    assert without(passes, *TIMES, *REPEATED) == without(once, *TIMES, *REPEATED)
    assert passes["adds_up"] is True


@pytest.mark.parametrize("order", ["as recorded", "shuffled"])
def test_passes_read_the_row_groups_that_hold_their_rows(run: Run, tmp_path: Path, order: str) -> None:
    table = pq.read_table(EXPORT)
    if order == "shuffled":
        table = table.take(random.Random(1).sample(range(table.num_rows), table.num_rows))
    # Rows of one run that stand far apart, of which only the payload tells which counts.
    again = table.slice(0, 40).set_column(
        table.column_names.index("outputs"), "outputs", pa.array([None] * 40, table.schema.field("outputs").type)
    )
    source = tmp_path / "source"
    source.mkdir()
    for number, part in enumerate([table, again]):
        pq.write_table(part, source / f"runs_{number}.parquet", row_group_size=7)
    once, passes = import_both_ways(run, source, tmp_path)
    assert once["runs_set_aside"]["duplicate_run"] == 40
    assert without(passes, *TIMES, *REPEATED) == without(once, *TIMES, *REPEATED)


def test_passes_over_json_lines_read_the_blocks_that_hold_their_rows(run: Run, tmp_path: Path) -> None:
    text = "word " * 40_000
    rows = [
        make_row(n, f"thread-{n % 7}", inputs={"messages": [{"role": "user", "content": f"{n} {text}"}]})
        for n in range(70)
    ]
    once, passes = import_both_ways(run, write_lines(tmp_path / "runs.jsonl", rows), tmp_path)
    assert without(passes, *TIMES, *REPEATED) == without(once, *TIMES, *REPEATED)


def test_passes_name_the_folder_that_takes_no_temporary_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "no folder"))
    done = run("import", EXPORT, "--dry-run", "--memory", "1kB", status=1)
    assert "temporary file (TMPDIR names the folder)" in done.stderr
    assert str(tmp_path / "no folder") in done.stderr


@pytest.mark.parametrize(
    "options", [("--limit", "3"), ("--until", "2026-11-22T11:46:20Z"), ("--keys", "conversation_id")]
)
def test_selections_hold_in_every_pass(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    once, passes = import_both_ways(run, EXPORT, tmp_path, *options)
    assert (passes["runs_used"], passes["runs_set_aside"]) == (once["runs_used"], once["runs_set_aside"])
    assert passes["problems"] == once["problems"]


@pytest.mark.parametrize(
    "options", [("--limit", "1"), ("--since", "2026-11-22T00:00:00Z"), ("--until", "2026-11-22T00:00:03Z")]
)
def test_payloads_of_what_is_set_aside_tell_nothing_in_any_pass(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    rows = [make_row(n, f"thread-{n}") for n in range(1, 6)]
    rows[0]["start_time"] = "2026-11-21T00:00:00.000000"
    for row in (rows[0], rows[4]):
        row["inputs"] = "{cut"
    kept = {"--limit": 1, "--since": 1, "--until": 1}[options[0]]
    source = write_lines(tmp_path / "runs.jsonl", rows)
    once, passes = import_both_ways(run, source, tmp_path, *options, status=3)
    assert once["problems"]["invalid_json"]["count"] == kept
    assert passes["problems"] == once["problems"]


def test_the_thread_key_is_that_of_the_whole_conversation_in_any_pass(run: Run, tmp_path: Path) -> None:
    early = make_row(1, extra={"metadata": {"conversation_id": "x"}}, start_time="2026-11-21T00:00:00.000000")
    late = make_row(2, extra={"metadata": {"thread_id": "x"}})
    source = write_lines(tmp_path / "runs.jsonl", [early, late, make_row(3, "y")])
    import_both_ways(run, source, tmp_path, "--since", "2026-11-22T00:00:00Z")


def test_problems_are_counted_once(run: Run, tmp_path: Path) -> None:
    rows = [make_row(n, f"thread-{n}") for n in range(4)]
    source = write_lines(
        tmp_path / "runs.jsonl",
        [
            *rows,
            make_row(5, "thread-1", extra="no json"),
            make_row(6, "thread-2", inputs="{cut"),
            "no json",
            make_row(7, "x", id=None),
        ],
    )
    once, passes = import_both_ways(run, source, tmp_path, status=3)
    assert once["problems"]["invalid_json"]["count"] >= 1
    assert once["rows_refused"] == 2
    assert passes["problems"] == once["problems"]


def a_run_in_two_traces() -> list[Row]:
    """Two roots, and a row below each for one run: the second ends later."""
    roots = [make_row(4, "early"), make_row(5, "late")]
    children = []
    for root, end in zip(roots, (8, 9), strict=True):
        row = make_row(6, root["extra"]["metadata"]["thread_id"], trace_id=root["id"], parent_run_id=root["id"])
        row["dotted_order"] = f"{root['dotted_order']}.{row['dotted_order']}"
        children.append({**row, "end_time": f"2026-11-22T00:00:{end:02d}.000000"})
    return [*roots, *children]


def test_a_run_with_rows_in_two_traces_has_one_home(run: Run, tmp_path: Path) -> None:
    once, _ = import_both_ways(run, write_lines(tmp_path / "runs.jsonl", a_run_in_two_traces()), tmp_path)
    assert once["runs_set_aside"] == {"duplicate_run": 1}


@pytest.mark.parametrize("more", [1, 1000])
@pytest.mark.parametrize(
    "other",
    [
        {"session_id": "another project"},
        {"extra": {"metadata": {"thread_id": "another thread"}}},
        {"extra": {}},
        {"start_time": "2026-11-21T00:00:00.000000"},
        {"parent_run_id": make_row(9)["id"]},
    ],
    ids=["project", "thread", "no thread", "start", "parent"],
)
def test_rows_of_one_run_that_differ_in_its_place_count_alike_in_every_pass(
    run: Run, tmp_path: Path, other: Row, more: int
) -> None:
    root = make_row(1, run_type="chain", inputs={"text": "x"})
    call = make_row(2, trace_id=root["id"], parent_run_id=root["id"])
    call["dotted_order"] = f"{root['dotted_order']}.{call['dotted_order']}"
    rows = [root, {**root, **other, "inputs": {"text": "x" * more}}, call, make_row(5, "thread-1")]
    once, _ = import_both_ways(run, write_lines(tmp_path / "runs.jsonl", rows), tmp_path)
    assert once["runs_set_aside"] == {"duplicate_run": 1}


def test_a_budget_between_all_and_nothing_needs_fewer_passes(run: Run, tmp_path: Path) -> None:
    passes = []
    for memory in ("1kB", "500kB", "1MB", "1GB"):
        passes.append(json.loads(run("import", EXPORT, "--dry-run", "--json", "--memory", memory).stdout)["passes"])
    assert passes == sorted(passes, reverse=True)
    assert passes[0] > passes[1] > passes[2] > passes[3] == 1


def test_verify_gives_the_same_answer_in_several_passes(run: Run, tmp_path: Path) -> None:
    source = ROOT / "examples/export"
    run("import", source, "--out", tmp_path / "out", "--quiet")
    once = json.loads(run("verify", source, tmp_path / "out", "--json").stdout)
    passes = json.loads(run("verify", source, tmp_path / "out", "--json", "--memory", "100kB").stdout)
    assert once["passes"] == 1
    assert passes["passes"] > 2
    assert without(passes, "passes") == without(once, "passes")


def test_verify_knows_in_every_pass_which_trace_a_run_is_in(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", a_run_in_two_traces())
    run("import", source, "--out", tmp_path / "out", "--quiet")
    once, passes = (
        json.loads(run("verify", source, tmp_path / "out", "--json", *options).stdout)
        for options in ((), ("--memory", "1kB"))
    )
    assert once["not_in_dataset"] == 0
    assert passes["passes"] > 2
    assert without(passes, "passes") == without(once, "passes")


def test_verify_takes_the_row_that_counts(run: Run, tmp_path: Path) -> None:
    early = make_row(
        1,
        "thread",
        end_time="2026-11-22T00:00:01.100000",
        inputs={"messages": [{"role": "user", "content": "an earlier form"}]},
    )
    for number, rows in enumerate([[early, make_row(1, "thread")], [make_row(1, "thread"), early]]):
        source = write_lines(tmp_path / f"{number}.jsonl", list(rows))
        run("import", source, "--out", tmp_path / str(number), "--quiet")
        assert json.loads(run("verify", source, tmp_path / str(number), "--json").stdout)["exact"] == 1


def test_verify_names_calls_that_are_on_one_side_only(run: Run, tmp_path: Path) -> None:
    root = make_row(1, "thread", run_type="chain")
    children = [
        {
            **make_row(n, "thread", trace_id=root["id"], parent_run_id=root["id"]),
            "dotted_order": f"{root['dotted_order']}.{make_row(n, 'thread')['dotted_order']}",
        }
        for n in (2, 3)
    ]
    both = write_lines(tmp_path / "both.jsonl", [root, *children])
    one = write_lines(tmp_path / "one.jsonl", [root, children[0]])
    run("import", both, "--out", tmp_path / "of_both", "--quiet")
    run("import", one, "--out", tmp_path / "of_one", "--quiet")
    assert json.loads(run("verify", both, tmp_path / "of_one", "--json").stdout)["not_in_dataset"] == 1
    done = run("verify", one, tmp_path / "of_both", "--json", status=1)
    assert json.loads(done.stdout)["not_in_source"] == 1
    assert "another export" in done.stderr


def test_inspect_counts_what_an_import_counts(run: Run) -> None:
    seen = json.loads(run("inspect", EXPORT, "--json").stdout)
    report = json.loads(run("import", EXPORT, "--dry-run", "--json").stdout)
    assert (seen["rows"], seen["conversations"], seen["traces"]) == (
        report["rows_read"],
        report["conversations"],
        report["turns"],
    )
    assert sum(seen["calls_by_shape"].values()) == report["model_calls"]
    assert seen["rows_by_type"]["llm"] == report["runs_used"]["model_call"]
    assert set(seen["calls_by_shape"]) == set(report["calls_by_shape"])


def test_rows_of_json_files_are_counted_by_file(run: Run, tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [make_row(1, "a"), "no json"])
    (tmp_path / "b.json").write_text(json.dumps([make_row(n, "b") for n in (2, 3, 4)]), encoding="utf-8")
    report = json.loads(run("import", tmp_path, "--dry-run", "--json", "--memory", "1kB", status=3).stdout)
    assert {Path(file["path"]).name: file["rows"] for file in report["files"]} == {"a.jsonl": 2, "b.json": 3}


def test_the_peak_is_the_import_s_own_and_not_that_of_the_process_that_started_it(run: Run, tmp_path: Path) -> None:
    ballast = bytearray(1) * (400 << 20)
    report = json.loads(
        run("import", write_lines(tmp_path / "runs.jsonl", [make_row(1)]), "--dry-run", "--json").stdout
    )
    assert 1 << 20 < report["peak_memory_bytes"] < len(ballast) // 2
