"""Makes deterministic synthetic LangSmith exports for benchmarks.

Conversations of 1 to 40 turns (skewed) with 0 to 8 tool loops a turn; message sizes are log-normal (median 600
characters, up to 50 KB); every model call repeats the history; tools and parameters stand in `extra` of every run below
the root, the thread key in that of the root. Conversations of a window of time interleave; rows are in time order.

Text is cut from one long text of made-up words that is held as JSON text already, and payloads are joined from pieces,
so that a gigabyte takes seconds and one window of conversations is all that is held.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conversations import SCHEMA, Columns, Text, play

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "bench-data"
ROW_GROUP_ROWS = 2700
WINDOW = 100  # conversations that interleave
BYTES_OF_CONVERSATION = 560_000  # of JSON text, about, in a flat set


@dataclass(frozen=True)
class Shape:
    """What a set is made of: the payload families in turn, whether later turns repeat tool messages, how many files."""

    families: tuple[str, ...]
    full_history: bool = False
    files: int = 1


FLAT = Shape(("flat",))
MIXED = Shape((*("langchain", "openai", "flat") * 3, "langchain"), full_history=True, files=4)
SETS = {
    "small": (70, FLAT),
    "medium": (1800, FLAT),
    "mixed": (750, MIXED),
    "third": (5400, FLAT),
    "large": (10_800, FLAT),
    "huge": (107_000, FLAT),
}


@cache
def version() -> str:
    """Changes when the code that makes the sets does."""
    here = Path(__file__).resolve()
    code = here.read_bytes() + here.with_name("conversations.py").read_bytes() + pa.__version__.encode()
    return hashlib.sha256(code).hexdigest()[:12]


def windows(count: int, shape: Shape) -> Iterator[pa.Table]:
    """The rows of so many conversations, a window of them at a time."""
    text = Text()
    for first in range(0, count, WINDOW):
        columns = Columns()
        for number in range(first, min(first + WINDOW, count)):
            family = shape.families[number % len(shape.families)]
            play(columns, text, number, number // WINDOW, family, full_history=shape.full_history)
        yield columns.table()


def file_names(shape: Shape) -> list[str]:
    """One plain file, or as many as the shape says in the folders of a bulk export."""
    if shape.files == 1:
        return ["runs.parquet"]
    path = "export_id={}/tenant_id={}/session_id={}/runs/year=2026/month=11/day={}/runs_{}.parquet"
    ids = [f"0000000{n}-0000-4000-8000-000000000000" for n in (3, 2, 1)]
    return [path.format(*ids, day, day) for day in range(1, shape.files + 1)]


def print_note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def make(folder: Path, count: int, shape: Shape, note: Callable[[str], None] = print_note) -> None:
    """Writes an export of so many conversations; the folder appears whole, with `set.json` beside it."""
    partial = folder.with_suffix(".part")
    shutil.rmtree(partial, ignore_errors=True)
    names = file_names(shape)
    source = windows(count, shape)
    total = (count + WINDOW - 1) // WINDOW
    figures = {"rows": 0, "text_bytes": 0, "conversations": count}
    done = 0
    for index, name in enumerate(names):
        path = partial / name
        path.parent.mkdir(parents=True)
        until = total * (index + 1) // len(names)
        pending: list[pa.Table] = []
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            while done < until:
                table = next(source)
                done += 1
                figures["rows"] += table.num_rows
                figures["text_bytes"] += sum(table[name].nbytes for name in ("inputs", "outputs", "extra"))
                pending = write_groups(writer, [*pending, table], last=done == until, alone=total == 1)
                if done % 20 == 0:
                    note(f"{folder.name}: {done} of {total} windows, {figures['text_bytes'] / 1e9:.1f} GB of JSON text")
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.with_suffix(".json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    partial.rename(folder)


def write_groups(writer: pq.ParquetWriter, tables: list[pa.Table], *, last: bool, alone: bool) -> list[pa.Table]:
    """Writes whole row groups; returns what is left for the next. A set of one window is one row group."""
    rows = pa.concat_tables(tables)
    size = rows.num_rows if alone else ROW_GROUP_ROWS
    end = rows.num_rows if last else rows.num_rows // size * size
    if end:
        writer.write_table(rows.slice(0, end), row_group_size=size)
    return [rows.slice(end)] if end < rows.num_rows else []


def source_of(name: str) -> Path:
    """The export of a named set, made when it is not there yet: a file, or a folder of files."""
    folder = DATA / version() / name
    if not folder.exists():
        make(folder, *SETS[name])
    _, shape = SETS[name]
    return folder if shape.files > 1 else folder / file_names(shape)[0]


def figures_of(name: str) -> dict[str, int]:
    """Rows, bytes of JSON text and conversations of a named set that was made."""
    figures: dict[str, int] = json.loads((DATA / version() / f"{name}.json").read_text(encoding="utf-8"))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", choices=SETS, help="a named set, kept in build/bench-data")
    parser.add_argument("--size", type=float, help="GB of JSON text, about, of a flat set")
    parser.add_argument("--conversations", type=int, help="how many conversations of --like")
    parser.add_argument("--like", choices=SETS, default="medium", help="the set whose shape --conversations takes")
    parser.add_argument("--out", type=Path, help="the folder of a set of that --size or count")
    arguments = parser.parse_args()
    if arguments.set:
        print(source_of(arguments.set))
    elif arguments.out and arguments.size:
        make(arguments.out, int(arguments.size * 1e9 / BYTES_OF_CONVERSATION), FLAT)
    elif arguments.out and arguments.conversations:
        make(arguments.out, arguments.conversations, SETS[arguments.like][1])
    else:
        parser.error("give --set, or --out with --size or --conversations")


if __name__ == "__main__":
    main()
