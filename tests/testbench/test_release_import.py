"""Release 0.5.3, as its users run it, lists and imports a live project from the double."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from compat.release import release_python

from .conftest import Double

# The release speaks to LangSmith's own address in one place, whatever the environment says.
REDIRECT = """
import os
import requests

send = requests.Session.send

def send_to_double(self, request, **options):
    request.url = request.url.replace("https://api.smith.langchain.com", os.environ["LANGSMITH_ENDPOINT"])
    return send(self, request, **options)

requests.Session.send = send_to_double
"""
PROGRAM = """
import json
import os
from datetime import timedelta

import trajectory_sdk as tj

tj.init(
    provider="langsmith",
    project_id=os.environ["PROJECT"],
    workspace_id=os.environ["WORKSPACE"],
    destination_id=os.environ["DESTINATION"],
)
listed = tj.list_conversations(limit=3)
imported = tj.import_conversations(bulk=True, since=timedelta(days=3))
queried = tj.import_conversations([listed[0].conversation_id])
print(json.dumps({
    "listed": [(one.conversation_id, one.num_turns) for one in listed],
    "imported": [(one.task.conversation_id, one.task.num_turns, len(one.steps)) for one in imported],
    "queried": [(one.task.conversation_id, one.task.num_turns) for one in queried],
}))
"""


def run_release(double: Double, project: str, folder: Path) -> Any:
    program = folder / "program.py"
    program.write_text(REDIRECT + PROGRAM, encoding="utf-8")
    environment = {
        "LANGSMITH_ENDPOINT": double.url,
        "LANGSMITH_API_KEY": double.about["api_key"],
        "STORAGE_EMULATOR_HOST": double.about["gcs"],
        "PROJECT": project,
        "WORKSPACE": double.about["workspace_id"],
        "DESTINATION": double.about["destinations"]["gcs"],
        "HOME": str(folder),
    }
    command = [str(release_python()), str(program)]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_release_lists_and_imports(double: Double, tmp_path: Path) -> None:
    project = double.generate("shop", 10, turns=4, thread_key="conversation_id")
    found = run_release(double, project, tmp_path)
    threads = [f"shop-thread-{number:06d}" for number in range(3)]
    assert found["listed"] == [[threads[2], 2], [threads[1], 4], [threads[0], 4]]
    assert [one[:2] for one in found["imported"]] == [[threads[0], 4], [threads[1], 4], [threads[2], 2]]
    assert found["queried"] == [[threads[2], 2]]
    (export,) = double.get("/api/v1/bulk-exports")
    assert (export["status"], export["format_version"], export["filter"]) == ("Completed", "v2_beta", None)
