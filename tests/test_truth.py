"""Imports of recorded traces against the truth of what the models saw and said, and against themselves."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, TRUTH, Run, files_of, lines_of

EXPORT = TRUTH / "export.parquet"
COLUMNS = ("recall", "precision", "linkage", "reasoning", "subagents", "contexts", "counts")


def score(prediction: Path) -> dict[str, str]:
    command = [sys.executable, str(TRUTH / "score.py"), str(prediction), str(TRUTH / "traces")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(word.split("=") for word in done.stdout.splitlines()[-1].split()[1:])


@pytest.fixture(scope="module")
def imported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("imported") / "all"
    run("import", EXPORT, "--out", out, "--format", "parquet,jsonl,json", "--quiet")
    return out


def test_every_conversation_is_exact_in_the_native_form(imported: Path) -> None:
    result = score(imported / "jsonl")
    assert result["exact_conversations"] == "102/102"
    assert {name: result[name] for name in COLUMNS} == dict.fromkeys(COLUMNS, "1.0000")


def test_every_conversation_is_exact_in_the_contracts_form(imported: Path) -> None:
    result = score(imported / "json")
    assert result["exact_conversations"] == "102/102"
    for name in ("recall", "precision", "linkage", "reasoning", "counts"):
        assert result[name] in ("1.0000", "nan"), name


def test_the_report_adds_up(imported: Path) -> None:
    report = json.loads((imported / "report.json").read_text(encoding="utf-8"))
    assert report["adds_up"] is True
    assert report["rows_read"] == pq.ParquetFile(EXPORT).metadata.num_rows
    assert (
        report["rows_read"]
        == sum(report["runs_used"].values()) + sum(report["runs_set_aside"].values()) + report["rows_refused"]
    )
    assert report["text_under_unknown_keys"] == {}
    replayed = report["calls_replayed_exactly_by_shape"]
    for shape, calls in report["calls_by_shape"].items():
        assert shape == "gemini" or replayed[shape] == calls, shape


def test_import_inspect_and_verify_count_the_same_calls(run: Run, imported: Path) -> None:
    report = json.loads((imported / "report.json").read_text(encoding="utf-8"))
    inspected = json.loads(run("inspect", EXPORT, "--json").stdout)
    verified = json.loads(run("verify", EXPORT, imported / "parquet", "--json", status=3).stdout)
    assert report["calls_by_shape"] == inspected["calls_by_shape"]
    assert report["calls_by_shape"] == {shape: calls for shape, (_, calls) in verified["by_shape"].items()}
    assert sum(report["calls_by_shape"].values()) == report["model_calls"]
    assert report["calls_replayed_exactly_by_shape"] == {
        shape: exact for shape, (exact, _) in verified["by_shape"].items()
    }


def test_convert_gives_the_bytes_of_a_direct_import(run: Run, imported: Path, tmp_path: Path) -> None:
    run("convert", imported / "parquet", "--format", "parquet,jsonl,json", "--out", tmp_path / "converted", "--quiet")
    assert files_of(tmp_path / "converted") == files_of(imported)
    run(
        "convert",
        imported / "jsonl" / "trajectories.jsonl",
        "--format",
        "json",
        "--out",
        tmp_path / "from_lines",
        "--quiet",
    )
    assert files_of(tmp_path / "from_lines") == files_of(imported / "json")


def test_verify_names_only_what_the_recording_lost(run: Run, imported: Path) -> None:
    done = run("verify", EXPORT, imported / "parquet", "--json", status=3)
    result = json.loads(done.stdout)
    assert result["not_in_source"] == 0
    differing = {shape for shape, (exact, calls) in result["by_shape"].items() if exact != calls}
    assert differing == {"gemini"}


def test_saved_files_are_what_python_would_write(imported: Path) -> None:
    files = sorted((imported / "json").iterdir())
    assert len(files) > 100
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=2), path.name


def without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None and key != "idx"}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def test_content_hash_is_that_of_the_canonical_json(imported: Path) -> None:
    import hashlib

    for path in sorted((imported / "json").iterdir()):
        saved = json.loads(path.read_text(encoding="utf-8"))
        content = without_nulls({key: saved[key] for key in ("task", "steps", "metrics", "execution_metrics")})
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        expected = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
        if "\\ud8" not in path.read_text(encoding="utf-8").lower():
            assert saved["telemetry"]["data"]["content_hash"] == expected, path.name


def rewrite(target: Path, files: int, **options: object) -> None:
    """The export's rows in another order, over several files, written with other options."""
    table = pq.read_table(EXPORT)
    rows = list(range(table.num_rows))
    random.Random(7).shuffle(rows)
    target.mkdir()
    for number in range(files):
        part = table.take(rows[number::files])
        pq.write_table(part, target / f"{number}.parquet", **options)


VARIATIONS: dict[str, dict[str, object]] = {
    "shuffled": {"row_group_size": 100},
    "snappy_one_group": {"compression": "snappy"},
    "gzip_no_dictionary": {"compression": "gzip", "use_dictionary": False, "row_group_size": 37},
    "plain_pages_v2": {"compression": "none", "data_page_version": "2.0", "data_page_size": 1000},
    "nanoseconds": {"version": "2.6", "coerce_timestamps": None},
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_row_order_files_and_encodings_do_not_show(run: Run, imported: Path, tmp_path: Path, name: str) -> None:
    rewrite(tmp_path / "export", 1 if name == "snappy_one_group" else 5, **VARIATIONS[name])
    run("import", tmp_path / "export", "--out", tmp_path / "out", "--format", "jsonl", "--quiet")
    assert files_of(tmp_path / "out") == files_of(imported / "jsonl")


def test_large_and_dictionary_text_columns_are_read(run: Run, imported: Path, tmp_path: Path) -> None:
    table = pq.read_table(EXPORT)
    for name in ("inputs", "extra"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(pa.large_string()))
    place = table.schema.get_field_index("run_type")
    table = table.set_column(place, "run_type", table.column("run_type").dictionary_encode())
    pq.write_table(table, tmp_path / "export.parquet")
    run("import", tmp_path / "export.parquet", "--out", tmp_path / "out", "--format", "jsonl", "--quiet")
    assert files_of(tmp_path / "out") == files_of(imported / "jsonl")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_show(run: Run, imported: Path, tmp_path: Path, threads: int) -> None:
    run("import", EXPORT, "--out", tmp_path / "out", "--threads", str(threads), "--quiet")
    assert files_of(tmp_path / "out") == files_of(imported / "parquet")


def test_a_small_memory_limit_takes_more_passes_and_does_not_show(run: Run, imported: Path, tmp_path: Path) -> None:
    done = run("import", EXPORT, "--out", tmp_path / "out", "--memory", "500kB", "--json")
    report = json.loads(done.stdout)
    assert report["passes"] > 2
    assert report["adds_up"] is True
    assert files_of(tmp_path / "out") == files_of(imported / "parquet")


@pytest.mark.parametrize("scenario", ["q_threads", "w_hard"])
def test_the_api_s_json_and_the_export_give_the_same_bytes(
    run: Run, imported: Path, tmp_path: Path, scenario: str
) -> None:
    folder = TRUTH / "traces" / scenario
    ids = [
        c["conversation_id"] for c in json.loads((folder / "truth.json").read_text(encoding="utf-8"))["conversations"]
    ]
    run("import", folder / "runs.jsonl", "--out", tmp_path / "lines", "--format", "jsonl", "--quiet")
    run("import", EXPORT, "--out", tmp_path / "export", "--format", "jsonl", "--conversation", *ids, "--quiet")
    assert files_of(tmp_path / "lines") == files_of(tmp_path / "export")
    rows = [json.loads(line) for line in lines_of(folder / "runs.jsonl")]
    for name, text in {
        "array": json.dumps(rows),
        "pretty": json.dumps(rows, indent=1),
        "wrapped": json.dumps({"runs": rows, "cursors": {"next": None}}),
    }.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        run("import", tmp_path / f"{name}.json", "--out", tmp_path / name, "--format", "jsonl", "--quiet")
        assert files_of(tmp_path / name) == files_of(tmp_path / "lines"), name


def test_the_shipped_folder_is_part_of_the_same_truth(run: Run, imported: Path, tmp_path: Path) -> None:
    run("import", ROOT / "examples/export", "--out", tmp_path / "out", "--format", "json", "--quiet")
    of_export = files_of(imported / "json")
    shipped = files_of(tmp_path / "out")
    assert len(shipped) > 20
    assert all(of_export[name] == data for name, data in shipped.items())
