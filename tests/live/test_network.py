"""TLS is verified, proxies are gone through, and what cannot be reached is told in a line with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from .conftest import Live, wait_until
from .network import Proxy, TlsFront

PROJECTS = "/api/v1/sessions"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def front(live: Live, authority: trustme.CA) -> Iterator[TlsFront]:
    with TlsFront(live.about["langsmith"], authority) as one:
        yield one


@pytest.fixture
def trusted(live: Live, authority: trustme.CA) -> str:
    path = live.folder / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def refused(live: Live, url: str, **environment: str) -> str:
    done = live.run("langsmith", "projects", status=1, LANGSMITH_ENDPOINT=url, **environment)
    assert done.stderr.count("\n") == 1, done.stderr
    assert live.calls(PROJECTS, "GET") == []
    return done.stderr


def test_a_certificate_of_nobody_known_is_refused_at_once(live: Live, front: TlsFront) -> None:
    said = refused(live, front.url)
    assert "certificate cannot be verified" in said
    assert "SSL_CERT_FILE" in said
    assert front.connections == 0


def test_a_certificate_for_another_host_is_refused(live: Live, authority: trustme.CA, trusted: str) -> None:
    with TlsFront(live.about["langsmith"], authority, "elsewhere.example") as other:
        assert "certificate cannot be verified" in refused(live, other.url, SSL_CERT_FILE=trusted)


def test_authorities_that_are_not_there_are_told(live: Live, front: TlsFront) -> None:
    missing, empty = live.folder / "missing.pem", live.folder / "empty.pem"
    empty.touch()
    for path, what in ((missing, "cannot be read"), (empty, "is no file of certificates")):
        said = refused(live, front.url, SSL_CERT_FILE=str(path))
        assert what in said
        assert "SSL_CERT_FILE" in said
        assert str(path) in said


def test_ones_own_authority_is_trusted(live: Live, front: TlsFront, trusted: str) -> None:
    live.generate("shop", 6)
    calm = live.imported("shop", "calm", "--route", "api")
    secure: dict[str, Any] = {"LANGSMITH_ENDPOINT": front.url, "SSL_CERT_FILE": trusted}
    out = str(live.folder / "secure")
    live.run("import", "langsmith://shop", "--out", out, "--route", "api", **secure)
    assert live.records("secure") == calm
    assert front.connections > 0


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_buckets_are_read_with_ones_own_authority(live: Live, authority: trustme.CA, trusted: str, scheme: str) -> None:
    live.generate("shop", 6)
    calm = live.imported("shop", "calm", *live.bulk("s3"))
    server = "s3" if scheme == "s3" else "gcs"  # its name in the double, and that of the destination
    arguments = ["import", "langsmith://shop", "--route", "bulk", "--bucket", f"{scheme}://{live.about['bucket']}"]
    arguments += ["--destination", live.about["destinations"][server]]
    if scheme == "gs":
        arguments += ["--storage-option", "token=anon"]
    with TlsFront(live.about[server], authority) as bucket:
        arguments += ["--storage-option", f"endpoint_url={bucket.url}"]
        live.run(*arguments, "--out", str(live.folder / "secure"), SSL_CERT_FILE=trusted)
        assert live.records("secure") == calm
        assert bucket.connections > 0
        done = live.run(*arguments, "--out", str(live.folder / "refused"), status=1)
        assert "certificate" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("trajectory: ")
        assert not (live.folder / "refused").exists()


def test_a_proxy_is_gone_through_and_around(live: Live, front: TlsFront, trusted: str, tmp_path: Path) -> None:
    live.generate("shop", 3)
    secure: dict[str, Any] = {"LANGSMITH_ENDPOINT": front.url, "SSL_CERT_FILE": trusted}
    with Proxy(tmp_path) as proxy:
        around = live.run("langsmith", "projects", HTTPS_PROXY=proxy.url, NO_PROXY="localhost", **secure).stdout
        assert front.connections == 1
        through = live.run("langsmith", "projects", HTTPS_PROXY=proxy.url, **secure).stdout
        assert through == around
        assert front.connections == 2
        wait_until(lambda: proxy.was_asked_for(front.url))
        assert not proxy.was_asked_for(live.about["langsmith"])


def test_a_proxy_that_is_not_there_is_told(live: Live, front: TlsFront, trusted: str) -> None:
    with TlsFront(live.about["langsmith"], trustme.CA()) as closed:
        nobody = closed.url.replace("https", "http")
    done = live.run(
        "langsmith", "projects", status=1, LANGSMITH_ENDPOINT=front.url, SSL_CERT_FILE=trusted, HTTPS_PROXY=nobody
    )
    waiting, error = done.stderr.splitlines()
    assert "trying on" in waiting
    assert "HTTPS_PROXY" in error
    assert front.connections == 0
