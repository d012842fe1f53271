"""Long conversations and large traces: linear time, and a contract file's size known before it is written."""

from __future__ import annotations

import json
import re
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


def test_a_conversation_of_5000_turns_is_a_dataset_and_no_contract_file(run: Run, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "runs.jsonl", long_conversation(5000))
    done = run("import", source, "--out", tmp_path / "out", "--format", "parquet,jsonl,json", "--json", status=3)
    report = json.loads(done.stdout)
    assert (report["turns"], report["messages"]) == (5000, 10_000)
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
    assert f"would have {size} bytes, above --max-file {size - 1}" in example["detail"]
    assert (tmp_path / "same/long.json").stat().st_size == size
    assert list((tmp_path / "less").iterdir()) == []


def test_a_trace_of_100000_runs_is_one_conversation(run: Run, tmp_path: Path) -> None:
    count = 100_000
    root = make_row(0, "large", run_type="chain", inputs={}, outputs={})
    rows: list[Row | str] = [root]
    history: list[Row] = []
    for number in range(1, count):
        row = make_row(
            number, "large", trace_id=root["id"], parent_run_id=root["id"], start_time=moment(number % 86400)
        )
        row["dotted_order"] = f"{root['dotted_order']}.{row['dotted_order']}"
        if number % 2 == 0:
            row.update(run_type="tool", inputs={"number": number}, outputs={"output": str(number)})
        else:
            history += row["inputs"]["messages"]
            row["inputs"] = {"messages": history[-7:]}
            history.append(row["outputs"])
        rows.append(row)
    source = write_lines(tmp_path / "runs.jsonl", rows)
    report = json.loads(run("import", source, "--out", tmp_path / "out", "--json").stdout)
    assert (report["conversations"], report["turns"], report["rows_read"]) == (1, 1, count)
    assert report["runs_used"] == {"model_call": count // 2, "structure": 1, "tool_run": count // 2 - 1}
    assert report["adds_up"] is True
