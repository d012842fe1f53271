"""Hostile Parquet: encrypted files, and pages that say other than what is in them or unpack to far too much."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from conftest import Run, files_of, make_row
from test_hostile import COUNT, MOMENTS, ROWS, only_problem, report_of, table_of, thrift_number, with_column


class BareKeys(pe.KmsClient):  # type: ignore[misc]
    """Wraps keys in nothing but base64."""

    def __init__(self, _: object) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _: str) -> bytes:
        return base64.b64encode(key)

    def unwrap_key(self, wrapped: bytes, _: str) -> bytes:
        return base64.b64decode(wrapped)


@pytest.mark.parametrize("open_footer", [False, True])
def test_a_file_with_encrypted_columns_is_named(run: Run, tmp_path: Path, open_footer: bool) -> None:
    config = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["inputs"]}, plaintext_footer=open_footer, double_wrapping=False
    )
    properties = pe.CryptoFactory(BareKeys).file_encryption_properties(pe.KmsConnectionConfig(), config)
    table = table_of(ROWS)
    with pq.ParquetWriter(tmp_path / "runs.parquet", table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    done = run("import", tmp_path / "runs.parquet", "--out", tmp_path / "out", status=1)
    assert done.stderr == (
        f"trajectory: the Parquet file is encrypted: export it without encryption ({tmp_path / 'runs.parquet'})\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["runs.parquet"]


def test_times_of_the_oldest_form_are_read_alike(run: Run, tmp_path: Path) -> None:
    times = pa.array(MOMENTS, pa.timestamp("ns"))
    pq.write_table(
        with_column(table_of(ROWS), "start_time", times),
        tmp_path / "int96.parquet",
        use_deprecated_int96_timestamps=True,
    )
    pq.write_table(table_of(ROWS), tmp_path / "text.parquet")
    for name in ("int96", "text"):
        run("import", tmp_path / f"{name}.parquet", "--out", tmp_path / name, "--quiet")
    assert files_of(tmp_path / "int96") == files_of(tmp_path / "text")


def first_page(content: bytes) -> int:
    """Where the header of the first column's page begins: behind the file's mark."""
    assert content.startswith(b"PAR1\x15\x00\x15"), "a data page: field 1 is its type, then its sizes"
    return 4


def rows_in_page(content: bytes, rows: int) -> bytes:
    """The first column's page says that it holds so many rows."""
    at = content.index(b"\x2c\x15" + thrift_number(COUNT), first_page(content)) + 2
    return content[:at] + thrift_number(rows) + content[at + 1 :]


def unpacked_size(content: bytes, size: int) -> bytes:
    """The first column's page says that it unpacks to so many bytes; what follows keeps its place."""
    at = first_page(content) + 3
    end = next(place for place in range(at, at + 5) if content[place] < 0x80) + 1
    number = bytearray(thrift_number(size))
    while len(number) < end - at:  # as many digits as there were, the first of them zeros
        number[-1] |= 0x80
        number.append(0)
    return content[:at] + bytes(number[: end - at]) + content[end:]


@pytest.mark.parametrize(
    "lie",
    [
        lambda content: rows_in_page(content, COUNT - 1),
        lambda content: rows_in_page(content, COUNT + 1),
        lambda content: rows_in_page(content, 63),
        lambda content: unpacked_size(content, 10),
        lambda content: unpacked_size(content, 8000),
    ],
    ids=["a row less", "a row more", "many rows more", "smaller", "larger"],
)
def test_a_page_that_lies_costs_its_row_group(run: Run, tmp_path: Path, lie: Callable[[bytes], bytes]) -> None:
    rows = [make_row(number) for number in range(2 * COUNT)]
    source = tmp_path / "runs.parquet"
    pq.write_table(table_of(rows), source, compression="gzip", use_dictionary=False, row_group_size=COUNT)
    assert report_of(run, source)["conversations"] == 2 * COUNT
    source.write_bytes(lie(source.read_bytes()))
    report = report_of(run, source, status=3)
    assert (report["conversations"], report["rows_read"], report["rows_refused"]) == (COUNT, 2 * COUNT, COUNT)
    (example,) = only_problem(report, "damaged_row_group")["examples"]
    assert example == {
        "place": f"{source} row 1",
        "detail": f"{COUNT} rows from here on are damaged: export them again",
    }


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_pages_that_unpack_to_far_more_than_the_file_keep_the_limit_of_memory(
    run: Run, tmp_path: Path, dictionary: bool, threads: str
) -> None:
    rows = [make_row(number) for number in range(192)]
    for row in rows[:128]:
        row["inputs"] = {"messages": [{"role": "user", "content": row["id"] + "y" * 6_000_000}]}
    source = tmp_path / "runs.parquet"
    # A page holds as many values as its row group; a dictionary holds them once more.
    pq.write_table(table_of(rows), source, compression="zstd", use_dictionary=dictionary, row_group_size=64)
    assert source.stat().st_size < 1 << 20
    report = report_of(run, source, "--memory", "512MiB", "--threads", threads, status=3)
    assert report["peak_memory_bytes"] < (512 + 150) << 20
    assert (report["rows_read"], report["rows_refused"], report["conversations"]) == (192, 128, 64)
    problem = only_problem(report, "page_too_large")
    assert (problem["count"], problem["severity"]) == (2, "refused")
    assert problem["examples"][0] == {
        "place": f"{source} row 1",
        "detail": f"64 rows from here on lie in pages that unpack to more than {128 << 20} bytes: "
        "allow more with --max-value or --memory",
    }


def test_large_pages_are_read_where_they_are_allowed(run: Run, tmp_path: Path) -> None:
    rows = [make_row(number) for number in range(24)]
    for row in rows:
        row["inputs"] = {"messages": [{"role": "user", "content": row["id"] + "y" * 6_000_000}]}
    pq.write_table(table_of(rows), tmp_path / "runs.parquet", compression="zstd", row_group_size=12)
    source = tmp_path / "runs.parquet"
    assert report_of(run, source, "--memory", "512MiB", "--max-value", "100MB")["conversations"] == 24
    done = run("import", source, "--dry-run", "--memory", "512MiB", status=1)
    assert done.stderr.count("\n") == 1
    assert "allow more with --max-value or --memory" in done.stderr


def test_one_value_in_many_rows_keeps_the_limit_of_memory(run: Run, tmp_path: Path) -> None:
    inputs = {"messages": [{"role": "user", "content": "y" * 14_000_000}]}
    source = tmp_path / "runs.parquet"
    table = table_of([make_row(number, inputs=inputs) for number in range(96)])
    pq.write_table(table, source, compression="zstd", dictionary_pagesize_limit=1 << 30)
    report = report_of(run, source, "--memory", "512MiB", "--threads", "2")
    assert report["peak_memory_bytes"] < (512 + 150) << 20
    assert (report["rows_read"], report["rows_refused"], report["conversations"]) == (96, 0, 96)


def test_texts_written_as_differences_are_read_alike_with_any_batch_size(run: Run, tmp_path: Path) -> None:
    rows = [
        make_row(number, inputs={"messages": [{"role": "user", "content": "y" * 600_000 + f"{number}"}]})
        for number in range(400)
    ]
    source = tmp_path / "runs.parquet"
    table = table_of(rows)
    pq.write_table(table, source, use_dictionary=False, column_encoding={"inputs": "DELTA_BYTE_ARRAY"})
    assert source.stat().st_size < 2_000_000
    report = report_of(run, source, "--memory", "64MiB", "--batch-rows", "400")
    assert (report["rows_read"], report["rows_refused"], report["conversations"]) == (400, 0, 400)
