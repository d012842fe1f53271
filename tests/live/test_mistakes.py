"""What a command line says that cannot mean what was meant: each is told with what to do, before LangSmith is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import QUERY, Live

EXPORT = Path(__file__).parents[2] / "examples" / "export"


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", 2, turns=1)
    live.control("POST", "/_testbench/reset", {})
    return "shop"


@pytest.mark.parametrize(
    "option",
    [
        ("--keep-export", "kept"),
        ("--destination", "x"),
        ("--bucket", "s3://b"),
        ("--timeout", "3h"),
        ("--storage-option", "region=x"),
    ],
)
@pytest.mark.parametrize("command", ["import", "sync"])
def test_what_belongs_to_a_bulk_export_is_refused_by_queries(
    live: Live, shop: str, command: str, option: tuple[str, str]
) -> None:
    out = live.folder / "out"
    done = live.run(command, f"langsmith://{shop}", "--out", str(out), "--route", "api", *option, status=2)
    assert f"{option[0]} {option[1]}: --route api makes no bulk export" in done.stderr
    assert not out.exists()
    assert not live.calls("*", "*")


@pytest.mark.parametrize(
    "option",
    [("--route", "api"), ("--api", "v1"), ("--keep-export", "kept"), ("--state", "s"), ("--workspace", "w")],
)
def test_options_of_live_imports_are_refused_for_files(live: Live, option: tuple[str, str]) -> None:
    out = live.folder / "out"
    done = live.run("import", str(EXPORT), "--out", str(out), *option, status=2)
    assert f"{option[0]} {option[1]}: " in done.stderr
    assert "langsmith://PROJECT" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--since", "1d", "--until", "2d"), "since has to be before until"),
        (("--route", "bulk", "--bucket", "my-bucket"), "--bucket my-bucket: expected a bucket's URI, gs://NAME"),
        (("--route", "bulk", "--keep-export", __file__), "is no folder: name another"),
        (("--storage-option", "colour=red"), "storage option colour means nothing"),
        (("--bucket", "s3://b", "--storage-option", "account_name=x"), "account_name means nothing for s3://b"),
    ],
)
def test_options_that_cannot_be_are_told_before_anything_is_asked(
    live: Live, shop: str, options: tuple[str, ...], says: str
) -> None:
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *options, status=2)
    assert says in done.stderr
    assert not live.calls("*", "*")


@pytest.mark.parametrize("route", ["auto", "bulk"])
def test_a_destination_that_is_not_there_is_told_with_those_that_are(live: Live, shop: str, route: str) -> None:
    command = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", route)
    done = live.run(*command, "--destination", "nowhere", status=2)
    assert 'no destination "nowhere"' in done.stderr
    assert all(one in done.stderr for one in live.about["destinations"].values())
    assert not live.calls(QUERY)


@pytest.mark.parametrize("route", ["auto", "bulk"])
def test_an_option_of_another_kind_of_bucket_is_told_before_anything_is_exported(
    live: Live, shop: str, route: str
) -> None:
    destination = ("--destination", str(live.about["destinations"]["s3"]), "--storage-option", "account_name=x")
    command = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", route)
    assert "account_name means nothing for s3://" in live.run(*command, *destination, status=2).stderr
    assert not live.calls("/api/v1/bulk-exports")
    assert not live.calls(QUERY)


def test_a_limit_of_none_gives_an_empty_dataset_as_with_files(live: Live, shop: str) -> None:
    live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--limit", "0", "--route", "api")
    report = json.loads((live.folder / "out/report.json").read_text(encoding="utf-8"))
    assert report["conversations"] == 0
    assert report["runs_set_aside"].keys() == {"beyond_limit"}


def test_a_selection_without_traces_is_not_an_empty_project(live: Live, shop: str) -> None:
    command = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--route", "api")
    done = live.run(*command, "--conversation", "nobody", status=1)
    assert "none of the conversations that are named" in done.stderr


def test_an_empty_project_is_looked_at_anew(live: Live) -> None:
    live.generate("late", 0)
    command = ("import", "langsmith://late", "--out", str(live.folder / "out"), "--route", "api")
    live.run(*command, status=1)
    assert not any((live.folder / ".local/state/trajectory").iterdir())
    live.generate("late", 2)
    assert "2 traces" in live.run(*command).stderr


@pytest.mark.parametrize(
    ("command", "source", "status", "says"),
    [
        ("inspect", "langsmith://shop", 2, "imported or synchronized"),
        ("import", "https://example.org/runs.parquet", 2, "gs://, s3:// and abfs://"),
        ("import", "LANGSMITH://shop", 2, "no kind of source"),
        ("import", "langsmith:/shop", 1, "projects are langsmith://PROJECT"),
    ],
)
def test_sources_of_no_kind_are_told_from_missing_files(
    live: Live, command: str, source: str, status: int, says: str
) -> None:
    arguments = ("--out", str(live.folder / "out")) if command == "import" else ()
    done = live.run(command, source, *arguments, status=status)
    assert says in done.stderr
    assert source in done.stderr


def test_force_is_named_only_where_it_helps(live: Live, shop: str) -> None:
    out = live.folder / "out"
    live.run("import", str(EXPORT), "--out", str(out), "--limit", "1")
    done = live.run("import", str(EXPORT), "--out", str(out), status=1)
    assert "(see --force)" in done.stderr
    file = live.folder / "file"
    file.touch()
    assert "--force" not in live.run("import", str(EXPORT), "--out", str(file), status=1).stderr
    (live.folder / "mine").mkdir()
    (live.folder / "mine" / "notes").touch()
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "mine"), "--force", status=1)
    assert "move it away, or name another folder" in done.stderr
    assert not live.calls("*", "*")
    done = live.run("sync", f"langsmith://{shop}", "--out", str(out), status=1)
    assert "name a new one" in done.stderr
    assert "--force" not in done.stderr


def test_a_folder_of_versions_says_where_its_datasets_are(live: Live, shop: str) -> None:
    out = live.folder / "synced"
    live.run("sync", f"langsmith://{shop}", "--out", str(out), "--route", "api")
    assert "version-00001" in live.run("show", str(out), status=1).stderr


def test_auto_says_that_nothing_is_kept_without_an_export(live: Live, shop: str) -> None:
    live.set(auth={"bulk_exports_allowed": False})
    kept = live.folder / "kept"
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), "--keep-export", str(kept))
    assert f"leave nothing in {kept}" in done.stderr
    assert not kept.exists()


def test_the_doctors_first_line_is_a_finding(live: Live) -> None:
    assert live.run("doctor").stdout.startswith("ok")
