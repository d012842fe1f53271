"""What a run shows of its feedback: one summary for each key."""

from __future__ import annotations

import statistics
from collections import Counter
from decimal import Decimal
from typing import Any

from .run import Run


def feedback_stats(run: Run) -> dict[str, Any]:
    """Summaries by key; those that were sent with the run, when no feedback came in since."""
    if not run.feedback:
        sent = run.values.get("feedback_stats")
        return sent if isinstance(sent, dict) else {}
    stats: dict[str, Any] = {}
    for key in dict.fromkeys(point.key for point in run.feedback):
        points = [point for point in run.feedback if point.key == key]
        scores = [float(point.score) for point in points if isinstance(point.score, (int, float, Decimal))]
        labels = Counter(str(point.values["value"]) for point in points if isinstance(point.values.get("value"), str))
        sources = [(point.values.get("feedback_source") or {}).get("type", "api") for point in points]
        stats[key] = {
            "n": len(points),
            "avg": statistics.fmean(scores) if scores else None,
            "stdev": statistics.stdev(scores) if len(scores) > 1 else None,
            "min": min(scores, default=None),
            "max": max(scores, default=None),
            "errors": 0,
            "values": dict(labels),
            "comments": [point.values["comment"] for point in points if point.values.get("comment")],
            "sources": sources,
        }
    return stats
