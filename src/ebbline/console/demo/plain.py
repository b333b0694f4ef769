"""The demo in plain lines, for logs and pipes: what is new since the last look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from ebbline.console.demo.scene import Scene
from ebbline.console.demo.view import field_text
from ebbline.console.output import moment, printable

Shown = TypeVar("Shown")
SUMMARY_SECONDS = 5.0  # seconds between two lines of figures


class Plain:
    """Turns scenes into lines."""

    def __init__(self) -> None:
        self._summary = 0.0
        self._seen_turn: object = None
        self._seen_arrival: object = None
        self._first_told = False

    def lines(self, scene: Scene) -> Iterator[str]:
        """What to print for a scene."""
        for turn in _new(scene.turns, self._seen_turn):
            sign = "->" if turn.entered else "<-"
            at = moment(turn.at_ms)
            yield f"{at}  {printable(turn.who)} {sign} {turn.audience}  ({turn.why})"
        for arrival in _new(scene.arrivals, self._seen_arrival):
            pairs = arrival.fields.items()
            fields = ", ".join(f"{key}: {field_text(value)}" for key, value in pairs)
            yield f"{moment(arrival.at_ms)}  sandbox received {printable(arrival.who)}: {fields}"
        if scene.turns:
            self._seen_turn = scene.turns[0]
        if scene.arrivals:
            self._seen_arrival = scene.arrivals[0]
        if scene.first_seconds is not None and not self._first_told:
            self._first_told = True
            yield first_line(scene)
        if scene.seconds >= self._summary:
            self._summary = scene.seconds + SUMMARY_SECONDS
            yield figures_line(scene)


def first_line(scene: Scene) -> str:
    """The figure people wait for."""
    if scene.first_seconds is None:
        return "no entry has reached Braze's sandbox"
    return f"first entry in Braze's sandbox after {scene.first_seconds:.1f} s"


def figures_line(scene: Scene) -> str:
    """How it stands, in a line."""
    sizes = ", ".join(f"{size.audience} {size.members:,}" for size in scene.sizes)
    latency = (
        f", event to sandbox p50 {scene.p50_ms:,.0f} ms p95 {scene.p95_ms:,.0f} ms"
        if scene.p50_ms is not None and scene.p95_ms is not None
        else ""
    )
    return (
        f"-- {scene.seconds:.0f} s: {scene.calls:,} events ({scene.calls_per_second:,.0f}/s),"
        f" {scene.people:,} people, {scene.objects:,} objects in the sandbox{latency}; {sizes}"
    )


def _new(newest_first: tuple[Shown, ...], seen: object) -> list[Shown]:
    """What came after the one seen last, the oldest first."""
    fresh: list[Shown] = []
    for each in newest_first:
        if each is seen:
            break
        fresh.append(each)
    return fresh[::-1]
