"""Keys, rights and what is said when they are not right; the commands that look at a workspace."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .conftest import PROGRAM, QUERY, Live, wait_until


def refusal(live: Live, *arguments: str, status: int = 1, **environment: str) -> str:
    """The one line of a command that is to fail, notes that it is tried again left out."""
    done = live.run(*(arguments or ("langsmith", "projects")), status=status, **environment)
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.endswith("trying on")]
    assert len(said) == 1, done.stderr
    return said[0]


def test_without_a_key_it_says_where_one_is_looked_for(live: Live) -> None:
    said = refusal(live, status=2, LANGSMITH_API_KEY="")
    assert "LANGSMITH_API_KEY" in said
    assert "--key-stdin" in said


def test_a_key_that_is_not_taken(live: Live) -> None:
    said = refusal(live, LANGSMITH_API_KEY="lsv2_pt_wrong_0123456789abcdef0123456789")
    assert "does not take the API key (lsv2_pt_...)" in said
    assert "wrong" not in said


def test_a_key_without_the_right(live: Live) -> None:
    live.set(auth={"bulk_exports_allowed": False})
    said = refusal(live, "langsmith", "exports", "list")
    assert "has no right to it" in said
    assert "403" in said


def test_a_key_of_an_organization_needs_a_workspace(live: Live) -> None:
    live.set(auth={"workspace_required": True})
    assert "set LANGSMITH_WORKSPACE_ID" in refusal(live, LANGSMITH_WORKSPACE_ID="")
    live.run("langsmith", "projects")


def test_what_is_not_there(live: Live) -> None:
    out = str(live.folder / "out")
    assert 'no project "none"' in refusal(live, "import", "langsmith://none", "--out", out)
    assert "is not there" in refusal(live, "langsmith", "exports", "watch", "5f0c2f64-94f1-4d2f-9a3b-6f1f6d1f7a11")


def test_the_servers_words_are_shown_and_nothing_is_repeated(live: Live) -> None:
    live.generate("p", 1)
    detail = [{"loc": ["body", "limit"], "msg": "too large", "type": "value_error"}]
    live.fault(QUERY, "answer", status=422, body={"detail": detail})
    said = refusal(live, "import", "langsmith://p", "--out", str(live.folder / "out"), "--route", "api", "--api", "v1")
    assert "limit: too large" in said
    bodies = [call["body"] for call in live.calls(QUERY)]
    assert len(set(bodies)) == len(bodies)


def test_an_echoed_key_is_not_shown(live: Live) -> None:
    live.fault("/api/v1/sessions", "answer", status=400, body={"detail": f"bad key {live.about['api_key']}"})
    assert "bad key (the key)" in refusal(live)


def test_nobody_answers(live: Live) -> None:
    live.fault("/api/v1/workspaces", "reset", times=6)
    done = live.run("langsmith", "workspaces", status=1)
    waiting, said = done.stderr.splitlines()
    assert waiting == f"LangSmith gives no answer yet ({live.about['langsmith']}): trying on"
    assert "check the network" in said
    assert len(live.calls("/api/v1/workspaces", "GET")) == 6
    gaps = [later["at"] - earlier["at"] for earlier, later in pairwise(live.calls("/api/v1/workspaces", "GET"))]
    assert sum(gaps[3:]) > sum(gaps[:2]), "it waits longer and longer"


@pytest.mark.parametrize("status", [400, 402, 405, 409, 413, 422, 451, 501])
def test_other_refusals_are_told_once_in_the_servers_words(live: Live, status: int) -> None:
    live.fault("/api/v1/workspaces", "answer", status=status, body={"detail": f"no: reason {status}"})
    said = refusal(live, "langsmith", "workspaces")
    assert f"no: reason {status}" in said
    assert f"{status} from " in said
    assert len(live.calls("/api/v1/workspaces", "GET")) == 1


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_wait_of_hours_is_not_waited(live: Live, version: str) -> None:
    live.generate("p", 1)
    answer: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "7200"}, "body": {"detail": "come back later"}}
    live.fault(QUERY, "answer", **answer)
    options = ("--route", "api", "--api", version)
    said = refusal(live, "import", "langsmith://p", "--out", str(live.folder / "out"), *options)
    assert "come back later" in said
    assert "start again later, what is done is kept" in said


def test_a_key_from_a_file_of_ones_own(live: Live) -> None:
    config = live.folder / ".config/trajectory/config"
    config.parent.mkdir(parents=True)
    config.write_text(f'# ours\nLANGSMITH_API_KEY = "{live.about["api_key"]}"\n')
    config.chmod(0o644)
    assert "chmod 600" in refusal(live, status=2, LANGSMITH_API_KEY="")
    config.chmod(0o600)
    live.run("langsmith", "projects", LANGSMITH_API_KEY="")


def test_a_key_from_standard_input(live: Live) -> None:
    environment = {name: value for name, value in live.environment.items() if name != "LANGSMITH_API_KEY"}
    command = [str(PROGRAM), "langsmith", "workspaces", "--key-stdin", "--json"]
    key = live.about["api_key"] + "\n"
    done = subprocess.run(command, env=environment, input=key, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[0]["id"] == live.about["workspace_id"]


def test_a_workspace_is_looked_at(live: Live) -> None:
    project = live.generate("shop", 9, turns=3)
    listed = json.loads(live.run("langsmith", "projects", "--name", "sho", "--json").stdout)
    assert [(one["id"], one["name"]) for one in listed] == [(project, "shop")]
    assert live.about["destinations"]["s3"] in live.run("langsmith", "destinations").stdout
    found = json.loads(live.run("langsmith", "conversations", "shop", "--json").stdout)
    assert [one["turns"] for one in found] == ["3", "3", "3"]
    assert [one["last_seen"] for one in found] == sorted((one["last_seen"] for one in found), reverse=True)
    two = json.loads(live.run("langsmith", "conversations", "shop", "--json", "--limit", "2").stdout)
    assert two == found[:2]


def test_an_export_is_ordered_watched_and_cancelled(live: Live) -> None:
    live.generate("shop", 3)
    destination = ("--destination", str(live.about["destinations"]["s3"]))
    made = json.loads(
        live.run("langsmith", "exports", "create", "shop", *destination, "--since", "3d", "--json").stdout
    )
    files = json.loads(live.run("langsmith", "exports", "watch", made[0]["id"], "--json").stdout)
    assert files[0]["file"].endswith(".parquet")
    live.set(exports={"running_seconds": 60.0})
    made = json.loads(
        live.run("langsmith", "exports", "create", "shop", *destination, "--since", "3d", "--json").stdout
    )
    assert "Cancelled" in live.run("langsmith", "exports", "cancel", made[0]["id"]).stdout


def test_the_doctor_finds_what_an_import_needs(live: Live) -> None:
    live.generate("shop", 3)
    destination = ("--destination", str(live.about["destinations"]["s3"]))
    found = json.loads(live.run("doctor", "--project", "shop", *destination, "--json").stdout)
    assert {one["health"] for one in found} == {"ok"}, found
    kinds = {one["what"] for one in found}
    assert kinds >= {"API key", "LangSmith", "clock", "workspace", "project", "bulk export", "bucket", "disk"}
    live.set(auth={"bulk_exports_allowed": False})
    found = json.loads(live.run("doctor", "--project", "nowhere", "--json", status=1).stdout)
    health = {one["what"]: one["health"] for one in found}
    assert (health["project"], health["bulk export"]) == ("FAILS", "look")


def test_no_key_stands_in_the_arguments_or_in_what_is_written_meanwhile(live: Live) -> None:
    """The fixture looks through everything that is left; here the process is looked at while it works."""
    live.generate("shop", 60)
    live.fault(QUERY, "hold", skip=6, seconds=1)
    process = live.start("import", "langsmith://shop", "--out", str(live.folder / "out"), "--route", "api")
    wait_until(lambda: live.control("GET", "/_testbench/faults")["unconsumed"] == [])
    assert live.about["api_key"] not in Path(f"/proc/{process.pid}/cmdline").read_text()
    live.check_written()
    live.written += process.communicate(timeout=60)
    assert process.returncode == 0
    for command in ("import", "doctor", "sync", "langsmith projects"):
        assert "--api-key" not in live.run(*command.split(), "--help").stdout


def test_keys_given_as_options_are_refused_without_being_shown(live: Live) -> None:
    for name in ("secret", "key"):
        option = ("--storage-option", f"{name}={live.about['s3_secret_key']}")
        done = live.run("import", "s3://bucket/x", "--out", str(live.folder / "out"), *option, status=2)
        assert "AWS_" in done.stderr
