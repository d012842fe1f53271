"""Imports straight from object stores give the bytes that a local import gives."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import trajectory_sdk as tj
from bucket_servers import Proxy, Server, start_server
from conftest import ROOT, TRUTH, Run, files_of, make_row, write_lines

EXPORT = ROOT / "examples" / "export"


@pytest.fixture(scope="session")
def filled(server: Server) -> Server:
    """The server with the example export, as LangSmith lays it out, and with what else lies about in a bucket."""
    server.put_folder(EXPORT, "langsmith/export")
    server.put("langsmith/export/tmp/probe.txt", b"test write")
    server.put("langsmith/export/README", b"text")
    server.put("truth/export.parquet", (TRUTH / "export.parquet").read_bytes())
    return server


@pytest.fixture(scope="session")
def local(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example export, imported from disk."""
    out = tmp_path_factory.mktemp("local") / "out"
    run("import", EXPORT, "--out", out, "--format", "parquet,jsonl", "--quiet")
    return out


@pytest.mark.parametrize(
    "path",
    [
        "langsmith/export",
        "langsmith/",
        "langsmith/export/export_id=*",
        "langsmith/export/export_id=*/tenant_id=*/session_id=*/runs/year=2026/*/*/*.parquet",
    ],
)
def test_a_folder_or_pattern_is_imported_to_the_same_bytes(
    run: Run, filled: Server, local: Path, tmp_path: Path, path: str
) -> None:
    out = tmp_path / "out"
    run("import", filled.uri(path), "--out", out, "--format", "parquet,jsonl", "--quiet", *filled.flags())
    assert files_of(out) == files_of(local)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert len(report["files"]) == len(list(EXPORT.rglob("*.parquet")))
    assert all(file["path"].startswith(filled.uri("langsmith/export/")) for file in report["files"])
    assert report["other_files"] == (0 if "*" in path else 2)


def test_several_passes_give_the_same_bytes(run: Run, filled: Server, tmp_path: Path) -> None:
    run("import", TRUTH / "export.parquet", "--out", tmp_path / "local", "--quiet")
    options = [*filled.flags(), "--quiet", "--memory", "1kB"]
    run("import", filled.uri("truth/export.parquet"), "--out", tmp_path / "out", *options)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "local")
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["passes"] > 2


def test_neighbouring_row_groups_come_in_one_answer(run: Run, server: Server, tmp_path: Path) -> None:
    table = pq.read_table(TRUTH / "export.parquet")
    pq.write_table(table, tmp_path / "groups.parquet", row_group_size=2)
    server.put("groups.parquet", (tmp_path / "groups.parquet").read_bytes())
    with Proxy(server, lambda *_: None) as proxy:
        options = [*server.flags(proxy.endpoint), "--quiet"]
        run("import", server.uri("groups.parquet"), "--out", tmp_path / "out", *options)
    ranges = [path for method, path in proxy.requests if method == "GET" and "#bytes=" in path]
    assert pq.ParquetFile(tmp_path / "groups.parquet").num_row_groups > 10
    assert len(ranges) <= 3  # of the footer, and of the rows
    run("import", tmp_path / "groups.parquet", "--out", tmp_path / "local", "--quiet")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "local")


def test_json_in_a_bucket_is_read_and_what_holds_no_runs_is_left_alone(
    run: Run, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "json"
    folder.mkdir()
    write_lines(folder / "one.jsonl", [make_row(number) for number in range(300)])
    (folder / "two.json").write_text(json.dumps([make_row(number) for number in range(300, 310)]), encoding="utf-8")
    (folder / "settings.json").write_text('{"name": "no run"}', encoding="utf-8")
    server.put_folder(folder, "json")
    run("import", folder, "--out", tmp_path / "local", "--quiet")
    run("import", server.uri("json"), "--out", tmp_path / "out", "--quiet", *server.flags())
    assert files_of(tmp_path / "out") == files_of(tmp_path / "local")
    run("import", server.uri("json/one.jsonl"), "--out", tmp_path / "one", "--quiet", *server.flags())
    refused = run("import", server.uri("json/settings.json"), "--dry-run", *server.flags(), status=1)
    assert "no runs: the first value in it has neither id nor trace_id" in refused.stderr


def test_a_dataset_in_a_bucket_is_passed_over(run: Run, filled: Server, local: Path, tmp_path: Path) -> None:
    filled.put_folder(local / "parquet", "mixed/dataset")
    filled.put("mixed/runs.parquet", (TRUTH / "export.parquet").read_bytes())
    done = run("inspect", filled.uri("mixed"), "--json", "--quiet", *filled.flags())
    assert len(json.loads(done.stdout)["files"]) == 1
    refused = run("import", filled.uri("mixed/dataset"), "--dry-run", *filled.flags(), status=1)
    assert "this is a dataset that was made from an export" in refused.stderr


def test_inspect_and_verify_read_buckets(run: Run, filled: Server, local: Path) -> None:
    here = json.loads(run("inspect", EXPORT, "--json", "--quiet").stdout)
    there = json.loads(run("inspect", filled.uri("langsmith/export"), "--json", "--quiet", *filled.flags()).stdout)
    assert there["rows"] == here["rows"] > 0
    assert there["rows_by_project"] == here["rows_by_project"]
    run("verify", filled.uri("langsmith/export"), local / "parquet", "--quiet", *filled.flags())


def test_python_reads_a_bucket(filled: Server, local: Path) -> None:
    tj.init(provider="langsmith", project_id="p")
    options = {"endpoint_url": filled.endpoint}
    if filled.scheme == "gs":
        options["token"] = "anon"
        given: dict[str, object] = dict(options)
    else:
        given = {"client_kwargs": {"endpoint_url": filled.endpoint, "region_name": "us-east-1"}}
        given |= {"key": "id", "secret": "top-secret"}
    trajectories = tj.import_conversations(
        bulk=True, source=filled.uri("langsmith/export"), storage_options=given, progress=False
    )
    assert [one.task.conversation_id for one in trajectories] == tj.open(local / "parquet").conversation_ids
    with pytest.raises(tj.UsageError, match="storage option colour means nothing"):
        tj.import_conversations(bulk=True, source=filled.uri("x"), storage_options={"colour": "red"})


def test_endpoints_and_keys_come_from_the_environment(
    run: Run, filled: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "STORAGE_EMULATOR_HOST" if filled.scheme == "gs" else "AWS_ENDPOINT_URL"
    monkeypatch.setenv(variable, filled.endpoint)
    done = run("inspect", filled.uri("truth"), "--json", "--quiet")
    assert json.loads(done.stdout)["rows"] > 0


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("secret=hush-hush", "AWS_SECRET_ACCESS_KEY"),
        ("account_key=hush-hush", "AZURE_STORAGE_ACCOUNT_KEY"),
        ("sas_token=hush-hush", "AZURE_STORAGE_SAS_TOKEN"),
        ("token=hush-hush", "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_a_secret_on_the_command_line_is_refused(run: Run, option: str, variable: str) -> None:
    refused = run("import", "gs://exports/x", "--dry-run", "--storage-option", option, status=2)
    assert variable in refused.stderr
    assert "hush-hush" not in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("uri", ["s3://key:hush-hush@bucket/x", "abfs://box/x?sv=1&sig=hush-hush"])
def test_credentials_in_a_uri_are_refused_and_not_repeated(run: Run, uri: str) -> None:
    refused = run("import", uri, "--dry-run", status=2)
    assert "credentials do not belong in the URI" in refused.stderr
    assert "hush-hush" not in refused.stderr


def test_an_hmac_key_reads_gcs_by_the_s3_interface(tmp_path: Path) -> None:
    """Google's S3 interface is stood in for by a server that speaks S3."""
    server = start_server("s3", tmp_path)
    try:
        server.put("runs.parquet", (TRUTH / "export.parquet").read_bytes())
        with Proxy(server, lambda method, path: None) as proxy:
            tj.init(provider="langsmith", project_id="p")
            options = {"endpoint_url": proxy.endpoint, "key": "GOOG1EXAMPLE", "secret": "top-secret"}
            read = tj.import_conversations(bulk=True, source="gs://exports/runs.parquet", storage_options=options)
            assert len(read) > 0
            assert any(path.startswith("/exports/runs.parquet") for _, path in proxy.requests)
    finally:
        server.stop()


def test_an_output_is_not_written_to_a_bucket(run: Run, filled: Server) -> None:
    refused = run("import", filled.uri("truth"), "--out", filled.uri("out"), *filled.flags(), status=2)
    assert "an output is written to a local folder" in refused.stderr
