"""Imports an export from Python and prints the seconds of the call alone: python_import.py EXPORT FOLDER."""

from __future__ import annotations

import sys
import time

import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="any")
start = time.perf_counter()
tj.import_conversations(bulk=True, source=sys.argv[1], out=sys.argv[2], progress=False)
print(time.perf_counter() - start)
