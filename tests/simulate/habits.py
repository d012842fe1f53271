"""The habits that are played: each alone, and mixed."""

import dataclasses
import random

from app import Habits

ALONE = {
    "full": {},
    "no_system": {"system": "none"},
    "untraced_tools": {"traced_tools": False, "tools": 0.7},
    "text_history": {"history": "text", "tools": 0.7},
    "stateless": {"history": "stateless"},
    "stateless_repeats": {"history": "stateless", "repeats": 0.7, "tools": 0.2},
    "window": {"history": "window", "turns": 7},
    "small_window": {"history": "window", "window": 3, "turns": 6},
    "sized_window": {"history": "sized_window", "turns": 8},
    "window_repeats": {"history": "window", "turns": 8, "repeats": 0.6, "tools": 0.2},
    "compaction": {"compaction": "user", "turns": 7},
    "compaction_system": {"compaction": "system", "turns": 7},
    "compaction_unrecorded": {"compaction": "user", "compaction_recorded": False, "turns": 7},
    "compaction_kept_nothing": {"compaction": "user", "compaction_kept": 0, "turns": 7},
    "compaction_kept_one": {"compaction": "user", "compaction_kept": 1, "turns": 7},
    "compaction_kept_many": {"compaction": "system", "compaction_kept": 5, "compaction_limit": 9, "turns": 8},
    "compaction_in_turn": {"compaction": "user", "compaction_in_turn": True, "tools": 0.8, "turns": 5},
    "compaction_in_turn_kept_nothing": {
        "compaction": "user",
        "compaction_kept": 0,
        "compaction_in_turn": True,
        "tools": 0.8,
        "turns": 5,
    },
    "truncated": {"results": "truncated", "tools": 0.8},
    "cut": {"results": "cut", "tools": 0.8},
    "cleared": {"results": "cleared", "tools": 0.8},
    "clock": {"system": "clock"},
    "growing_system": {"system": "growing"},
    "retrieval": {"retrieval": True},
    "repeats": {"repeats": 0.8, "turns": 6},
    "same_answers": {"same_answers": 0.8, "turns": 6},
    "all_the_same": {"repeats": 0.9, "same_answers": 0.9, "turns": 6, "tools": 0.3},
    "same_calls": {"same_calls": True, "tools": 0.8},
    "shuffled_results": {"shuffled_results": True, "tools": 0.8},
    "same_calls_shuffled": {"same_calls": True, "shuffled_results": True, "tools": 0.8},
    "retry_error": {"retry": "error"},
    "retry_silent": {"retry": "silent"},
    "failed_turn_kept": {"failed_turn": "kept"},
    "failed_turn_dropped": {"failed_turn": "dropped"},
    "regenerate": {"branch": "regenerate", "turns": 6},
    "edit": {"branch": "edit", "turns": 6},
    "switch": {"branch": "switch", "turns": 8},
    "ask_again": {"branch": "again", "turns": 6},
    "candidates": {"candidates": "first"},
    "later_candidate": {"candidates": "later"},
    "partial_kept": {"partial": "kept"},
    "partial_dropped": {"partial": "dropped"},
    "experts": {"experts": "single"},
    "nested_experts": {"experts": "nested"},
    "parallel_experts": {"experts": "parallel"},
    "expert_memory": {"experts": "memory"},
    "router": {"router": True},
    "guardrail": {"guardrail": "question"},
    "guardrail_history": {"guardrail": "history"},
    "title": {"title": "own_system"},
    "late_title": {"title": "own_system", "late_title": True},
    "title_without_system": {"title": "no_system"},
    "title_pasted": {"title": "pasted"},
    "critic": {"critic": "memory", "tools": 0.2},
    "stateless_critic": {"critic": "stateless", "tools": 0.2},
    "fan_out": {"fan_out": "single"},
    "fan_out_drafts": {"fan_out": "draft"},
    "handoff": {"handoff": True, "turns": 6},
    "named_handoff": {"handoff": True, "named_agents": True, "turns": 6},
    "imported": {"imported": 3},
    "imported_repeats": {"imported": 2, "repeats": 0.5},
    "turns_in_trace": {"turns_in_trace": 3, "turns": 6},
    "key_on_root": {"key_on_root_only": True},
    "coarse_clock": {"coarse_clock": True},
    "no_root_output": {"no_root_output": True},
}


def undecidable(v):
    """What the rows cannot tell: another reading would have left the same rows."""
    get = v.get
    forgets = get("history") == "stateless"
    keeps_nothing = get("compaction_kept") == 0
    return any(
        (
            forgets and get("branch"),  # going back without a history to go back in
            forgets and get("turns_in_trace"),  # turns of one trace that nothing links
            forgets and get("compaction_in_turn"),
            get("title") == "no_system" and get("system") == "none",  # a last question like the user's
            get("branch") in ("regenerate", "edit", "switch") and get("repeats"),  # an edit that changes nothing
            get("branch") and (get("failed_turn") or get("partial")),  # left out of later contexts either way
            get("critic") == "stateless" and get("same_answers"),  # the same question put twice is a retry
            get("branch") == "again" and get("retrieval"),
            get("candidates") and get("no_root_output"),
            get("guardrail") and get("repeats") and get("turns_in_trace"),
            get("failed_turn") and get("turns_in_trace"),
            get("system") == "growing" and (get("handoff") or get("compaction_in_turn")),
            forgets
            and get("no_root_output")
            and (get("guardrail") or get("critic") or get("router")),  # which lane is the main one?
            keeps_nothing
            and (get("failed_turn") or get("partial") or get("turns_in_trace") or get("coarse_clock") or get("branch")),
            keeps_nothing
            and get("compaction_in_turn")
            and (get("system") == "none" or get("traced_tools") is False or get("handoff")),
            get("coarse_clock") and (forgets or get("branch") or get("same_answers") or get("failed_turn")),
        )
    )


def mixed(seed, count=3):
    """Several habits at once: names and values."""
    rng = random.Random(seed)
    while True:
        names = sorted(rng.sample(sorted(ALONE), count))
        values = {}
        for name in names:
            values |= ALONE[name]
        if not undecidable(values):
            return "+".join(names), values


def habits(seed, values, shape):
    turns = values.get("turns", 4)
    return dataclasses.replace(Habits(), **(values | {"shape": shape, "turns": random.Random(seed).randint(2, turns)}))
