"""Redaction: what is found, what is left alone, and that nothing unredacted is written."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import trajectory_sdk as tj
from conftest import TRUTH
from trajectory_sdk.canonical import content_hash
from trajectory_sdk.transforms.pii_rules import FINDERS
from trajectory_sdk.transforms.redactor import Redactor

pytestmark = pytest.mark.usefixtures("initialised")

GITHUB = "ghp_" + "a1B2" * 9
VALUES = {
    "EMAIL": "Max.Muster+shop@mail.example.co.uk",
    "PHONE": "+1 (415) 555-2671",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "SSN": "536-90-4399",
    "IP": "203.0.113.7",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "SECRET": GITHUB,
}


def redact(text: str, rules: tuple[str, ...] = tuple(FINDERS), key: bytes | None = None) -> str:
    return Redactor(rules, "US", key).text(text)


@pytest.mark.parametrize(("rule", "value"), VALUES.items())
def test_each_rule_finds_its_kind_and_no_other_rule_does(rule: str, value: str) -> None:
    text = f"Before {value}, after."
    assert redact(text) == f"Before [REDACTED_{rule}], after."
    assert redact(text, (rule,)) == f"Before [REDACTED_{rule}], after."
    others = tuple(name for name in FINDERS if name != rule)
    assert f"[REDACTED_{rule}]" not in redact(text, others)


@pytest.mark.parametrize(
    "text",
    [
        "a card with a wrong checksum: 4111 1111 1111 1112",
        "an IBAN with a wrong checksum: DE88 3704 0044 0532 0130 00",
        "a social security number that cannot be: 000-12-3456, 666-12-3456",
        "2026-11-22 12:33:44, 1732233600, 1,234,567.89, v1.2.3.4.5, 12:30:45",
        "01a20314-66da-76d3-addb-d36a840a4dfb 3f786850e387550fdab836ed7e6dc881de23001b",
        "someone @ somewhere . com, @handle, x@localhost",
        "loopback 127.0.0.1 and ::1, 999.1.1.1",
        "call_abc123, toolu_01A2B3, gpt-4.1-2025-04-14",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "aB3_" * 8,
        "sk-proj-" + "aB3x" * 10,
        "lsv2_pt_" + "0123456789abcdef" * 2 + "_0123456789",
        "AIza" + "aB3_x" * 7,
        "AKIA" + "ABCDEFGH12345678",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA\n-----END RSA PRIVATE KEY-----",
        "xoxb-123456789012-123456789012-" + "aB3x" * 6,
    ],
)
def test_keys_and_tokens_go_as_a_whole(secret: str) -> None:
    assert redact(f"use {secret} now") == "use [REDACTED_SECRET] now"


def test_json_stays_json_in_its_layout() -> None:
    text = '{ "mail":"x\\u0040example.com",\n  "card": 4111111111111111, "n": [12, 1732233600.5, true] }'
    assert redact(text) == (
        '{ "mail":"[REDACTED_EMAIL]",\n  "card": "[REDACTED_CREDIT_CARD]", "n": [12, 1732233600.5, true] }'
    )
    assert redact('{"x@example.com": "é x@example.com"}') == '{"[REDACTED_EMAIL]": "é [REDACTED_EMAIL]"}'
    assert redact('{"broken": x@example.com') == '{"broken": [REDACTED_EMAIL]'


def test_pseudonyms_are_consistent_under_one_key() -> None:
    first = redact("a@example.com A@EXAMPLE.com b@example.com", key=b"one")
    left, same, other = first.split()
    assert left == same != other
    assert left.startswith("[EMAIL_")
    assert redact("a@example.com", key=b"one") == left
    assert redact("a@example.com", key=b"two") != left
    assert redact("4111-1111-1111-1111", key=b"k") == redact("4111 1111 1111 1111", key=b"k")


def runs_with(values: dict[str, str]) -> list[dict[str, Any]]:
    """A conversation whose every place holds one of the values: texts, arguments, results, a sub-agent, an error."""
    text = ", ".join(values.values())
    root, tool = (f"{n}0000000-0000-4000-8000-000000000000" for n in (1, 3))

    def run(number: int, kind: str, inputs: Any, outputs: Any, parent: str | None, **more: Any) -> dict[str, Any]:
        name = f"{number}0000000-0000-4000-8000-000000000000"
        ancestors = list(dict.fromkeys(step for step in (root, parent) if parent and step))
        path = ".".join(f"20261122T10000{step[0]}000000Z{step}" for step in [*ancestors, name])
        return {
            "id": name,
            "trace_id": root,
            "parent_run_id": parent,
            "name": kind,
            "run_type": kind,
            "start_time": f"2026-11-22T10:00:0{number}",
            "end_time": f"2026-11-22T10:00:0{number}.5",
            "dotted_order": path,
            "inputs": inputs,
            "outputs": outputs,
            "extra": {"metadata": {"thread_id": values["EMAIL"]}},
            **more,
        }

    call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": json.dumps({"q": text})}}
    asked = {"role": "user", "content": text}
    answer = {"role": "assistant", "content": f"I ask for {text}", "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"found": text})}
    tools = [{"type": "function", "function": {"name": "look_up", "description": text, "parameters": {}}}]
    return [
        run(1, "chain", {"input": text}, {"output": f"Done: {text}"}, None, error=f"failed for {text}"),
        run(2, "llm", {"messages": [asked], "tools": tools, "user": text}, {"choices": [{"message": answer}]}, root),
        run(3, "tool", {"q": text}, {"output": json.dumps({"found": text})}, root),
        run(4, "llm", {"messages": [asked]}, {"choices": [{"message": {"role": "assistant", "content": text}}]}, tool),
        run(
            5,
            "llm",
            {"messages": [asked, answer, result], "tools": tools},
            {"choices": [{"message": {"role": "assistant", "content": f"Done: {text}", "reasoning_content": text}}]},
            root,
        ),
    ]


def write_runs(folder: Path) -> Path:
    file = folder / "runs.jsonl"
    file.write_text("".join(json.dumps(run) + "\n" for run in runs_with(VALUES)), encoding="utf-8")
    return file


def plain_words(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\\u0040", "@")


@pytest.mark.parametrize("key", [None, "a key"])
def test_nothing_unredacted_is_in_any_form_of_an_import(key: str | None, tmp_path: Path, run: Any) -> None:
    source = write_runs(tmp_path)
    tj.init(provider="langsmith", project_id="any", transforms=[tj.RegexPiiTransform(pseudonym_key=key)])
    handles = tj.import_conversations(bulk=True, source=source, out=tmp_path / "dataset")
    tj.save(handles, tmp_path / "saved")
    run("convert", tmp_path / "dataset", "--out", tmp_path / "lines", "--format", "jsonl", "--quiet")
    (saved,) = (tmp_path / "saved").iterdir()
    texts = {
        "saved": plain_words(saved.read_bytes()) + saved.name,
        "lines": plain_words((tmp_path / "lines" / "trajectories.jsonl").read_bytes()),
        "call rows": str(tj.to_arrow(handles, rows="call").to_pylist()),
        "message rows": str(tj.to_arrow(handles).to_pylist()),
        "files": plain_words(b"".join(file.read_bytes() for file in (tmp_path / "dataset").iterdir())),
    }
    for place, text in texts.items():
        for rule, value in VALUES.items():
            assert value not in text, (place, rule)
            if place != "files":
                assert f"{rule}{'_' if key else ']'}" in text, (place, rule)
    (handle,) = handles
    assert len(handle.subagents) == 1
    assert handle.telemetry is not None
    assert handle.telemetry.data["content_hash"] == content_hash(handle)


def test_records_and_plain_trajectories_are_redacted_alike(tmp_path: Path) -> None:
    (handle,) = tj.import_conversations(bulk=True, source=write_runs(tmp_path))
    before = copy.deepcopy(handle)
    transform = tj.RegexPiiTransform(pseudonym_key="k")
    redacted = transform.transform(handle)
    assert redacted == transform.transform(dataclasses.replace(handle))
    assert handle == before
    assert redacted != before


def test_iterating_redacts_too(tmp_path: Path) -> None:
    source = write_runs(tmp_path)
    tj.init(provider="langsmith", project_id="any", transforms=[tj.RegexPiiTransform(pseudonym_key="k")])
    assert list(tj.iter_conversations(bulk=True, source=source)) == tj.import_conversations(bulk=True, source=source)


def test_a_preview_counts_and_changes_nothing(tmp_path: Path) -> None:
    handles = tj.import_conversations(bulk=True, source=write_runs(tmp_path))
    preview = tj.RegexPiiTransform(["EMAIL", "SSN"]).preview(handles)
    assert set(preview.total_rule_counts) == {"EMAIL", "SSN"}
    assert preview.total_rule_counts["SSN"] > 5
    assert len(preview.samples) > 5
    assert {sample["hint"] for sample in preview.samples if sample["rule"] == "EMAIL"} == {"Ma…uk"}


class Shout(tj.BaseTransform):
    """A transform of somebody's own, which knows the contract's fields alone."""

    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        steps = [
            dataclasses.replace(
                step,
                messages=[dataclasses.replace(m, content=m.content.upper()) if m.content else m for m in step.messages],
            )
            for step in trajectory.steps
        ]
        return dataclasses.replace(trajectory, steps=steps)


def test_transforms_of_others_see_everything_that_is_kept(tmp_path: Path) -> None:
    source = write_runs(tmp_path)
    tj.init(provider="langsmith", project_id="any", transforms=[Shout()])
    (handle,) = tj.import_conversations(bulk=True, source=source, out=tmp_path / "dataset")
    assert handle.subagents == [], "a part that the transform never saw"
    assert all(message.content == message.content.upper() for message in handle.messages if message.content)
    assert handle.telemetry is not None
    assert handle.telemetry.data["content_hash"] == content_hash(handle)
    (kept,) = tj.load(tmp_path / "dataset")
    assert [message.content for message in kept.messages] == [message.content for message in handle.messages]
    assert list(tj.iter_conversations(bulk=True, source=source)) == [handle]


class Broken(tj.RegexPiiTransform):
    """Fails at the first record."""

    def transform_record(self, record: bytes) -> bytes:
        raise RuntimeError("broken")


def test_a_failing_transform_leaves_nothing_behind(tmp_path: Path) -> None:
    source = write_runs(tmp_path)
    before = sorted(tmp_path.iterdir())
    tj.init(provider="langsmith", project_id="any", transforms=[Broken()])
    with pytest.raises(RuntimeError, match="broken") as caught:
        tj.import_conversations(bulk=True, source=source, out=tmp_path / "dataset")
    assert caught.tb is not None, "the failed import is still alive"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("transform", [Shout(), tj.RegexPiiTransform()])
def test_an_output_that_is_there_is_refused_before_anything_is_read(
    tmp_path: Path, transform: tj.BaseTransform
) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "mine.txt").write_text("mine", encoding="utf-8")
    tj.init(provider="langsmith", project_id="any", transforms=[transform])
    with pytest.raises(tj.OutputError, match="dataset"):
        tj.import_conversations(bulk=True, source=tmp_path / "nowhere.parquet", out=tmp_path / "dataset")


def test_transforms_run_in_order_on_the_whole_list() -> None:
    seen: list[tuple[str, int]] = []

    class Named(tj.BaseTransform):
        def __init__(self, name: str) -> None:
            self.name = name

        def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
            return trajectory

        def transform_batch(self, trajectories: list[tj.Trajectory]) -> list[tj.Trajectory]:
            seen.append((self.name, len(trajectories)))
            return trajectories[1:]

    tj.init(provider="langsmith", project_id="any", transforms=[Named("first"), Named("second")])
    found = tj.import_conversations(bulk=True, source=TRUTH / "export.parquet", limit=5)
    assert seen == [("first", 5), ("second", 4)]
    assert len(found) == 3


def test_what_is_no_transform_or_no_rule_is_named() -> None:
    with pytest.raises(tj.ArgumentTypeError, match="BaseTransform"):
        tj.init(project_id="any", transforms=["EMAIL"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="NAMES"):
        tj.RegexPiiTransform(["NAMES"])
    with pytest.raises(ValueError, match="pseudonym_key"):
        tj.RegexPiiTransform(pseudonym_key="")
    for region in ("XX", "USA", ""):
        with pytest.raises(ValueError, match="region"):
            tj.RegexPiiTransform(region=region)
    for wrong in ({"pseudonym_key": 5}, {"region": None}, {"policy": 5}, {"policy": "EMAIL"}):
        with pytest.raises(tj.ArgumentTypeError, match=next(iter(wrong))):
            tj.RegexPiiTransform(**wrong)
    assert tj.RegexPiiTransform(region="us").transform_record(b'["(415) 555-2671"]') == b'["[REDACTED_PHONE]"]'
    policy = tj.PiiPolicy(name="mail only", rules=["EMAIL"])
    with_policy = tj.RegexPiiTransform(policy)
    record = b'{"conversation_id": "c", "messages": [{"content": "x@example.com 203.0.113.7"}], "calls": []}'
    assert with_policy.transform_record(record) == record.replace(b"x@example.com", b"[REDACTED_EMAIL]")
