"""Long conversations and large traces: linear time, and a contract file's size known before it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from conftest import Row, Run, lines_of, make_row, write_lines


def moment(number: int) -> str:
    return f"2026-11-22T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000"


def long_conversation(turns: int) -> list[Row | str]:
    """Each request names the response before it: a short source whose contexts hold everything that was said."""
    rows: list[Row | str] = []
    for turn in range(turns):
        said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"answer {turn}"}]}
        request: Row = {"input": f"question {turn}", "model": "m"}
        if turn > 0:
            request["previous_response_id"] = f"resp_{turn - 1}"
        response = {"id": f"resp_{turn}", "object": "response", "output": [said]}
        rows.append(make_row(turn, "long", inputs=request, outputs=response, start_time=moment(turn)))
    return rows


def said_in(turn: int) -> tuple[Row, Row]:
    """What a turn adds: a question, and the answer as later requests resend it."""
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"answer {turn}"}]}
    return {"type": "message", "role": "user", "content": f"question {turn}"}, answer


def chain_of_responses(turns: int, stateful: bool) -> list[Row | str]:
    """One conversation, recorded with the response before it or with everything that was said.

    Instructions come and go, each third question is asked twice, each seventh call fails at first.
    """
    rows: list[Row | str] = []
    history: list[Row] = []
    for turn in range(turns):
        question, answer = said_in(turn)
        request: Row = {"input": [question] if stateful else [*history, question], "model": "m"}
        if stateful and turn > 0:
            request["previous_response_id"] = f"resp_{turn - 1}"
        if turn % 4 < 2:
            request["instructions"] = f"instructions of the {turn // 8}th kind: be brief"
        thrown_away = {**answer, "content": [{"type": "output_text", "text": f"thrown away {turn}"}]}
        given = [("kept", answer)]
        if turn % 3 == 2:
            given.insert(0, ("thrown away", thrown_away))
        root = make_row(turn * 10, "chain", run_type="chain", inputs={}, outputs={"output": f"answer {turn}"})
        root["start_time"], root["end_time"] = moment(turn * 10), moment(turn * 10 + 9)
        rows.append(root)
        for number, (name, said) in enumerate(given, 1):
            identity = f"resp_{turn}" if name == "kept" else f"resp_{turn}_thrown_away"
            response = {"id": identity, "object": "response", "output": [said]}
            row = make_row(turn * 10 + number, "chain", inputs=request, outputs=response)
            row.update(trace_id=root["id"], parent_run_id=root["id"])
            row["dotted_order"] = f"{root['dotted_order']}.{row['dotted_order']}"
            row["start_time"], row["end_time"] = moment(turn * 10 + number), moment(turn * 10 + number)
            if turn % 7 == 6 and number == 1:
                failed = {**row, "id": row["id"].replace("-4000-", "-4001-"), "outputs": None, "error": "too busy"}
                failed["dotted_order"] = row["dotted_order"].replace(
                    "-4000-8000-000000000000", "-4001-8000-000000000000"
                )
                rows.append({**failed, "status": "error"})
            rows.append(row)
        history += [question, answer]
    return rows


def test_a_chain_of_responses_reads_as_the_history_that_it_stands_for(run: Run, tmp_path: Path) -> None:
    records = []
    for stateful in (True, False):
        out = tmp_path / f"out-{stateful}"
        source = write_lines(tmp_path / f"runs-{stateful}.jsonl", chain_of_responses(30, stateful))
        report = json.loads(run("import", source, "--out", out, "--format", "jsonl", "--json").stdout)
        assert report["problems"] == {}
        (record,) = map(json.loads, lines_of(out / "trajectories.jsonl"))
        records.append(record)
    chain, history = records
    for field in ("messages", "steps"):
        assert chain[field] == history[field]
    for part in ("context", "answer", "variants", "run_id"):
        assert [call.get(part) for call in chain["calls"]] == [call.get(part) for call in history["calls"]]
    assert len(chain["alternatives"]) == len(history["alternatives"]) > 0


def test_a_conversation_of_5000_turns_is_a_dataset_and_no_contract_file(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", long_conversation(5000))
    done = run("import", source, "--out", tmp_path / "out", "--format", "parquet,jsonl,json", "--json", status=3)
    report = json.loads(done.stdout)
    assert (report["turns"], report["messages"]) == (5000, 10_000)
    assert report["peak_memory_bytes"] < 200 << 20
    (example,) = report["problems"]["file_too_large"]["examples"]
    size = int(re.findall(r"have (\d+) bytes", example["detail"])[0])
    assert 2 << 30 < size < 100 << 30
    assert list((tmp_path / "out/json").iterdir()) == []
    (record,) = map(json.loads, lines_of(tmp_path / "out/jsonl/trajectories.jsonl"))
    assert len(record["messages"]) == 10_000
    assert sum(path.stat().st_size for path in (tmp_path / "out/parquet").iterdir()) < 10 << 20


def test_the_size_that_a_contract_file_would_have_is_exact(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", long_conversation(60))
    run("import", source, "--out", tmp_path / "out", "--format", "json", "--quiet")
    size = (tmp_path / "out/long.json").stat().st_size
    run("import", source, "--out", tmp_path / "same", "--format", "json", "--quiet", "--max-file", str(size))
    done = run(
        "import",
        source,
        "--out",
        tmp_path / "less",
        "--format",
        "json",
        "--json",
        "--max-file",
        str(size - 1),
        status=3,
    )
    (example,) = json.loads(done.stdout)["problems"]["file_too_large"]["examples"]
    assert f"would have {size} bytes, above the limit of {size - 1}" in example["detail"]
    assert (tmp_path / "same/long.json").stat().st_size == size
    assert list((tmp_path / "less").iterdir()) == []


def large_trace(runs: int) -> Iterator[Row]:
    """One trace: a root, and below it by turns a model call that sees the last messages and a run of a tool."""
    root = make_row(0, "large", run_type="chain", inputs={}, outputs={})
    yield root
    history: list[Row] = []
    for number in range(1, runs):
        row = make_row(
            number, "large", trace_id=root["id"], parent_run_id=root["id"], start_time=moment(number % 86400)
        )
        row["dotted_order"] = f"{root['dotted_order']}.{row['dotted_order']}"
        if number % 2 == 0:
            row.update(run_type="tool", inputs={"number": number}, outputs={"output": str(number)})
        else:
            history = [*history[-6:], *row["inputs"]["messages"]]
            row["inputs"] = {"messages": history[-7:]}
            history.append(row["outputs"])
        yield row


def test_a_trace_of_100000_runs_is_one_conversation(run: Run, tmp_path: Path) -> None:
    count = 100_000
    source = write_lines(tmp_path / "runs.jsonl", list(large_trace(count)))
    report = json.loads(run("import", source, "--out", tmp_path / "out", "--json").stdout)
    assert (report["conversations"], report["turns"], report["rows_read"]) == (1, 1, count)
    assert report["runs_used"] == {"model_call": count // 2, "structure": 1, "tool_run": count // 2 - 1}
    assert report["adds_up"] is True
