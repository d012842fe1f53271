"""Run by the interpreter that has release 0.5.3: uploads twice to the server named by the first argument, with the
address that is compiled in replaced from outside, and prints what came back."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

import trajectory_sdk as tj  # the release, not this package
from trajectory_sdk.primitives import primitives


def replace_default(function: Any, name: str, value: Any) -> None:
    with_default = [p for p in inspect.signature(function).parameters.values() if p.default is not p.empty]
    names = [p.name for p in with_default if p.kind is p.POSITIONAL_OR_KEYWORD]
    defaults = list(function.__defaults__)
    defaults[names.index(name)] = value
    function.__defaults__ = tuple(defaults)


def main() -> None:
    config: Any = primitives.SDKConfig
    replace_default(config.__init__, "api_base_url", sys.argv[1])
    init: Any = tj.init
    init(project_id="p", trajectory_api_key="any")
    many = [
        tj.build_trajectory_from_messages(
            [tj.Message("user", f"question {n}"), tj.Message("assistant", "answer")],
            conversation_id=f"c{n}",
            data_source="release",
            trace_id=f"trace-{n}",
        )
        for n in range(1200)
    ]
    first = tj.upload(many, dataset="from-release")
    again = tj.upload(many, dataset="from-release")
    event = tj.TelemetryEvent(event_type="seen", session_id="s", trace_id="trace-new")
    traced = tj.build_trajectory_from_messages(
        [tj.Message("user", "ask")], conversation_id="new", data_source="release", trace_id="trace-new"
    )
    trace = tj.upload_trace([traced], [event], "from-release")
    pushed = trace["push"]
    print(json.dumps({"first": first, "again": again, "upload": trace["upload"], "pushed": pushed.pushed}))


main()
