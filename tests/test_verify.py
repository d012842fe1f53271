"""A record that was changed in any place that the source tells of does not verify."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TRUTH, Run, lines_of, make_row, write_lines

EXPORT = TRUTH / "export.parquet"
Record = dict[str, Any]


def lanes(record: Record) -> Iterator[Record]:
    yield record
    for other in record.get("subagents", []) + record.get("auxiliary", []) + record.get("alternatives", []):
        yield from lanes(other)


def messages(record: Record) -> Iterator[Record]:
    for lane in lanes(record):
        yield from lane["messages"]


def calls(record: Record) -> Iterator[Record]:
    for lane in lanes(record):
        yield from lane["calls"]


def change_arguments(record: Record) -> None:
    for message in messages(record):
        for call in message.get("tool_calls", []):
            call["function"]["arguments"] = '{"amount":999999}'


def change_tool_names(record: Record) -> None:
    for message in messages(record):
        for call in message.get("tool_calls", []):
            call["function"]["name"] += "_2"


def change_reasoning(record: Record) -> None:
    for message in messages(record):
        if "reasoning" in message:
            message["reasoning"] = "I thought of something else."


def drop_reasoning(record: Record) -> None:
    for message in messages(record):
        message.pop("reasoning", None)


def change_last_answers(record: Record) -> None:
    if record["messages"] and record["messages"][-1]["role"] == "assistant":
        record["messages"][-1]["content"] += " And more."


def change_last_results(record: Record) -> None:
    if record["messages"] and record["messages"][-1]["role"] == "tool":
        record["messages"][-1]["content"] += " and more"


def change_candidates(record: Record) -> None:
    for alternative in record.get("alternatives", []):
        if not alternative["calls"]:
            alternative["messages"][0]["content"] += " And more."


def change_prompts(record: Record) -> None:
    for message in messages(record):
        if message["role"] == "user":
            message["content"] += "!"


def set_model(call: Record) -> None:
    call["model"] = "another-model"


def set_parameters(call: Record) -> None:
    call["parameters"] = {"temperature": 7}


def set_usage(call: Record) -> None:
    call["usage"] = {"prompt_tokens": 12345}


def drop_tools(call: Record) -> None:
    call.pop("tools", None)
    call.pop("tool_definitions", None)


def set_finish_reason(call: Record) -> None:
    call["finish_reason"] = "because"


def set_time(call: Record) -> None:
    call["end_time"] = "2030-01-01T00:00:00.000000Z"


def drop_answer(call: Record) -> None:
    call["answer"] = None


def drop_variants(call: Record) -> None:
    for key in ("variants", "variant_texts", "variant_fields"):
        call.pop(key, None)


CHANGES: list[Callable[[Record], None]] = [
    change_arguments,
    change_tool_names,
    change_reasoning,
    drop_reasoning,
    change_last_answers,
    change_last_results,
    change_candidates,
    change_prompts,
]
CHANGES_OF_CALLS = [
    set_model,
    set_parameters,
    set_usage,
    drop_tools,
    set_finish_reason,
    set_time,
    drop_answer,
    drop_variants,
]


@pytest.fixture(scope="module")
def imported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("imported") / "lines"
    run("import", EXPORT, "--out", out, "--format", "jsonl", "--quiet")
    return out / "trajectories.jsonl"


def verify(run: Run, lines: Path) -> Record:
    result: Record = json.loads(run("verify", EXPORT, lines, "--json", status=3).stdout)
    return result


def changed(record: Record, change: Callable[[Record], None]) -> Record:
    out = copy.deepcopy(record)
    if change in CHANGES_OF_CALLS:
        for call in calls(out):
            change(call)
    else:
        change(out)
    return out


@pytest.mark.parametrize("change", [*CHANGES, *CHANGES_OF_CALLS], ids=lambda change: change.__name__)
def test_a_change_is_found_in_every_record_that_it_touches(
    change: Callable[[Record], None], run: Run, imported: Path, tmp_path: Path
) -> None:
    records = [json.loads(line) for line in lines_of(imported)]
    touched = [after for before in records if (after := changed(before, change)) != before]
    assert touched
    lines = tmp_path / "changed.jsonl"
    lines.write_text("".join(json.dumps(record) + "\n" for record in touched), encoding="utf-8")
    result = verify(run, lines)
    assert result["calls"] - result["exact"] + result["messages_differing"] >= len(touched)


@pytest.mark.parametrize("change", [set_model, set_parameters, set_usage, set_time], ids=lambda change: change.__name__)
def test_a_change_is_found_in_every_call(
    change: Callable[[Record], None], run: Run, imported: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "changed.jsonl"
    records = [changed(json.loads(line), change) for line in lines_of(imported)]
    lines.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    assert verify(run, lines)["exact"] == 0


def test_an_untouched_import_has_every_message_of_the_outputs(run: Run, imported: Path) -> None:
    assert verify(run, imported)["messages_differing"] == 0


def test_more_calls_than_were_asked_for_are_a_variant_of_a_helper(run: Run, tmp_path: Path) -> None:
    def call(number: int) -> Record:
        function = {"name": "refund", "arguments": json.dumps({"id": f"O{number}"})}
        return {"id": f"call_{number}", "type": "function", "function": function}

    def below(root: Record, number: int, shown: list[Record], said: str) -> Record:
        row = make_row(number, "t", inputs={"messages": shown}, outputs={"role": "assistant", "content": said})
        order = f"{root['dotted_order']}.{row['dotted_order']}"
        return {**row, "trace_id": root["id"], "parent_run_id": root["id"], "dotted_order": order}

    instructions = {"role": "system", "content": "You help."}
    question = {"role": "user", "content": "refund O1"}
    asked = {"role": "assistant", "content": "", "tool_calls": [call(1)]}
    shown = {"role": "assistant", "content": "", "tool_calls": [call(1), call(2)]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "refunded O1"}
    root = make_row(2, "t", run_type="chain", inputs={"input": "2"}, outputs={"output": "Done."})
    source = write_lines(
        tmp_path / "runs.jsonl",
        [
            make_row(1, "t", inputs={"messages": [instructions, question]}, outputs=asked),
            root,
            below(root, 3, [question, shown, result], "refunded"),
            below(root, 4, [instructions, question, asked, result], "Done."),
        ],
    )
    run("import", source, "--out", tmp_path / "out", "--format", "jsonl")
    [line] = lines_of(tmp_path / "out" / "trajectories.jsonl")
    record = json.loads(line)
    [helper] = record["auxiliary"]
    assert helper["messages"][1]["tool_calls"] == [call(1)]
    assert helper["calls"][0]["variant_fields"] == {"1": {"tool_calls": [call(1), call(2)]}}
    run("verify", source, tmp_path / "out" / "trajectories.jsonl")
