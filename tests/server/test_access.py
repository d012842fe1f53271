"""Who may ask what: keys, hosts, origins, rates, and what the server tells about it."""

from __future__ import annotations

import json
import socket
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Serve, Server, trajectory

UPLOAD = "/api/v1/trajectories/upload"
BODY = {"dataset": "d", "trajectories": [trajectory("1", "secret words")]}


def make_key(run: Any, data: Path, *options: str) -> str:
    key: str = run("keys", "create", "--data", data, *options).stdout.strip()
    return key


def test_without_keys_any_key_is_taken_on_this_machine(serve: Serve) -> None:
    server = serve()
    assert "any key is taken, from this machine alone" in server.log.read_text()
    assert server.ask("POST", UPLOAD, json=BODY).status_code == 200
    assert server.ask("POST", UPLOAD, json=BODY, headers={"X-API-Key": ""}).status_code == 401
    assert server.ask("GET", "/api/v1/datasets", headers={"X-API-Key": ""}).status_code == 401


def test_keys_have_rights_and_are_revoked_while_it_runs(serve: Serve, run: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    both, reader = make_key(run, data, "--name", "laptop"), make_key(run, data, "--scopes", "read")
    server = serve()
    assert "keys are asked for" in server.log.read_text()

    def status(key: str, write: bool) -> int:
        headers = {"X-API-Key": key}
        if write:
            return server.ask("POST", UPLOAD, json=BODY, headers=headers).status_code
        return server.ask("GET", "/api/v1/datasets", headers=headers).status_code

    assert (status(both, True), status(both, False)) == (200, 200)
    assert (status(reader, True), status(reader, False)) == (403, 200)
    for wrong in ("any", both[:-1] + ("0" if both[-1] != "0" else "1"), both + "0", "tj_", ""):
        assert (status(wrong, True), status(wrong, False)) == (401, 401)
    bearer = {"X-API-Key": None, "Authorization": f"Bearer {both}"}
    assert server.ask("GET", "/api/v1/datasets", headers=bearer).status_code == 200
    listed = json.loads(run("keys", "list", "--data", data, "--json").stdout)
    assert [(key["name"], key["scopes"], key["revoked"]) for key in listed] == [
        ("laptop", "read,write", None),
        ("", "read", None),
    ]
    run("keys", "revoke", "--data", data, listed[0]["id"])
    assert status(both, True) == 401 and status(reader, False) == 200
    run("keys", "revoke", "--data", data, listed[1]["id"])
    assert status("any", False) == 401, "without a valid key nothing is open"
    assert "no key of that id" in run("keys", "revoke", "--data", data, "none", status=1).stderr
    assert server.stop() == 0
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert both.encode() not in kept and both.split("_")[2].encode() not in kept


def test_beyond_this_machine_a_key_is_needed(run: Any, serve: Serve, tmp_path: Path) -> None:
    told = run("serve", "--data", tmp_path / "data", "--host", "0.0.0.0", "--port", "0", status=2)
    assert "trajectory keys create" in told.stderr
    named = run("serve", "--data", tmp_path / "data", "--host", "127.example", "--port", "0", status=2)
    assert "trajectory keys create" in named.stderr, "a name that begins like an address of this machine is none"
    key = make_key(run, tmp_path / "data")
    server = serve("--host", "0.0.0.0")
    assert server.ask("GET", "/api/v1/datasets").status_code == 401
    assert server.ask("GET", "/api/v1/datasets", headers={"X-API-Key": key}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:80"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "named.example"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:1", "Host": "localhost:1"}, 200),
    ],
)
def test_pages_of_elsewhere_may_not_ask(serve: Serve, headers: dict[str, str], status: int) -> None:
    server = serve("--allow-host", "named.example")
    answer = server.ask("GET", "/api/v1/datasets", headers=headers)
    assert answer.status_code == status
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_answers_keep_browsers_from_making_more_of_them(server: Server) -> None:
    for path in ("/health", "/api/v1/datasets", "/none"):
        headers = server.ask("GET", path).headers
        assert (
            headers["X-Content-Type-Options"] == "nosniff"
            and "default-src 'none'" in headers["Content-Security-Policy"]
        )
    assert server.ask("OPTIONS", UPLOAD).status_code in (404, 405)
    assert server.ask("GET", UPLOAD).headers["Allow"] == "POST"


def test_a_key_that_asks_too_often_waits(serve: Serve, run: Any, tmp_path: Path) -> None:
    key = make_key(run, tmp_path / "data")
    server = serve("--rate", "5")
    answers = [server.ask("GET", "/api/v1/datasets", headers={"X-API-Key": key}) for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and refused[0].headers["Retry-After"] == "1"
    assert server.ask("GET", "/health").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/trajectories/..%2f..%2fcatalog.db",
        "/api/v1/trajectories/%00",
        "/catalog.db",
        "/payloads",
    ],
)
def test_no_path_reaches_a_file(server: Server, path: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: a\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.split(b" ")[1] in (b"404", b"400"), answer


def test_logs_hold_neither_payloads_nor_keys_nor_questions(serve: Serve) -> None:
    server = serve()
    server.session.headers["X-API-Key"] = "topsecretkey"
    server.ask("POST", UPLOAD, json=BODY)
    server.ask("GET", "/api/v1/trajectories", params={"dataset": "d", "q": "secret words"})
    server.ask("GET", "/private/path")
    server.ask("POST", UPLOAD, data=b"{bad secret", headers={"Content-Type": "application/json"})
    assert server.stop() == 0
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [(line["path"], line["status"]) for line in lines] == [
        (UPLOAD, 200),
        ("/api/v1/trajectories", 200),
        ("?", 404),
        (UPLOAD, 400),
    ]
    for private in ("topsecretkey", "secret", "private", "words"):
        assert private not in log


def test_slow_and_silent_clients_do_not_keep_others_waiting(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    sockets = [socket.create_connection((host, int(port))) for _ in range(200)]
    for client in sockets[:100]:
        client.sendall(b"POST " + UPLOAD.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
    begun = time.monotonic()
    assert server.get("/health") == {"status": "ok"}
    assert time.monotonic() - begun < 5
    for client in sockets:
        client.close()


def test_a_body_that_ends_early_is_the_clients_fault(serve: Serve) -> None:
    server = serve()
    host, port = server.url.removeprefix("http://").split(":")
    header = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: a\r\nContent-Type: application/json\r\n"
    for rest in ("Content-Length: 99\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n9\r\n{"):
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall((header + rest).encode())
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.split(b" ")[1] == b"400" and b"did not come whole" in answer, answer
    assert server.get("/api/v1/datasets") == {"datasets": []}
    assert server.stop() == 0
    assert '"level":"error"' not in server.log.read_text()


def test_a_header_that_never_ends_is_cut_off(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        sent = 0
        with pytest.raises(OSError):
            while sent < 64 << 20:
                client.sendall(b"X-Long: " + b"y" * 8000 + b"\r\n")
                sent += 8000
        assert sent < 16 << 20
    assert server.get("/health") == {"status": "ok"}


def test_the_folder_is_its_owners_alone_and_one_servers(serve: Serve, run: Any, tmp_path: Path) -> None:
    server = serve()
    server.upload(trajectory("1", "x"))
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    told = run("serve", "--data", tmp_path / "data", "--port", "0", status=1)
    assert "another server uses the folder" in told.stderr
    assert "another server" in run("check", tmp_path / "data", status=1).stderr
