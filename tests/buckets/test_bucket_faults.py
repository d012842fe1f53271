"""Object stores that refuse, fail, cut their answers short or die."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest
from bucket_servers import BUCKET, Fault, Proxy, Server, start_server
from conftest import TRUTH, Run, files_of

from testbench.langsmith.buckets import free_port

EXPORT = TRUTH / "export.parquet"


@pytest.fixture(scope="session")
def filled(server: Server) -> Server:
    server.put("faults/export.parquet", EXPORT.read_bytes())
    return server


@pytest.fixture(scope="session")
def local(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local") / "out"
    run("import", EXPORT, "--out", out, "--quiet")
    return out


def is_download(method: str, path: str) -> bool:
    return method == "GET" and "export.parquet" in path and ("alt=media" in path or f"/{BUCKET}/faults/" in path)


def some(kind: str, count: int) -> Fault:
    """The first downloads end so, the others are handed on."""
    left = [count]

    def fault(method: str, path: str) -> str | None:
        if not is_download(method, path) or left[0] == 0:
            return None
        left[0] -= 1
        return kind

    return fault


@pytest.mark.parametrize("kind", ["503", "429", "reset", "cut"])
def test_a_passing_failure_costs_nothing(run: Run, filled: Server, local: Path, tmp_path: Path, kind: str) -> None:
    with Proxy(filled, some(kind, 2)) as proxy:
        options = [*filled.flags(proxy.endpoint), "--quiet"]
        run("import", filled.uri("faults/export.parquet"), "--out", tmp_path / "out", *options)
    assert proxy.faults == 2
    assert files_of(tmp_path / "out") == files_of(local)


def test_a_failure_that_stays_ends_the_import_and_leaves_nothing(run: Run, filled: Server, tmp_path: Path) -> None:
    downloads = [0]

    def fault(method: str, path: str) -> str | None:
        downloads[0] += is_download(method, path)
        return "503" if downloads[0] > 1 else None  # the footer arrives, the pages do not

    uri = filled.uri("faults/export.parquet")
    with Proxy(filled, fault) as proxy:
        failed = run("import", uri, "--out", tmp_path / "out", *filled.flags(proxy.endpoint), "--quiet", status=1)
    assert proxy.faults > 2
    assert "the object store failed" in failed.stderr
    assert uri in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_spoiled_pages_are_refused_and_named(run: Run, filled: Server) -> None:
    def fault(method: str, path: str) -> str | None:
        return "spoil" if is_download(method, path) and "#bytes=4-" in path else None  # pages, and no footer

    with Proxy(filled, fault) as proxy:
        options = [*filled.flags(proxy.endpoint), "--dry-run"]
        done = run("import", filled.uri("faults/export.parquet"), *options, status=3)
    assert proxy.faults > 0
    assert "damaged_row_group" in done.stderr


def test_a_server_that_dies_while_it_is_read_is_named(run: Run, tmp_path: Path) -> None:
    server = start_server("s3", tmp_path)
    server.put("faults/export.parquet", EXPORT.read_bytes())

    def fault(method: str, path: str) -> str | None:
        if is_download(method, path):
            server.stop()
            return "reset"
        return None

    uri = server.uri("faults/export.parquet")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.variables.items():
            patch.setenv(name, value)
        with Proxy(server, fault) as proxy:
            failed = run("import", uri, "--out", tmp_path / "out", *server.flags(proxy.endpoint), "--quiet", status=1)
    assert uri in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("status", "text"), [("403", "access was denied"), ("401", "access was denied")])
def test_a_refusal_is_not_tried_again(run: Run, filled: Server, status: str, text: str) -> None:
    with Proxy(filled, lambda method, path: status) as proxy:
        failed = run("inspect", filled.uri("faults"), *filled.flags(proxy.endpoint), "--quiet", status=1)
    assert text in failed.stderr
    assert filled.uri("faults") in failed.stderr
    assert "top-secret" not in failed.stderr
    assert proxy.faults <= 3


def test_a_bucket_that_is_not_there_is_named(run: Run, filled: Server) -> None:
    uri = f"{filled.scheme}://no-such-bucket/exports"
    failed = run("inspect", uri, *filled.flags(), "--quiet", status=1)
    assert "there is no such bucket" in failed.stderr
    assert f"{filled.scheme}://no-such-bucket" in failed.stderr


@pytest.mark.parametrize("path", ["faults/other.parquet", "nowhere", "faults/*.json"])
def test_a_path_that_leads_nowhere_is_named(run: Run, filled: Server, path: str) -> None:
    failed = run("inspect", filled.uri(path), *filled.flags(), "--quiet", status=1)
    assert filled.uri(path) in failed.stderr
    assert "such object or folder" in failed.stderr or "matches the pattern" in failed.stderr


def test_an_endpoint_that_nobody_listens_at_is_named(run: Run, filled: Server) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    begin = time.monotonic()
    failed = run("inspect", filled.uri("faults"), *filled.flags(endpoint), "--quiet", status=1)
    assert "the object store cannot be reached" in failed.stderr
    assert filled.uri("faults") in failed.stderr
    assert time.monotonic() - begin < 90


def test_an_endpoint_that_is_none_is_named(run: Run, filled: Server) -> None:
    """A web page answers where a bucket was expected."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\nConnection: close\r\n\r\n"
        page = head + b"<html></html>"

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(page)

        threading.Thread(target=serve, daemon=True).start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        failed = run("inspect", filled.uri("faults"), *filled.flags(endpoint), "--quiet", status=1)
    assert filled.uri("faults") in failed.stderr
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize("variable", ["GOOGLE_APPLICATION_CREDENTIALS"])
def test_a_key_file_that_is_none_is_named(run: Run, tmp_path: Path, variable: str) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"type": "authorized_user"}), encoding="utf-8")
    failed = run("inspect", "gs://exports/x", "--storage-option", f"token={key}", "--quiet", status=2)
    assert variable in failed.stderr
    missing = run("inspect", "gs://exports/x", "--storage-option", "token=none.json", "--quiet", status=1)
    assert "none.json" in missing.stderr


def test_authorities_that_are_not_there_are_named(run: Run, filled: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
    refused = run("import", filled.uri("faults"), "--dry-run", *filled.flags(), status=1)
    assert "SSL_CERT_FILE" in refused.stderr
    assert "missing.pem" in refused.stderr
