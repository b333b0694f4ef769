"""Readings as a table for people and as JSON for programs."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import msgspec

from benchmarks.exact import Exactness
from benchmarks.measure import Reading
from benchmarks.shares import Share
from ebbline.engine import advance

HEAD = ("stage", "audiences", "best us", "median us", "runs", "x decode", "")


class Figures(msgspec.Struct):
    """All that was measured of one file under one number of audiences."""

    events: int
    audiences: int
    readings: list[Reading]
    shares: list[Share]


def hot_path() -> str:
    """Whether the engine runs as plain Python or went through `make compile`."""
    return "compiled" if str(advance.__file__).endswith(".so") else "plain"


def table(figures: Figures) -> str:
    """One case as text."""
    rows = [HEAD]
    for each in figures.readings:
        audiences = "any" if each.audiences is None else str(each.audiences)
        rows.append((each.stage, audiences, f"{each.best_us:.2f}", f"{each.median_us:.2f}",
                     str(len(each.runs_us)), f"{each.ratio:.2f}", each.note))  # fmt: skip
    title = f"{figures.events:,} events, {figures.audiences} audiences, {hot_path()} hot path"
    parts = [title, columns(rows)]
    if figures.shares:
        parts += ["the import by steps", columns(_share_rows(figures.shares))]
    return "\n\n".join(parts) + "\n"


def document(cases: Sequence[Figures]) -> str:
    """All cases as one JSON document."""
    told = [
        {
            "events": each.events,
            "audiences": each.audiences,
            "stages": [_stage(reading) for reading in each.readings],
            "shares": each.shares,
        }
        for each in cases
    ]
    machine = {"machine": platform.machine(), "python": platform.python_version(),
               "hot_path": hot_path()}  # fmt: skip
    return msgspec.json.encode(machine | {"cases": told}).decode()


def exact_table(found: Sequence[Exactness]) -> str:
    """What was compared and came out equal, as text."""
    rows: list[Sequence[str]] = [
        ("events", "audiences", "instants", "memberships", "entries and exits", "CPU seconds", "")
    ]
    for each in found:
        spent = ", ".join(f"{who} {seconds:.1f}" for who, seconds in each.cpu_seconds.items())
        counts = (each.events, each.audiences, each.instants, each.memberships, each.flips)
        rows.append((*[f"{count:,}" for count in counts], f"{sum(each.cpu_seconds.values()):.1f}",
                     spent))  # fmt: skip
    return f"equal to the oracle and the exact loop, {hot_path()} hot path\n\n{columns(rows)}\n"


def exact_document(found: Sequence[Exactness]) -> str:
    """The same as one JSON document."""
    return msgspec.json.encode({"hot_path": hot_path(), "equal": found}).decode()


def _stage(reading: Reading) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(reading)
    figures = {"best_us": reading.best_us, "median_us": reading.median_us, "ratio": reading.ratio}
    return told | figures


def _share_rows(shares: Sequence[Share]) -> list[tuple[str, ...]]:
    whole = Share("all", sum(s.us for s in shares), sum(s.ratio for s in shares), 1.0)
    rows: list[tuple[str, ...]] = [("step", "us", "x decode", "share")]
    rows += [
        (each.step, f"{each.us:.2f}", f"{each.ratio:.2f}", f"{each.share:.0%}")
        for each in [*shares, whole]
    ]
    return rows


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows below each other: the first and the last column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1 if rows[0][-1] == "" else len(widths)
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
