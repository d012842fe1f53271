"""A JSON text is a sequence of values: runs, pages of runs, or arrays of these, whatever stands between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Row, Run, make_row

Imported = tuple[list[str], Row]


def page(*numbers: int, key: str = "runs", **beside: Any) -> dict[str, Any]:
    return {**beside, key: [make_row(number) for number in numbers]}


def pretty(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def line(value: Any) -> str:
    return json.dumps(value) + "\n"


def nested() -> Row:
    """A run as read_run(load_child_runs=True) gives it."""
    root = make_row(1, run_type="chain", inputs={}, outputs={})
    child = make_row(2, trace_id=root["id"], parent_run_id=root["id"], run_type="chain", dotted_order=None)
    leaf = make_row(3, "thread-1", trace_id=root["id"], parent_run_id=child["id"], dotted_order=None)
    return {**root, "child_runs": [{**child, "child_runs": [leaf]}]}


@pytest.fixture
def import_text(run: Run, tmp_path: Path) -> Callable[..., Imported]:
    """Imports a text; returns what was said in order, and the report."""

    def import_it(text: str, name: str = "runs.json", status: int = 0) -> Imported:
        (tmp_path / name).write_text(text, encoding="utf-8")
        run(
            "import",
            tmp_path / name,
            "--out",
            tmp_path / "out",
            "--format",
            "jsonl",
            "--force",
            "--quiet",
            status=status,
        )
        records = (tmp_path / "out/trajectories.jsonl").read_text(encoding="utf-8").split("\n")
        said = [m["content"] for record in records if record for m in json.loads(record)["messages"]]
        return said, json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))

    return import_it


def both(*numbers: int) -> list[str]:
    return [text for number in numbers for text in (f"question {number}", f"answer {number}")]


ROW = make_row(1)
CASES = {
    "pretty pages one after the other": (pretty(page(1)) + pretty(page(2)), (1, 2)),
    "compact pages one a line": (line(page(1, 2)) + line(page(3)), (1, 2, 3)),
    "one page and a line feed": (line(page(1, 2)), (1, 2)),
    "one page without a line feed": (json.dumps(page(1, 2)), (1, 2)),
    "a page of items": (json.dumps(page(1, key="items", next_cursor=None)), (1,)),
    "an array of pages": (json.dumps([page(1), page(2, 3)]), (1, 2, 3)),
    "a pretty array of pages": (pretty([page(1), page(2, 3)]), (1, 2, 3)),
    "another array before the runs": (pretty(page(1, cursors=[{"next": "x"}], parsed_query=["a"])), (1,)),
    "an empty page": (json.dumps(page()), ()),
    "an empty page before a full one": (line(page()) + line(page(1)), (1,)),
    "an empty array": ("[]", ()),
    "one pretty run with sorted keys": (
        json.dumps({**ROW, "events": [{"name": "start"}], "child_runs": []}, indent=1, sort_keys=True),
        (1,),
    ),
    "a pretty array of compact runs": ("[\n" + ",\n".join(json.dumps(make_row(n)) for n in (1, 2)) + "\n]\n", (1, 2)),
    "runs and pages mixed, some pretty": (
        line(ROW) + pretty(page(2)) + line([make_row(3)]) + pretty(make_row(4)),
        (1, 2, 3, 4),
    ),
    "pretty runs without anything between": (pretty(ROW).strip() + pretty(make_row(2)), (1, 2)),
    "runs behind one another on a line": (json.dumps(ROW) + json.dumps(make_row(2)), (1, 2)),
    "two runs on each line": (2 * (line(ROW).strip() + line(make_row(2))), (1, 2)),
    "carriage returns and blank lines": (f"\r\n{json.dumps(ROW)}\r\n\r\n{json.dumps(make_row(2))}\r\n", (1, 2)),
    "a string with brackets and quotes": (pretty(make_row(1, name='}]"\\{["')) + pretty(make_row(2)), (1, 2)),
}


@pytest.mark.parametrize(("text", "numbers"), CASES.values(), ids=CASES)
def test_every_run_of_a_json_text_is_read(
    import_text: Callable[..., Imported], text: str, numbers: tuple[int, ...]
) -> None:
    said, report = import_text(text)
    assert said == both(*numbers)
    assert report["rows_refused"] == 0
    assert report["adds_up"] is True


def test_runs_nested_in_a_run_are_runs(import_text: Callable[..., Imported]) -> None:
    for text in (line(nested()), pretty(nested()), json.dumps([nested()]), pretty({"runs": [nested()]})):
        said, report = import_text(text)
        assert report["rows_read"] == 3
        assert said == both(3)


@pytest.mark.parametrize(
    "broken", ['{"id": "cut', '{"id": 1, "inputs": {"a": [', "null", "7", "not json", '["x"', "{}]"]
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_broken_line_costs_itself_alone(import_text: Callable[..., Imported], broken: str, at: int) -> None:
    lines = [json.dumps(make_row(number)) for number in (1, 2)]
    lines.insert(at, broken)
    said, report = import_text("\n".join(lines) + "\n", status=3)
    assert said == both(1, 2)
    assert (report["rows_read"], report["rows_refused"]) == (3, 1)
    assert f"row {at + 1}" in report["problems"]["invalid_json_row"]["examples"][0]["place"]


def test_a_page_cut_off_keeps_its_whole_runs(import_text: Callable[..., Imported]) -> None:
    for text in (pretty(page(1, 2)), json.dumps(page(1, 2))):
        said, report = import_text(text[: text.rindex("answer 2")], status=3)
        assert said == both(1)
        assert (report["rows_read"], report["rows_refused"]) == (2, 1)


def test_pages_on_lines_are_read_alike_in_any_number_of_blocks(import_text: Callable[..., Imported]) -> None:
    rows = [
        make_row(n, "thread", inputs={"messages": [{"role": "user", "content": "x" * 60_000 + str(n)}]})
        for n in range(200)
    ]
    pages = [{"runs": rows[i : i + 7]} for i in range(0, len(rows), 7)]
    expected = import_text("".join(map(line, rows)))[0]
    assert len(expected) == 400
    for text in ("".join(map(line, pages)), "".join(map(pretty, pages)), json.dumps(pages)):
        assert import_text(text)[0] == expected
