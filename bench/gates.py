"""The gates of the benchmark: ratios of two ways in the same rounds, what they must reach, and what is hunted for."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands import BARE, CALL, DATASET, JSON, LIMITED, RELEASE, RIVAL_DELTA, RIVAL_JSON
from measure import Peak, Sample

BUSY_GATE = 0.9  # of the calls that rate limits allow, made by a live import
BUCKET_GATE = 1.4  # an import from a bucket on loopback over that of the file on disk
LIMIT_MB = 662 * 1.048576  # MiB: the limit of 512 and 150 for what is not counted


@dataclass(frozen=True)
class Gate:
    """`over` divided by `under`, wall seconds; at most, or at least, so much."""

    name: str
    sets: tuple[str, ...]
    over: str
    under: str
    gate: float
    target: float
    at_least: bool = False

    def holds(self, ratio: float, limit: float) -> bool:
        return ratio >= limit if self.at_least else ratio <= limit


GIGABYTE = ("medium", "mixed")
GATES = (
    Gate("dataset over pyarrow's bare read", GIGABYTE, DATASET, BARE, 1.6, 1.0),
    Gate("rival's delta form over dataset", GIGABYTE, RIVAL_DELTA, DATASET, 2.5, 5.0, at_least=True),
    Gate("contract JSON over the rival's", GIGABYTE, JSON, RIVAL_JSON, 0.75, 0.5),
    Gate("import_conversations over the command's dataset", GIGABYTE, CALL, DATASET, 1.15, 1.15),
    Gate("release 0.5.3 over contract JSON", ("small",), RELEASE, JSON, 25.0, 40.0, at_least=True),
    Gate("release 0.5.3 over dataset", ("small",), RELEASE, DATASET, 25.0, 40.0, at_least=True),
    Gate("dataset with a memory limit over without", ("large", "huge"), LIMITED, DATASET, 1.6, 1.6),
)
HEADER = [
    "| gate | wall ratio: min, median, max | cpu ratio, median | gate | target | |",
    "| --- | --- | --- | --- | --- | --- |",
]


def ratios(over: Sequence[Sample], under: Sequence[Sample], field: str) -> list[float]:
    return [getattr(a, field) / getattr(b, field) for a, b in zip(over, under, strict=True)]


def gate_lines(name: str, samples: Mapping[str, Sequence[Sample]]) -> list[str]:
    lines = []
    for gate in GATES:
        if name not in gate.sets or gate.over not in samples or gate.under not in samples:
            continue
        walls = ratios(samples[gate.over], samples[gate.under], "wall")
        cpu = statistics.median(ratios(samples[gate.over], samples[gate.under], "cpu"))
        middle = statistics.median(walls)
        sign = "at least" if gate.at_least else "at most"
        lines.append(
            f"| {gate.name} | {min(walls):.2f}, {middle:.2f}, {max(walls):.2f} | {cpu:.2f} "
            f"| {sign} {gate.gate:g} | {gate.target:g} | {verdict(gate, middle)} |"
        )
    return [*HEADER, *lines] if lines else []


def verdict(gate: Gate, ratio: float) -> str:
    if not gate.holds(ratio, gate.gate):
        return "**missed**"
    return "kept, target reached" if gate.holds(ratio, gate.target) else "kept"


def memory_line(peak: Peak) -> str:
    kept = "kept" if peak.total <= LIMIT_MB else "**missed**"
    return f"- Peak under the memory limit: {peak.total:,.0f} MB with mapped files, at most {LIMIT_MB:.0f} MB: {kept}"
