"""What is wrong with arguments: told in a sentence, by a class of the package, before anything is read."""

from __future__ import annotations

import datetime
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
import trajectory_sdk as tj
from conftest import make_row, write_lines

pytestmark = pytest.mark.usefixtures("initialised")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "runs.jsonl", [make_row(number) for number in range(1, 4)])


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"keys": "thread_id"}, ValueError, r"keys must be a list, as \['thread_id'\], not a text"),
        ({"keys": []}, ValueError, "keys must name at least one"),
        ({"keys": [""]}, ValueError, "keys must name at least one"),
        ({"keys": [5]}, TypeError, "keys must hold texts, not int"),
        ({"keys": 5}, TypeError, "keys must be a list, not int"),
        ({"conversations": "abc"}, ValueError, "conversations must be a list"),
        ({"conversations": [5]}, TypeError, "conversations must hold ids or summaries, not int"),
        ({"conversations": 5}, TypeError, "conversations must be a list, not int"),
        ({"since": "7d"}, TypeError, "since must be a timedelta or a datetime"),
        ({"until": datetime.timedelta.min}, ValueError, "until reaches beyond the year 9999"),
        ({"limit": "3"}, TypeError, "limit must be a whole number, not str"),
        ({"limit": 2**70}, ValueError, "limit must be at most"),
        ({"threads": 1025}, ValueError, "threads must be at most 1024"),
        ({"memory": 999}, ValueError, "memory must be at least 1000"),
        ({"memory": 2**70}, ValueError, "memory must be at most"),
        ({"feedback": "no"}, TypeError, "feedback must be True or False"),
        ({"source": "a\0b"}, ValueError, "source holds a NUL"),
        ({"source": "/x/\ud800.parquet"}, ValueError, "source holds a character"),
        ({"source": "/x/\udcff.parquet"}, FileNotFoundError, "/x/"),
        ({"source": b"/x"}, ValueError, "source cannot be a bytes"),
        ({"source": 5}, ValueError, "source cannot be a int"),
    ],
    ids=str,
)
def test_arguments_of_an_import(arguments: dict[str, Any], kind: type[Exception], says: str, source: Path) -> None:
    for operation in (tj.import_conversations, lambda **given: list(tj.iter_conversations(**given))):
        with pytest.raises(kind, match=says) as caught:
            operation(bulk=True, **{"source": source, **arguments})
        assert isinstance(caught.value, tj.TrajectoryError)
        assert "\n" not in str(caught.value)
        assert "--" not in str(caught.value)


@pytest.mark.parametrize("out", [5, b"x", "a\0b"])
def test_out_is_a_path(out: Any, source: Path) -> None:
    with pytest.raises((tj.ArgumentTypeError, tj.UsageError), match="out "):
        tj.import_conversations(bulk=True, source=source, out=out)
    with pytest.raises(tj.ArgumentTypeError, match="force must be"):
        tj.import_conversations(bulk=True, source=source, out="x", force="yes")  # type: ignore[arg-type]


def test_sentences_name_no_options_of_the_program(source: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for arguments in ({"out": tmp_path / "full"}, {"conversations": ["nobody"]}):
        with pytest.raises(tj.TrajectoryError) as caught:
            tj.import_conversations(bulk=True, source=source, **arguments)
        assert "--" not in str(caught.value)


def failing_stream() -> pa.RecordBatchReader:
    schema = pa.schema([("id", pa.string())])

    def batches() -> Any:
        yield pa.record_batch([["a"]], schema=schema)
        raise RuntimeError("my source\nbroke")

    return pa.RecordBatchReader.from_batches(schema, batches())


class Capsule:
    """Claims to be a stream."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return 5


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (failing_stream, tj.SourceError, "the table .* cannot be read: .*my source broke"),
        (Capsule, tj.SourceError, "the table .Capsule. cannot be read"),
        (lambda: datasets.DatasetDict(train=datasets.Dataset.from_dict({"id": ["a"]})), tj.UsageError, "several"),
    ],
)
def test_tables_that_cannot_be_read(make: Callable[[], Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        tj.import_conversations(bulk=True, source=make())
    assert "\n" not in str(caught.value)


def test_an_iterable_hugging_face_dataset_is_a_source(source: Path) -> None:
    rows = [{name: value for name, value in make_row(1).items() if isinstance(value, str)}]
    rows[0] |= {"inputs": '{"messages":[{"role":"user","content":"q"}]}', "outputs": "{}", "extra": "{}"}
    found = tj.import_conversations(bulk=True, source=datasets.Dataset.from_list(rows).to_iterable_dataset())
    assert found.report is not None
    assert found.report.rows_read == 1


def test_entries_that_are_no_trajectories(source: Path, tmp_path: Path) -> None:
    good = tj.import_conversations(bulk=True, source=source)
    operations: list[Callable[[Any], Any]] = [lambda given: tj.save(given, tmp_path / "saved"), tj.to_arrow]
    for operation in operations:
        for given, says in ((None, "not NoneType"), (5, "not int"), ([*good, 5], "entry 3 is a int")):
            with pytest.raises(tj.MissingAttributeError, match=says):
                operation(given)
    assert not (tmp_path / "saved").exists()


class Nothing(tj.BaseTransform):
    def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
        return None  # type: ignore[return-value]


def test_a_transform_that_returns_nothing_is_named(source: Path) -> None:
    tj.init(provider="langsmith", project_id="any", transforms=[Nothing()])
    with pytest.raises(tj.ArgumentTypeError, match="Nothing must return trajectories, not NoneType"):
        tj.import_conversations(bulk=True, source=source)
    for transforms in (Nothing(), 5):
        with pytest.raises(tj.ArgumentTypeError, match="transforms must be a list"):
            tj.init(provider="langsmith", project_id="any", transforms=transforms)  # type: ignore[arg-type]


def test_the_iterator_warns_at_its_end_and_has_the_report(source: Path) -> None:
    with source.open("a") as stream:
        stream.write('{"broken\n')
    found = tj.iter_conversations(bulk=True, source=source)
    first = next(found)
    assert found.report is None
    with pytest.warns(tj.RefusedDataWarning, match="invalid_row|row") as caught:
        rest = list(found)
    assert [warning.filename for warning in caught] == [__file__]
    assert (first.task.conversation_id, len(rest)) == ("thread-1", 2)
    assert found.report is not None
    assert found.report.rows_refused == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(found) == []


def run_with(**inputs: Any) -> dict[str, Any]:
    row = make_row(1)
    row["inputs"] |= inputs
    return {"conversation_id": "c", "turns": [{"runs": [row]}]}


def test_numbers_that_json_lacks_lose_nothing() -> None:
    given = run_with(temperature=math.nan, top_p=math.inf, seed=10**5000, tools=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tj.transform(given)
    assert [message.content for message in found.messages] == ["question 1", "answer 1"]
    assert found.calls[0].parameters is not None
    assert found.calls[0].parameters["temperature"] == "NaN"
    assert found.calls[0].parameters["top_p"] == "Infinity"


def test_refused_runs_of_a_payload_are_warned_of() -> None:
    given = run_with()
    given["turns"][0]["runs"].append(make_row(2, outputs='{"broken'))
    with pytest.warns(tj.RefusedDataWarning, match="invalid_json") as caught:
        tj.transform(given)
    assert [warning.filename for warning in caught] == [__file__]


def test_trees_without_end() -> None:
    run: dict[str, Any] = {"id": "a"}
    run["child_runs"] = [run]
    deep: dict[str, Any] = {"id": "z"}
    for number in range(3000):
        deep = {"id": str(number), "child_runs": [deep]}
    itself: dict[str, Any] = {}
    itself["x"] = itself
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    for given in ([run], [deep], run_with(x=itself), run_with(x=nested)):
        with pytest.raises(tj.NestingError) as caught:
            tj.transform(given)
        assert "\n" not in str(caught.value)
