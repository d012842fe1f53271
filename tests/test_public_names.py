"""The package's names: what exists, what is loaded when, and the types that carry no trajectory."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import trajectory_sdk as tj
from trajectory_sdk.primitives import primitives
from trajectory_sdk.transforms.base_transform import BaseTransform


def test_every_public_name_can_be_used() -> None:
    assert len(set(tj.__all__)) == len(tj.__all__)
    for name in tj.__all__:
        assert getattr(tj, name) is not None
        assert name in dir(tj)


def test_star_import_gives_every_public_name() -> None:
    names: dict[str, Any] = {}
    exec("from trajectory_sdk import *", names)
    assert set(tj.__all__) <= set(names)


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tj.no_such_name


def test_recipes_and_builders_are_loaded_when_first_used() -> None:
    program = """
import sys
import trajectory_sdk as tj
modules = ("build", "recipes.openai", "recipes.content", "canonical", "reward")
loaded = lambda: [name for name in modules if f"trajectory_sdk.{name}" in sys.modules]
assert loaded() == [], loaded()
assert "uuid" not in sys.modules or "uuid" in before
tj.normalize_role("ai")
assert loaded() == ["recipes.content"], loaded()
""".replace("import sys\n", "import sys, pyarrow\nbefore = set(sys.modules)\n", 1)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_list_of_calls_is_not_nothing() -> None:
    assert tj.Message("user", "").is_empty()
    assert tj.Message("user", reasoning="x").is_empty()
    assert not tj.Message("user", " ").is_empty()
    assert not tj.Message("user", tool_calls=[]).is_empty()


def test_an_event_has_an_id_and_a_time_of_its_own() -> None:
    first, second = tj.TelemetryEvent("click", "session"), tj.TelemetryEvent("click", "session")
    assert first.event_id != second.event_id
    assert len(bytes.fromhex(first.event_id)) == 16
    assert str(datetime.fromisoformat(first.timestamp).tzinfo) == "UTC"
    assert first.properties is not second.properties


def test_an_event_is_pushed_without_what_is_not_set() -> None:
    event = tj.TelemetryEvent("click", "session", event_id="e", timestamp="t", user_id="")
    assert event.to_api_dict() == {
        "event_type": "click",
        "session_id": "session",
        "properties": {},
        "event_id": "e",
        "timestamp": "t",
        "source": "sdk",
        "user_id": "",
    }


def test_types_beside_trajectories_are_values() -> None:
    turn = tj.ParsedTurn([tj.Message("user", "u")], "run")
    values: list[Any] = [
        tj.ConversationSummary("c", 2),
        tj.ParsedConversation("c", "d", 1, [turn]),
        tj.RedactionPreview({"EMAIL": 1}, []),
        tj.PiiPolicy("mine", ("EMAIL",)),
        tj.TelemetryEvent("click", "session"),
    ]
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value
        assert dataclasses.replace(value) == value
        assert getattr(primitives, type(value).__name__) is type(value)
    turn.source_run_id = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        values[0].num_turns = 3


def test_a_batch_is_transformed_one_by_one() -> None:
    class Mark(BaseTransform):
        def transform(self, trajectory: tj.Trajectory) -> tj.Trajectory:
            return dataclasses.replace(trajectory, error="seen")

    trajectories = [tj.Trajectory(tj.Task(str(number)), []) for number in range(3)]
    changed = Mark().transform_batch(trajectories)
    assert [(t.task.id, t.error) for t in changed] == [("0", "seen"), ("1", "seen"), ("2", "seen")]
    assert all(trajectory.error is None for trajectory in trajectories)


@pytest.mark.parametrize("kind", [tj.BaseTransform, tj.BasePiiTransform, tj.BaseProvider])
def test_base_classes_are_abstract(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_a_pii_transform_needs_transform_and_preview() -> None:
    assert issubclass(tj.BasePiiTransform, tj.BaseTransform)
    assert tj.BasePiiTransform.__abstractmethods__ == {"transform", "preview"}


def test_a_provider_keeps_key_and_project() -> None:
    methods = dict.fromkeys(tj.BaseProvider.__abstractmethods__, lambda self: None)
    provider = type("Provider", (tj.BaseProvider,), methods)(api_key="key", project_id="project")
    assert (provider.api_key, provider.project_id) == ("key", "project")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Trajectory-MODEL-id": " m "}, "m"),
        ({"x-trajectory-model-id": 5}, "5"),
        ({"x-trajectory-model-id": "  "}, None),
        ({"x-trajectory-model-id": None}, None),
        ({"content-type": "x", 5: "y"}, None),
        (None, None),
    ],
)
def test_the_model_id_is_read_from_headers(headers: Any, expected: str | None) -> None:
    assert tj.model_id_from_chat_completion_headers(headers) == expected
    assert tj.model_id_from_chat_completion_response(SimpleNamespace(headers=headers)) == expected


def test_a_response_without_headers_has_no_model_id() -> None:
    assert tj.model_id_from_chat_completion_response(object()) is None
    with pytest.raises(tj.MissingAttributeError, match="headers must be a mapping, not list"):
        tj.model_id_from_chat_completion_headers([("x-trajectory-model-id", "m")])  # type: ignore[arg-type]
