"""Hostile surroundings: full disks, files that change, folders that may not be read, processes that are killed."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Run, make_row, write_lines
from endurance import import_under_load, kill_imports

PR_CAPBSET_DROP = 24
OVERRIDE_PERMISSIONS = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def as_ordinary_user() -> None:
    """In a child before it starts its program: root gets no more rights than anybody."""
    libc = ctypes.CDLL(None)
    for capability in OVERRIDE_PERMISSIONS:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def small_files_only() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))


def run_child(program: Path, *arguments: str | Path, before: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before, timeout=120)


# ---- folders


def test_ten_thousand_files_are_one_import(program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    for number in range(10_000):
        part = folder / f"day={number % 100}"
        if number < 100:
            part.mkdir(parents=True)
        write_lines(part / f"{number}.jsonl", [make_row(number)])
    table = pa.table({name: [json.dumps(value)] for name, value in make_row(10_000).items()})
    for number in range(400):
        row = table.set_column(0, "id", pa.array([f"p{number}"])).set_column(1, "trace_id", pa.array([f"p{number}"]))
        pq.write_table(row, folder / f"day={number % 100}" / f"{number}.parquet")

    def few_open_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    done = run_child(program, "import", folder, "--dry-run", "--json", before=few_open_files)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (len(report["files"]), report["rows_read"], report["adds_up"]) == (10_400, 10_400, True)


def test_links_that_lead_nowhere_or_in_circles_are_passed_over(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "deep").mkdir(parents=True)
    write_lines(folder / "deep/runs.jsonl", [make_row(1)])
    (folder / "deep/up").symlink_to(folder)
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    (folder / "gone.jsonl").symlink_to(folder / "nowhere.jsonl")
    report = json.loads(run("import", folder, "--dry-run", "--json").stdout)
    assert (len(report["files"]), report["rows_read"]) == (1, 1)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_may_not_be_read_is_named_and_the_rest_is_imported(program: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "export"
    (folder / "closed").mkdir(parents=True)
    write_lines(folder / "open.jsonl", [make_row(1)])
    closed = write_lines(folder / "closed/runs.jsonl", [make_row(2)])
    target = closed if what == "file" else closed.parent
    target.chmod(0)
    try:
        done = run_child(program, "import", folder, "--dry-run", "--json", before=as_ordinary_user)
        alone = run_child(program, "import", target, "--dry-run", before=as_ordinary_user)
    finally:
        target.chmod(0o700)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert report["conversations"] == 1
    (example,) = report["problems"]["unreadable_file"]["examples"]
    assert example["place"] == str(target)
    assert alone.returncode == 1
    assert alone.stderr.count("\n") == 1
    assert str(target) in alone.stderr


def test_an_output_where_nothing_may_be_written_is_one_line(program: Path, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", [make_row(1)])
    (tmp_path / "closed").mkdir(mode=0o500)
    done = run_child(program, "import", source, "--out", tmp_path / "closed/out", before=as_ordinary_user)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "closed").iterdir()) == []


# ---- disks


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """A folder that holds 64 KiB; where none can be mounted, files of no more. Gives what a child has to call."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        yield small_files_only
        return
    try:
        yield lambda: None
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("form", ["parquet", "jsonl", "json", "parquet,jsonl,json"])
def test_a_full_disk_leaves_nothing_behind(program: Path, tmp_path: Path, form: str) -> None:
    texts = [os.urandom(2000).hex() for _ in range(100)]
    rows = [make_row(n, inputs={"messages": [{"role": "user", "content": text}]}) for n, text in enumerate(texts)]
    rows.append(make_row(200, inputs={"messages": [{"role": "user", "content": "".join(texts)}]}))
    source = write_lines(tmp_path / "runs.jsonl", list(rows))
    with small_disk(tmp_path / "disk") as before:
        done = run_child(
            program, "import", source, "--out", tmp_path / "disk/out", "--format", form, "--quiet", before=before
        )
        left = list((tmp_path / "disk").iterdir())
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make room" in done.stderr
    assert left == []


@pytest.mark.parametrize("form", ["parquet", "jsonl", "json"])
def test_a_disk_that_fills_while_a_dataset_is_converted_is_one_line(
    program: Path, run: Run, tmp_path: Path, form: str
) -> None:
    text = os.urandom(100_000).hex()
    source = write_lines(
        tmp_path / "runs.jsonl", [make_row(1, inputs={"messages": [{"role": "user", "content": text}]})]
    )
    run("import", source, "--out", tmp_path / "dataset", "--quiet")
    with small_disk(tmp_path / "disk") as before:
        options = ("--out", tmp_path / "disk/out", "--format", form)
        done = run_child(program, "convert", tmp_path / "dataset", *options, before=before)
        left = list((tmp_path / "disk").iterdir())
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make room" in done.stderr
    assert left == []


def test_a_report_goes_into_a_pipe_and_leaves_it(program: Path, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", [make_row(1)])
    os.mkfifo(tmp_path / "pipe")
    command = [str(part) for part in (program, "import", source, "--dry-run", "--quiet", "--report", tmp_path / "pipe")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        report = json.loads((tmp_path / "pipe").read_text(encoding="utf-8"))
        assert process.wait() == 0
    assert report["rows_read"] == 1
    assert (tmp_path / "pipe").is_fifo()


# ---- files that change


def import_while(
    program: Path, source: Path, change: Callable[[subprocess.Popen[str]], None]
) -> subprocess.CompletedProcess[str]:
    """Stops an import once it has opened its source, changes the source, and lets it go on."""
    command = [str(program), "import", str(source), "--out", str(source.parent / "out"), "--threads", "1", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        maps, files = Path(f"/proc/{process.pid}/maps"), Path(f"/proc/{process.pid}/fd")
        while process.poll() is None:
            try:
                opened = source.name in maps.read_text(encoding="utf-8") or any(
                    source.name in str(link.readlink()) for link in files.iterdir()
                )
            except OSError:
                continue
            if opened:
                break
        process.send_signal(signal.SIGSTOP)
        change(process)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def large_source(tmp_path: Path, form: str) -> Path:
    rows = [make_row(n, inputs={"messages": [{"role": "user", "content": f"{n}" * 2000}]}) for n in range(5000)]
    if form == "jsonl":
        return write_lines(tmp_path / "runs.jsonl", list(rows))
    columns = {
        name: [row[name] if isinstance(row[name], str) else json.dumps(row[name]) for row in rows] for name in rows[0]
    }
    pq.write_table(pa.table(columns), tmp_path / "runs.parquet", compression="none", row_group_size=500)
    return tmp_path / "runs.parquet"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("how", ["cut off", "emptied", "written to", "added to", "replaced", "removed"])
def test_a_file_that_changes_while_it_is_read_is_an_error(program: Path, tmp_path: Path, form: str, how: str) -> None:
    source = large_source(tmp_path, form)

    def change(_: object) -> None:
        if how == "cut off":
            os.truncate(source, source.stat().st_size // 3)
        elif how == "emptied":
            os.truncate(source, 0)
        elif how == "written to":
            with source.open("r+b") as file:
                file.seek(source.stat().st_size // 2)
                file.write(b"\0" * 100_000)
        elif how == "added to":
            with source.open("ab") as file:
                file.write(b"\n")
        elif how == "replaced":
            shutil.copy(source, tmp_path / "new")
            (tmp_path / "new").rename(source)
        else:
            source.unlink()

    done = import_while(program, source, change)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert source.name in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {source.name}


# ---- processes


def test_a_killed_import_leaves_no_half_written_output(tmp_path: Path) -> None:
    met = kill_imports(tmp_path, 10)
    assert met["killed"] + met["finished"] == 10
    assert met["killed"] > 0


def test_an_interrupted_import_takes_its_leftovers_along(program: Path, tmp_path: Path) -> None:
    source = large_source(tmp_path, "jsonl")
    done = import_while(program, source, lambda process: process.send_signal(signal.SIGTERM))
    assert done.returncode == 1
    assert done.stderr == "trajectory: interrupted: nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_output_is_the_same_under_load(tmp_path: Path) -> None:
    assert import_under_load(tmp_path, 6) == 1
