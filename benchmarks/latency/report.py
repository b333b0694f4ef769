"""The figures as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from benchmarks.latency.readings import Drain, Phase
from benchmarks.report import columns, hot_path


class Latencies(msgspec.Struct, frozen=True):
    """One run. `cores` are CPU seconds per second of the clock by process, while events were
    sent; "others" is everything else on the machine."""

    audiences: int
    traits: int
    per_second: int
    batch: int
    people: int
    waiting: int
    destination: bool
    nice: int
    phases: list[Phase]
    drain: Drain | None
    cores: dict[str, float]


def table(found: Latencies) -> str:
    """One run as text; milliseconds."""
    kept = f"{found.traits} traits" if found.destination else "traits defined but not kept"
    title = (
        f"{found.per_second:,} events/s in batches of {found.batch}, {found.audiences} audiences,"
        f" {kept}, {found.people:,} people, {hot_path()} hot path"
    )
    rows: list[Sequence[str]] = [("milliseconds", "of", "p50", "p95", "p99", "max", "")]
    for phase in found.phases:
        for what, spread in phase.spreads.items():
            figures = [spread.p50, spread.p95, spread.p99, spread.max]
            rows.append((what, f"{spread.count:,}", *[f"{x:,.1f}" for x in figures], phase.name))
    if found.nice:
        title += f", priority {found.nice}"
    parts = [title, columns(rows)]
    parts += [
        f"{phase.name}: {phase.refused:,} of {phase.events:,} events were refused"
        for phase in found.phases
        if phase.refused
    ]
    if found.drain is not None:
        drain = found.drain
        parts.append(
            f"{found.waiting:,} windows end at one instant: {drain.exits:,} exits, the first"
            f" committed {drain.first_seconds:.2f} s after it, the last {drain.last_seconds:.2f} s"
        )
    used = ", ".join(f"{name} {cores:.2f}" for name, cores in found.cores.items())
    return "\n\n".join([*parts, f"cores used: {used}"]) + "\n"


def document(found: Latencies) -> str:
    """The same as one JSON document."""
    told = msgspec.to_builtins(found) | {"hot_path": hot_path()}
    return msgspec.json.encode(told).decode()
