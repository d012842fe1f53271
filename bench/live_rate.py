"""Measures how much of the rate that the double of LangSmith allows an import by queries uses: listing, then fetching.

The double allows what LangSmith documents: 10 queries of the last seven days in 10 s. It runs on this machine, so the
program does not know that number beforehand, and has to learn it from refusals.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # the double's parts, and what the list of commands needs

from commands import PROGRAM  # noqa: E402
from gates import BUSY_GATE  # noqa: E402

from testbench.langsmith.process import start_double, stop_double  # noqa: E402

TRACES = 3_000
CALLS, SECONDS = 10, 10.0  # limits.TIERS of the double: plain queries of the last week


class Double:
    """The double with its limits on, and a project of traces of the last day."""

    def __init__(self, folder: Path) -> None:
        self._process, self.about = start_double(folder)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.about["langsmith"] + "/_testbench" + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=600) as answer:
            return json.loads(answer.read())

    def stop(self) -> None:
        stop_double(self._process)


def busy(times: list[float]) -> float:
    """The least seconds in which the limit lets so many calls through, over the seconds that they took."""
    return (math.ceil(len(times) / CALLS) - 1) * SECONDS / (times[-1] - times[0])


def measure() -> list[tuple[str, int, int, float, float]]:
    """Of the listing, and of all: calls let through, calls refused, seconds, share of the allowed rate."""
    with tempfile.TemporaryDirectory() as folder:
        double = Double(Path(folder))
        try:
            plan = {"project": "bench", "traces": TRACES, "tools": 0, "turns": 10, "text_bytes": 40, "spacing": 20}
            double.call("POST", "/generate", plan)
            double.call("PATCH", "/settings", {"limits": {"enabled": True}})
            about = double.about
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "LANGSMITH_ENDPOINT": about["langsmith"],
                "LANGSMITH_API_KEY": about["api_key"],
                "LANGSMITH_WORKSPACE_ID": about["workspace_id"],
            }
            options = ["--route", "api", "--api", "v1", "--since", "2d", "--out", f"{folder}/out", "--quiet"]
            subprocess.run([PROGRAM, "import", "langsmith://bench", *options], env=environment, check=True)
            log = double.call("GET", "/requests?method=POST&path=*/runs/query")["requests"]
        finally:
            double.stop()
    listing = [call for call in log if json.loads(call["body"]).get("is_root")]
    found = []
    for name, calls in (("discovery", listing), ("discovery and whole traces", log)):
        times = [call["at"] for call in calls if call["status"] == 200]
        found.append((name, len(times), len(calls) - len(times), times[-1] - times[0], busy(times)))
    return found


def live_lines() -> list[str]:
    """The section of the results."""
    lines = [
        f"An import by queries of {TRACES:,} traces of the last two days, from the double of LangSmith with the limit "
        f"that LangSmith documents: {CALLS} queries in {SECONDS:g} s.",
        "",
        "| | calls let through | refused | seconds | least seconds over these | gate | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, through, refused, seconds, share in measure():
        kept = "kept" if share >= BUSY_GATE else "**missed**"
        lines.append(
            f"| {name} | {through} | {refused} | {seconds:.0f} | {share:.1%} | at least {BUSY_GATE:.0%} | {kept} |"
        )
    return lines
