"""The sandbox: the double and sample agents that write into it, and what to copy to work with them (`make sandbox`)."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any

from .app import Double, stop_signal
from .buckets import die_with_parent

PROJECT = "my-project"  # the name that the guides use, so that their lines run as they stand


def environment(about: dict[str, Any]) -> dict[str, str]:
    """What a user sets, and a program that records needs."""
    return {
        "LANGSMITH_ENDPOINT": about["langsmith"],
        "LANGSMITH_API_KEY": about["api_key"],
        "LANGSMITH_WORKSPACE_ID": about["workspace_id"],
        "AWS_ACCESS_KEY_ID": about["s3_access_key"],
        "AWS_SECRET_ACCESS_KEY": about["s3_secret_key"],
    }


def instructions(about: dict[str, Any], conversations: int) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in environment(about).items())
    return f"""\
A double of LangSmith is up at {about["langsmith"]}. Sample agents have recorded {conversations} conversations
in its project {PROJECT}, and record a turn more every few seconds. In another terminal, in this folder:

{exports}
  export PATH="$PWD/.venv/bin:$PATH"

  trajectory doctor --project {PROJECT}
  trajectory import langsmith://{PROJECT} --out build/sandbox/dataset
  trajectory show build/sandbox/dataset
  trajectory sync langsmith://{PROJECT} --out build/sandbox/synced  # again after a while: it brings what is new

Or in Python (.venv/bin/python):

  import trajectory_sdk as tj
  tj.init(provider="langsmith", project_id="{PROJECT}", destination_id="{about["destinations"]["s3"]}")
  trajectories = tj.import_conversations(bulk=True)
  tj.save(trajectories, "build/sandbox/saved")

Ctrl-C stops it, and everything in it is gone.
"""


async def start_agents(about: dict[str, Any], arguments: list[str]) -> asyncio.subprocess.Process:
    """Starts the agents; returns when their first conversations have arrived. Raises RuntimeError when they fail."""
    recorded_by = {"LANGSMITH_TRACING": "true", "LANGSMITH_PROJECT": PROJECT, "PYTHONWARNINGS": "ignore"}
    agents = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "testbench.langsmith.sample_agents",
        *arguments,
        env={**os.environ, **environment(about), **recorded_by},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours alone: they stop before what they write to
        preexec_fn=die_with_parent,
    )
    assert agents.stdout is not None
    if not await agents.stdout.readline():
        raise RuntimeError(f"the sample agents ended with {await agents.wait()} before they had recorded anything")
    return agents


async def run(port: int, conversations: int, pause: float) -> None:
    """Runs until SIGTERM or SIGINT."""
    stopped = stop_signal()
    double = Double()
    agents = None
    try:
        about = await double.start(port)
        # A workspace with one destination needs no choice of it.
        del double.destinations.destinations[about["destinations"]["gcs"]]
        agents = await start_agents(about, ["--conversations", str(conversations), "--pause", str(pause)])
        if not stopped.is_set():
            print(instructions(about, conversations), flush=True)
        await stopped.wait()
    finally:
        if agents is not None and agents.returncode is None:
            agents.terminate()
            await agents.wait()
        await double.stop()


def main() -> int:
    """Runs the sandbox."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 lets the system pick one")
    parser.add_argument("--conversations", type=int, default=12, help="that the agents record at once")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds until they record a turn more")
    options = parser.parse_args()
    try:
        asyncio.run(run(options.port, options.conversations, options.pause))
    except (OSError, RuntimeError) as reason:
        print(f"sandbox: {reason}", file=sys.stderr)
        return 1
    print("The sandbox has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
