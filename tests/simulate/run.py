"""Plays conversations, runs a program over their rows and scores what it prints.

run.py PROGRAM [--habit NAME | --mixed N] [--shape NAME] [--seeds A:B] [--keep DIR] [-v N]

PROGRAM takes the file of rows and prints native records, one a line.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "data" / "truth")]

import score  # noqa: E402
from app import play, random_shape  # noqa: E402
from habits import ALONE, habits, mixed  # noqa: E402

PARTS = ("linkage", "subagents", "contexts", "counts")


def cases(seeds, names, mix, shape):
    for seed in seeds:
        for name in names:
            label, values = (name, ALONE[name]) if not mix else mixed(seed, mix)
            chosen = shape or random_shape(seed * 1000 + len(label))
            rows, truth = play(f"{label}/{chosen}/{seed}", habits(seed, values, chosen))
            yield label, rows, truth
            if mix:
                break


def shuffled_lines(played):
    """The rows of all conversations, in no order."""
    lines = [json.dumps(row) + "\n" for _, rows, _ in played for row in rows]
    random.Random(len(lines)).shuffle(lines)
    return "".join(lines)


def losses(truth, pred):
    """What is wrong with one predicted conversation, as short words."""
    if pred is None:
        return ["not found"]
    s = score.score_conversation(truth, pred)
    wrong = [k for k in PARTS if s[k] != s[k + "_got"]]
    wrong += [k for k in ("order_errors", "spurious", "nested") if s[k]]
    return wrong + (["missing"] if s["matched"] != s["truth"] else [])


def run(program, rows_file):
    out = subprocess.run([*program.split(), str(rows_file)], capture_output=True, text=True, check=True).stdout
    return read_records(out)


def read_records(lines):
    """Native records by conversation, in the form that the scorer compares."""
    return {d["conversation_id"]: score.record(d) for d in map(json.loads, lines.splitlines())}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program")
    ap.add_argument("--habit", action="append")
    ap.add_argument("--mixed", type=int, default=0)
    ap.add_argument("--shape")
    ap.add_argument("--seeds", default="0:20")
    ap.add_argument("--keep", type=Path)
    ap.add_argument("-v", "--verbose", type=int, default=0)
    a = ap.parse_args()
    first, last = map(int, a.seeds.split(":"))
    played = list(cases(range(first, last), a.habit or ALONE, a.mixed, a.shape))
    with tempfile.TemporaryDirectory() as folder:
        keep = a.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        rows_file = keep / "runs.jsonl"
        rows_file.write_text(shuffled_lines(played))
        truths = {
            "scenario": "simulated",
            "project": "p",
            "session_id": "p",
            "conversations": [t for _, _, t in played],
        }
        (keep / "truth.json").write_text(json.dumps(truths))
        found = run(a.program, rows_file)
    total, bad, shown = Counter(), Counter(), 0
    for label, _, truth in played:
        total[label] += 1
        wrong = losses(truth, found.get(truth["conversation_id"]))
        if wrong:
            bad[label] += 1
            if shown < a.verbose:
                shown += 1
                print(truth["name"], truth["conversation_id"], *wrong)
    for label in total:
        if bad[label]:
            print(f"{label:40} {bad[label]} of {total[label]}")
    print(f"{sum(bad.values())} of {sum(total.values())} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
