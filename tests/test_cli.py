"""The program as its users meet it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, TRUTH, Run, files_of, lines_of

EXPORT = TRUTH / "export.parquet"


def commands(run: Run) -> list[str]:
    """The names that the program's help lists."""
    shown = run("--help").stdout
    return re.findall(r"^  (\w+) ", shown.split("Subcommands:")[1], re.MULTILINE)


def ids_of(folder: Path) -> list[str]:
    return [json.loads(line)["conversation_id"] for line in lines_of(folder / "trajectories.jsonl")]


@pytest.fixture(scope="module")
def dataset(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "dataset"
    run("import", EXPORT, "--out", out, "--quiet")
    return out


def import_lines(run: Run, out: Path, *options: str) -> list[str]:
    run("import", EXPORT, "--out", out, "--format", "jsonl", "--quiet", *options)
    return ids_of(out)


# ---- help and usage


def test_every_command_shows_an_example(run: Run) -> None:
    names = commands(run)
    assert len(names) > 12 and {"import", "upload", "serve"} <= set(names)
    for command in names:
        shown = run(command, "--help").stdout
        assert f"trajectory {command}" in shown.split("Example:")[1]
    assert run("--version").stdout.startswith("trajectory ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "a command is missing"),
        (["frobnicate"], "no command 'frobnicate'"),
        (["import"], "SOURCE"),
        (["import", "x.parquet"], "--out"),
        (["import", "x.parquet", "--out", "o", "--format", "xml"], "parquet, jsonl or json"),
        (["import", "x.parquet", "--out", "o", "--since", "soon"], "--since soon"),
        (["import", "x.parquet", "--out", "o", "--memory", "lots"], "--memory lots"),
        (["import", "x.parquet", "--out", "o", "--nope"], "--nope"),
        (["import", "x.parquet", "--out", "o", "--memory", "5"], "at least 1kB"),
        (["import", "x.parquet", "--out", "o", "--format", ""], "--format"),
        (["import", "x.parquet", "--out", "o", "--keys", ""], "--keys"),
        (["import", "x.parquet", "--out", "o", "--threads", "none"], "a number from 1 to 1024"),
        (["import", "x.parquet", "--out"], "--out needs a value"),
        (["import", "--dry-run"], "a SOURCE is missing"),
        (
            ["import", "--dry-run", "--conversation", "a,b", "x.parquet", "--quiet"],
            "before an option that takes several",
        ),
        (["import", "--dry-run", "--conversation", "--quiet", "x.parquet"], "ids of conversations"),
        (["verify", "x.parquet"], "DATASET"),
        (["completion", "tcsh"], "tcsh"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line(run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments, status=2)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


# ---- import


def test_an_output_that_is_not_empty_is_refused_without_force(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_lines(run, out)
    done = run("import", EXPORT, "--out", out, status=1)
    assert "--force" in done.stderr
    assert list(files_of(out)) == ["trajectories.jsonl"]
    run("import", EXPORT, "--out", out, "--force", "--quiet")
    assert "trajectories.jsonl" not in files_of(out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("formats", ["parquet", "jsonl", "json", "parquet,jsonl,json"])
def test_force_replaces_what_we_wrote_and_nothing_else(run: Run, tmp_path: Path, formats: str) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        run("import", EXPORT, "--out", out, "--format", formats, "--force", "--quiet")
    stray = next(path for path in out.rglob("*") if path.is_file()).parent / "thesis.json"
    stray.write_text('{"a": 1}', encoding="utf-8")
    done = run("import", EXPORT, "--out", out, "--force", status=1)
    assert "thesis.json" in done.stderr
    assert stray.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("source", "out"), [("export", "export"), ("export/part*", "export"), ("export/part/runs.jsonl", "export/part")]
)
def test_an_output_never_replaces_its_source(run: Run, tmp_path: Path, source: str, out: str) -> None:
    runs = tmp_path / "export/part/runs.jsonl"
    runs.parent.mkdir(parents=True)
    runs.write_text('{"id": "a", "trace_id": "a"}\n', encoding="utf-8")
    done = run("import", tmp_path / source, "--out", tmp_path / out, "--force", status=2)
    assert "its own source" in done.stderr
    done = run("import", tmp_path / source, "--dry-run", "--report", runs, status=2)
    assert files_of(tmp_path) == {"export/part/runs.jsonl": b'{"id": "a", "trace_id": "a"}\n'}


def test_a_conversion_never_replaces_its_source(run: Run, tmp_path: Path) -> None:
    run("import", EXPORT, "--out", tmp_path / "out", "--format", "parquet,jsonl", "--quiet")
    for source in ("out", "out/parquet"):
        run("convert", tmp_path / source, "--out", tmp_path / "out", "--format", "json", "--force", status=2)


def test_the_present_folder_is_no_output(run: Run, tmp_path: Path) -> None:
    assert "present folder" in run("import", EXPORT, "--out", ".", "--force", status=2, cwd=tmp_path).stderr


def test_an_output_inside_the_export_is_not_read_again(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/export", tmp_path / "export")
    for formats in ("parquet", "parquet,jsonl,json"):
        out = tmp_path / "export" / formats
        run("import", tmp_path / "export", "--out", out, "--format", formats, "--quiet")
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        assert (report["rows_read"], report["problems"]) == (680, {})
    assert report["other_files"] == 3
    done = run("import", tmp_path / "export/parquet", "--dry-run", status=1)
    assert "dataset" in done.stderr


def test_one_format_fills_the_folder_and_several_their_own(run: Run, tmp_path: Path) -> None:
    run("import", EXPORT, "--out", tmp_path / "several", "--format", "jsonl", "--format", "json", "--quiet")
    assert sorted(path.name for path in (tmp_path / "several").iterdir()) == ["json", "jsonl", "report.json"]
    run("import", EXPORT, "--out", tmp_path / "one", "--format", "json", "--quiet")
    assert all(path.suffix == ".json" and path.name != "report.json" for path in (tmp_path / "one").iterdir())
    assert files_of(tmp_path / "one") == files_of(tmp_path / "several/json")
    assert run("show", tmp_path / "several").stdout == run("show", tmp_path / "several" / "jsonl").stdout


def test_limit_takes_the_first_in_sorted_order(run: Run, tmp_path: Path) -> None:
    everything = import_lines(run, tmp_path / "all")
    assert everything == sorted(everything)
    assert import_lines(run, tmp_path / "few", "--limit", "4") == everything[:4]


def test_conversation_takes_only_those(run: Run, tmp_path: Path) -> None:
    everything = import_lines(run, tmp_path / "all")
    wanted = [everything[7], everything[3]]
    assert import_lines(run, tmp_path / "few", "--conversation", *wanted) == sorted(wanted)


def test_project_takes_only_its_runs_and_the_report_says_so(run: Run, tmp_path: Path) -> None:
    report = json.loads(run("inspect", EXPORT, "--json").stdout)
    project, rows = next(iter(report["rows_by_project"].items()))
    result = json.loads(run("import", EXPORT, "--dry-run", "--json", "--project", project).stdout)
    assert sum(result["runs_used"].values()) == rows
    assert result["runs_set_aside"]["other_project"] == report["rows"] - rows
    assert result["adds_up"] is True


def test_a_window_takes_traces_by_their_root_s_start(run: Run, tmp_path: Path) -> None:
    everything = json.loads(run("import", EXPORT, "--dry-run", "--json").stdout)
    middle = "2026-11-22T11:46:20Z"
    before = json.loads(run("import", EXPORT, "--dry-run", "--json", "--until", middle).stdout)
    after = json.loads(run("import", EXPORT, "--dry-run", "--json", "--since", middle).stdout)
    assert before["turns"] + after["turns"] == everything["turns"]
    assert before["turns"] > 0
    assert after["turns"] > 0
    kept_before = (
        sum(before["runs_used"].values())
        + sum(before["runs_set_aside"].values())
        - before["runs_set_aside"]["trace_outside_window"]
    )
    assert after["runs_set_aside"]["trace_outside_window"] == kept_before
    assert json.loads(run("import", EXPORT, "--dry-run", "--json", "--since", "0s").stdout)["turns"] == 0


def test_keys_decide_what_a_conversation_is(run: Run) -> None:
    by_default = json.loads(run("inspect", EXPORT, "--json").stdout)
    by_one = json.loads(run("inspect", EXPORT, "--json", "--keys", "conversation_id").stdout)
    assert by_one["conversations_by_key"]["conversation_id"] == by_default["conversations_by_key"]["conversation_id"]
    assert "thread_id" not in by_one["conversations_by_key"]
    assert by_one["conversations"] > by_default["conversations"]


def test_feedback_becomes_reward_unless_told_otherwise(run: Run, tmp_path: Path) -> None:
    run("import", EXPORT, "--out", tmp_path / "with", "--format", "jsonl", "--quiet")
    run("import", EXPORT, "--out", tmp_path / "without", "--format", "jsonl", "--no-feedback", "--quiet")
    rewards = [json.loads(line).get("reward") for line in lines_of(tmp_path / "with/trajectories.jsonl")]
    assert any(rewards)
    for reward in filter(None, rewards):
        values = [component["value"] for component in reward["components"]]
        assert reward["aggregated_value"] == pytest.approx(sum(values) / len(values))
    assert not any("reward" in json.loads(line) for line in lines_of(tmp_path / "without/trajectories.jsonl"))


def test_a_dry_run_writes_nothing_and_reports_everything(run: Run, tmp_path: Path) -> None:
    done = run("import", EXPORT, "--dry-run", "--report", tmp_path / "report.json", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert done.stdout == ""
    assert "rows read" in done.stderr
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["conversations"] == 106


def test_quiet_is_quiet_and_json_goes_to_standard_output(run: Run) -> None:
    done = run("import", EXPORT, "--dry-run", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    done = run("import", EXPORT, "--dry-run", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["rows_read"] == 1683


def test_a_contract_file_above_the_limit_is_refused_with_its_size(run: Run, tmp_path: Path) -> None:
    done = run("import", EXPORT, "--out", tmp_path / "out", "--format", "json", "--max-file", "20kB", status=3)
    assert "file_too_large" in done.stderr
    written = list((tmp_path / "out").iterdir())
    assert written
    assert all(path.stat().st_size <= 20_000 for path in written)


def test_ctrl_c_leaves_nothing_behind(program: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "runs.jsonl"
    row = {"id": "a", "trace_id": "a", "dotted_order": "x", "run_type": "chain", "inputs": {}, "outputs": {}}
    lines = b"".join(json.dumps({**row, "id": f"{n}", "trace_id": f"{n}"}).encode() + b"\n" for n in range(400_000))
    fifo.write_bytes(lines)
    command = [str(program), "import", str(fifo), "--out", str(tmp_path / "out"), "--threads", "1", "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        # The working folder appears before the first row is read.
        while not list(tmp_path.glob(".out.trajectory-*")) and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 1
    assert b"interrupted" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["runs.jsonl"]


def test_a_terminal_that_hangs_up_leaves_nothing_behind(program: Path, tmp_path: Path) -> None:
    source = tmp_path / "runs.jsonl"
    source.write_bytes(b"".join(b'{"id": "%d", "trace_id": "%d"}\n' % (n, n) for n in range(400_000)))
    # Whatever runs the tests may ignore the signal, as nohup does, and what it starts would, too.
    heard = ["env", "--default-signal=HUP"]
    command = [*heard, str(program), "import", str(source), "--out", str(tmp_path / "out"), "--threads", "1", "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob(".out.trajectory-*")) and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGHUP)
        process.communicate()
    assert process.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs.jsonl"]


def test_a_file_that_may_not_grow_is_an_error_that_names_the_output(program: Path, tmp_path: Path) -> None:
    command = f"ulimit -f 40; exec {program} import {EXPORT} --out {tmp_path / 'out'} --format jsonl"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / "out") in done.stderr
    assert ".trajectory-" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_import_are_cleaned_by_the_next(program: Path, run: Run, tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    leftover = tmp_path / f".out.trajectory-{gone.pid}"
    leftover.mkdir()
    run("import", EXPORT, "--out", tmp_path / "out", "--quiet")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# ---- show, inspect, verify, completion


def test_show_lists_and_prints_without_colours_when_piped(run: Run, dataset: Path) -> None:
    listed = run("show", dataset).stdout.splitlines()
    assert len(listed) == 106
    shown = run("show", dataset, "bcab47dd-26a1-4e58-a8e6-0b903819cd7c").stdout
    assert "it saw the result of read_log (message 3) as: [cleared]" in shown
    assert '-> read_log {"day": 1}' in shown
    assert "\x1b" not in shown


def test_show_indents_sub_agents_below_their_call(run: Run, dataset: Path) -> None:
    identifier = "c24f2549-52ba-4cd5-ad8a-15dc9615b919"
    lines = run("show", dataset, identifier).stdout.splitlines()
    (agent,) = [line for line in lines if line.strip() == "--- sub-agent specialist"]
    (nested,) = [line for line in lines if line.strip() == "--- sub-agent archive"]
    assert agent.startswith("    ---")
    assert nested.startswith("        ---")


def test_show_says_when_a_conversation_is_not_there(run: Run, dataset: Path) -> None:
    done = run("show", dataset, "nobody", status=1)
    assert "'nobody'" in done.stderr


def test_inspect_says_what_an_export_holds(run: Run) -> None:
    text = run("inspect", ROOT / "examples/export").stdout
    for word in ("files", "rows", "time span", "projects", "traces", "conversations", "run types", "payload shapes"):
        assert word in text
    assert json.loads(run("inspect", EXPORT, "--json").stdout)["rows"] == 1683


def test_verify_finds_a_message_that_was_changed(run: Run, tmp_path: Path) -> None:
    source = ROOT / "examples/export"
    run("import", source, "--out", tmp_path / "lines", "--format", "jsonl", "--quiet")
    clean = json.loads(run("verify", source, tmp_path / "lines/trajectories.jsonl", "--json").stdout)
    assert clean["exact"] == clean["calls"] > 200
    changed = tmp_path / "changed.jsonl"
    changed.write_text(
        (tmp_path / "lines/trajectories.jsonl").read_text(encoding="utf-8").replace("Read day one.", "Read day two."),
        encoding="utf-8",
    )
    done = run("verify", source, changed, status=3)
    assert "message 1 (user): text" in done.stdout


def test_a_dataset_that_was_tampered_with_is_refused(run: Run, dataset: Path, tmp_path: Path) -> None:
    run("convert", dataset, "--format", "parquet", "--out", tmp_path / "copy", "--quiet")
    (file,) = (tmp_path / "copy").glob("*.parquet")
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(bytes(data))
    done = run("show", tmp_path / "copy", status=1)
    assert "checksum" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(run: Run, shell: str) -> None:
    script = run("completion", shell).stdout
    assert all(command in script for command in commands(run))
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


# ---- streams


def on_a_terminal(program: Path, *arguments: str | Path, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Runs the program with its output on a pseudo-terminal; returns the exit status and what it showed."""
    controller, terminal = pty.openpty()
    command = [str(program), *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=terminal, stderr=terminal, env={**os.environ, **(environment or {})}
    ) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # Linux ends a closed terminal with an error
            while chunk := os.read(controller, 65536):
                shown += chunk
    os.close(controller)
    return process.returncode, shown.decode()


def test_colours_are_for_terminals_and_no_color_is_honoured(program: Path, dataset: Path) -> None:
    show = ("show", dataset, "bcab47dd-26a1-4e58-a8e6-0b903819cd7c")
    status, shown = on_a_terminal(program, *show, environment={"NO_COLOR": ""})
    assert status == 0
    assert "\x1b[1;34muser\x1b[0m" in shown
    assert "\x1b" not in on_a_terminal(program, *show, environment={"NO_COLOR": "1"})[1]
    assert "\x1b" not in on_a_terminal(program, *show, environment={"TERM": "dumb"})[1]


def test_progress_renews_one_line_on_a_terminal_and_is_taken_back(program: Path, tmp_path: Path) -> None:
    source = tmp_path / "runs.jsonl"
    row = {"id": "a", "dotted_order": "x", "run_type": "chain", "inputs": {"text": "x" * 1000}, "outputs": {}}
    with source.open("w", encoding="utf-8") as out:
        for number in range(120_000):
            out.write(json.dumps({**row, "id": str(number), "trace_id": str(number)}) + "\n")
    _, shown = on_a_terminal(program, "import", source, "--dry-run", "--threads", "1")
    progress, report = shown.split("Import report", 1)
    assert re.search(r"\r\x1b\[Kreading [\d,]+, [\d,]+/s", progress)
    assert "\n" not in progress
    assert progress.endswith("\r\x1b[K")
    assert "120,000" in report


@pytest.mark.parametrize("command", ["inspect", "import"])
def test_recorded_text_never_steers_the_terminal(run: Run, tmp_path: Path, command: str) -> None:
    source = tmp_path / "red\x1b[31m.jsonl"
    row = {
        "id": "a",
        "trace_id": "a",
        "dotted_order": "x",
        "run_type": "llm",
        "session_id": "p\x1b]0;title\x07",
        "inputs": {"\x1b[2J": "text"},
        "outputs": {},
    }
    source.write_text(json.dumps(row) + "\nno json\n", encoding="utf-8")
    options = ["--dry-run"] if command == "import" else []
    done = run(command, source, *options, status=3)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\x07" not in done.stdout + done.stderr
    assert "^[[31m" in done.stdout + done.stderr


def test_a_full_disk_is_named_and_a_reader_that_left_is_no_failure(program: Path, dataset: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([program, "show", dataset], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "standard output" in done.stderr
    with subprocess.Popen([program, "show", dataset], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 0


# ---- options meet each other


def test_an_option_for_one_value_may_stand_before_the_source(run: Run, tmp_path: Path) -> None:
    run("import", "--format", "jsonl", EXPORT, "--out", tmp_path / "out", "--quiet")
    assert (tmp_path / "out/trajectories.jsonl").exists()


@pytest.mark.parametrize("limit", ["-1", "many", "1.5", "99999999999999999999"])
def test_a_limit_is_a_number_of_conversations(run: Run, limit: str) -> None:
    done = run("import", EXPORT, "--dry-run", "--limit", limit, status=2)
    assert f"--limit {limit}: expected a whole number" in done.stderr


def test_a_report_that_cannot_be_written_is_known_before_the_import(run: Run, tmp_path: Path) -> None:
    done = run("import", EXPORT, "--out", tmp_path / "out", "--report", tmp_path / "missing/report.json", status=1)
    assert "report.json" in done.stderr
    run("import", EXPORT, "--out", tmp_path / "out", "--report", tmp_path, status=2)
    assert list(tmp_path.iterdir()) == []
    run("import", EXPORT, "--out", tmp_path / "out", "--report", tmp_path / "out/again.json", "--quiet")
    assert (tmp_path / "out/again.json").read_bytes() == (tmp_path / "out/report.json").read_bytes()


def test_strict_refuses_the_output_but_not_the_report(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "runs.jsonl"
    source.write_text('{"id": "cut\n{"id": "a", "trace_id": "a"}\n', encoding="utf-8")
    done = run("import", source, "--out", tmp_path / "out", "--strict", "--report", tmp_path / "report.json", status=3)
    assert "runs.jsonl row 1" in done.stderr
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["rows_refused"] == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("selection", "status", "says"),
    [
        (["--project", "nowhere"], 1, "nowhere"),
        (["--conversation", "nobody"], 1, "nobody"),
        (["--since", "2026-11-23", "--until", "2026-11-22"], 2, "since has to be before until"),
    ],
)
def test_a_selection_of_nothing_is_an_error_and_no_output(
    run: Run, tmp_path: Path, selection: list[str], status: int, says: str
) -> None:
    done = run("import", EXPORT, "--out", tmp_path / "out", *selection, status=status)
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_of_several_conversations_those_that_are_missing_are_named(run: Run, tmp_path: Path) -> None:
    wanted = "bcab47dd-26a1-4e58-a8e6-0b903819cd7c"
    done = run("import", EXPORT, "--dry-run", "--conversation", f"{wanted},nobody", status=3)
    assert "1 named conversation not found" in done.stderr
    assert "nobody" in done.stderr
    report = json.loads(run("import", EXPORT, "--dry-run", "--json", "--conversation", wanted).stdout)
    assert (report["conversations"], report["problems"]) == (1, {})


def test_import_verify_and_inspect_count_the_same_calls(run: Run, tmp_path: Path) -> None:
    source = ROOT / "examples/export"
    report = json.loads(run("import", source, "--out", tmp_path / "out", "--json").stdout)
    verified = json.loads(run("verify", source, tmp_path / "out", "--json").stdout)
    inspected = json.loads(run("inspect", source, "--json").stdout)
    assert sum(report["calls_by_shape"].values()) == verified["calls"] == sum(inspected["calls_by_shape"].values())
    assert sum(report["calls_replayed_exactly_by_shape"].values()) == verified["exact"] == report["model_calls"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("parquet/train-00000.parquet", "this is a Parquet file"),
        ("json", "cannot be read back"),
        ("json/bcab47dd-26a1-4e58-a8e6-0b903819cd7c.json", "cannot be read back"),
        ("empty", "no manifest.json"),
    ],
)
def test_what_is_no_dataset_says_what_to_name_instead(
    run: Run, tmp_path_factory: pytest.TempPathFactory, path: str, says: str
) -> None:
    out = tmp_path_factory.getbasetemp() / "every-format"
    if not out.exists():
        run("import", EXPORT, "--out", out, "--format", "parquet,jsonl,json", "--quiet")
        (out / "empty").mkdir()
    assert says in run("show", out / path, status=1).stderr
    assert says in run("convert", out / path, "--out", out / "converted", status=1).stderr
    assert not (out / "converted").exists()


def test_show_takes_the_beginning_of_an_id_and_prints_records(run: Run, dataset: Path) -> None:
    identifier = "bcab47dd-26a1-4e58-a8e6-0b903819cd7c"
    assert run("show", dataset, "bcab").stdout == run("show", dataset, identifier).stdout
    record = json.loads(run("show", dataset, "bcab", "--json").stdout)
    assert record["conversation_id"] == identifier
    assert run("show", dataset, "--json").stdout.count("\n") == 106
    assert "begins several ids" in run("show", dataset, "b", status=2).stderr


def test_the_end_says_what_was_left_out_and_where_it_is_named(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "runs.jsonl"
    row = {"id": "a", "trace_id": "a", "run_type": "llm", "inputs": "{'no': 'json'}", "outputs": {"role": "assistant"}}
    source.write_text('{"id": "cut\n' + json.dumps(row) + "\n", encoding="utf-8")
    done = run("import", source, "--out", tmp_path / "out", "--quiet", status=3)
    assert "1 row refused" in done.stderr
    assert str(tmp_path / "out/report.json") in done.stderr
    assert done.stderr.count("\n") == 1


def test_conversations_of_one_id_are_told_apart_by_project(run: Run, tmp_path: Path) -> None:
    source = ROOT / "tests/golden/structure/same_key_in_two_projects/runs.jsonl"
    run("import", source, "--out", tmp_path / "out", "--quiet")
    listed = run("show", tmp_path / "out").stdout.splitlines()
    shared = [line.split("  ") for line in listed if "  project " in line]
    assert len(shared) >= 2
    assert len({tuple(words[:2]) for words in shared}) == len(shared)
    shown = run("show", tmp_path / "out", shared[0][0]).stdout
    assert shown.count(f"conversation {shared[0][0]},") == len([words for words in shared if words[0] == shared[0][0]])


@pytest.mark.parametrize("command", ["convert", "verify", "inspect"])
def test_a_signal_ends_the_other_commands_too(program: Path, tmp_path: Path, command: str) -> None:
    source = tmp_path / "runs.jsonl"
    row = {"id": "a", "trace_id": "a", "dotted_order": "x", "run_type": "chain", "inputs": {}, "outputs": {}}
    lines = b"".join(json.dumps({**row, "id": f"{n}", "trace_id": f"{n}"}).encode() + b"\n" for n in range(60_000))
    source.write_bytes(lines)
    dataset = tmp_path / "lines"
    if command != "inspect":
        subprocess.run([program, "import", source, "--out", dataset, "--format", "jsonl", "--quiet"], check=True)
    by_command: dict[str, list[str | Path]] = {
        "convert": [dataset, "--out", tmp_path / "out"],
        "verify": [source, dataset],
        "inspect": [source],
    }
    arguments = [program, command, *by_command[command], "--quiet"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # A signal that comes before the program listens would end it at once.
        while not stops_at_terminate(process.pid) and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
    assert process.returncode == 1
    assert b"interrupted" in errors
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out.*"))


def stops_at_terminate(process: int) -> bool:
    """Whether the process has a handler for SIGTERM."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    caught = int(re.search(r"SigCgt:\s*([0-9a-f]+)", text)[1], 16)  # type: ignore[index]
    return bool(caught >> (signal.SIGTERM - 1) & 1)
