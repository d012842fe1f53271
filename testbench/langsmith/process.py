"""The double as a process of its own, for tests and benchmarks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.prefix) / "bin" / "trajectory-testbench"
_SECONDS = 60.0  # to start, and to stop


def start_double(folder: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """Starts the double on a free port; `folder` takes its announcement.

    Returns:
        The process, to be ended with `stop_double`, and what it announced.

    Raises:
        RuntimeError: It did not start.
    """
    announcement = folder / "double.json"
    process = subprocess.Popen([str(PROGRAM), "--port", "0", "--announce", str(announcement), *arguments])
    end = time.monotonic() + _SECONDS
    while not announcement.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise RuntimeError("the double of LangSmith did not start")
        time.sleep(0.05)
    return process, json.loads(announcement.read_text(encoding="utf-8"))


def stop_double(process: subprocess.Popen[bytes]) -> int:
    """Ends the double as a user would; returns its exit status."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(_SECONDS)
    finally:
        process.kill()
