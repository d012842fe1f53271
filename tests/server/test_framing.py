"""Requests that lie about where they end, and clients that keep places from others."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from .conftest import Server, trajectory

UPLOAD = "/api/v1/trajectories/upload"
HEAD = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: k\r\nContent-Type: application/json\r\n"
BODY = json.dumps({"dataset": "d", "trajectories": [trajectory("1", "hello")]}).encode()
HIDDEN = b"GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        yield client


def talk(server: Server, sent: bytes) -> list[bytes]:
    """The answers to what is sent, until the server ends the connection."""
    with connected(server) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        got = b""
        while piece := client.recv(65536):
            got += piece
    return [b"HTTP/1.1 " + answer for answer in got.split(b"HTTP/1.1 ")[1:]]


def chunk(text: bytes, size: int | None = None) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text) if size is None else size, text)


def test_chunks_are_read_to_their_end(server: Server) -> None:
    pieces = b"".join(chunk(BODY[at : at + 7]) for at in range(0, len(BODY), 7))
    sent = (HEAD + "Transfer-Encoding: chunked\r\n\r\n").encode() + pieces + b"0\r\nTrailer: x\r\n\r\n"
    answers = talk(server, sent + HIDDEN)
    assert [answer.split(b" ")[1] for answer in answers] == [b"200", b"200"]
    assert b'"uploaded":1' in answers[0]


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        ("Transfer-Encoding: chunked", chunk(BODY, len(BODY) - 9) + b"0\r\n\r\n" + HIDDEN, b"malformed"),
        ("Transfer-Encoding: chunked", chunk(BODY, len(BODY) + 9) + b"0\r\n\r\n" + HIDDEN, b"malformed"),
        ("Transfer-Encoding: chunked", b"zz\r\n" + HIDDEN, b"malformed"),
        ("Transfer-Encoding: chunked", chunk(BODY), b"did not come whole"),
        ("Transfer-Encoding : chunked", b"0\r\n\r\n" + HIDDEN, b"a header is malformed"),
        (" Content-Length: 5", HIDDEN, b"a header is malformed"),
        ("X-Other: a\x00b", HIDDEN, b"a header is malformed"),
        ("Content-Length: -2", HIDDEN, b"Content-Length is no number"),
        ("Content-Length: 5\r\nContent-Length: 6", HIDDEN, b"stands twice"),
        ("Host: localhost", HIDDEN, b"stands twice"),
        ("Transfer-Encoding: gzip, chunked", b"0\r\n\r\n" + HIDDEN, b"unknown Transfer-Encoding"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", HIDDEN, b"two lengths"),
        (f"Content-Length: {len(BODY) + 5}", BODY, b"did not come whole"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused_and_ends_the_connection(
    server: Server, header: str, body: bytes, reason: bytes
) -> None:
    answers = talk(server, f"{HEAD}{header}\r\n\r\n".encode() + body)
    assert len(answers) == 1, answers
    assert answers[0].split(b" ")[1] == b"400" and reason in answers[0]
    assert b"Connection: close" in answers[0] and b"nosniff" in answers[0]
    assert server.get("/api/v1/datasets") == {"datasets": []}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
    ],
)
def test_a_request_that_cannot_be_read_ends_the_connection(server: Server, sent: bytes, status: bytes) -> None:
    answers = talk(server, sent + HIDDEN)
    assert [answer.split(b" ")[1] for answer in answers] == [status]
    assert b"Connection: close" in answers[0] and b"nosniff" in answers[0]


def test_requests_follow_each_other_on_a_connection(server: Server) -> None:
    post = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    answers = talk(server, (HIDDEN + post) * 20 + HIDDEN)
    assert [answer.split(b" ")[1] for answer in answers] == [b"200"] * 41


def test_a_refused_body_that_is_still_coming_gets_its_answer(server: Server) -> None:
    big = b"x" * (8 << 20)
    answer = requests.post(server.url + UPLOAD, data=big, headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == 401 and "key" in answer.json()["error"]


def test_idle_connections_give_way_to_others(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port)), timeout=30) for _ in range(300)]
    for client in idle[:280]:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    begun = time.monotonic()
    assert server.get("/health") == {"status": "ok"}
    assert time.monotonic() - begun < 20, "silence alone would keep it waiting for 30 seconds"
    for client in idle:
        client.close()
