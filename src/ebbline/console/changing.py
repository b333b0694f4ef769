"""Changes of definitions for people: differences, foretold counts, a build on its way.

Shared by `plan`, `apply`, `rollback` and `status`; it lays out and decides nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ebbline.console.output import moment, paint, plural, printable, say, show, show_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ebbline.definitions.differences import Difference
    from ebbline.hosts.embedded.builder import Progress
    from ebbline.hosts.embedded.preview import Effect, Preview
    from ebbline.hosts.embedded.versions import Versions

# Milliseconds without a step of the builder after which that is said.
STANDSTILL_MS = 60_000

_MARKS = {"new": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


def show_differences(found: tuple[Difference, ...]) -> None:
    """Each definition that differs, with its rule before and after."""
    for each in found:
        mark, colour = _MARKS[each.change]
        words = "" if each.rule or each.change != "changed" else "  (only words about it)"
        show(paint(f"{mark} {each.kind} {printable(each.name)}{words}", colour))
        if each.old != each.new:
            for sign, text in (("-", each.old), ("+", each.new)):
                if text:
                    show(f"    {sign} {printable(text)}")
    if any(each.kind == "sync" and each.change == "removed" for each in found):
        say("A field that is sent no longer keeps the value that stands at the destination.")


def show_preview(found: Preview) -> None:
    """Who would enter and leave, and what destinations would be sent."""
    moving = [effect for effect in found.effects if _moves(effect)]
    if found.how == "same":
        show("Nobody enters or leaves: this change concerns nobody's state.")
    elif not moving:
        show(f"Nobody of {plural(found.people, 'person', 'people')} enters or leaves.")
    else:
        rows = [
            [e.audience, f"{e.before:,}", f"{e.after:,}", f"+{e.enters:,}", f"-{e.leaves:,}"]
            for e in moving
        ]
        show_table(["audience", "now", "then", "enter", "leave"], rows, right=[1, 2, 3, 4])
        for effect in moving:
            _samples(effect)
    for trait in found.traits:
        show(f"trait {trait.trait} changes for {plural(trait.people, 'person', 'people')}")
    costs = [cost for cost in found.costs if cost.people or cost.note]
    if costs:
        show()
        rows = [
            [c.destination, f"{c.people:,}", f"{c.calls:,}", _minutes(c.minutes), c.note]
            for c in costs
        ]
        show_table(["destination", "people", "calls", "minutes", ""], rows, right=[1, 2, 3])
    say(f"As of {moment(found.at_ms)} UTC; worked out in {found.seconds:.1f} s.")


def document(
    differences: tuple[Difference, ...], foretold: Preview | None
) -> dict[str, Any]:  # fmt: skip
    """The same for machines."""
    return {"changes": differences, "preview": foretold}


def _moves(effect: Effect) -> bool:
    return bool(effect.enters or effect.leaves or effect.suppressed or effect.restored)


def _samples(effect: Effect) -> None:
    for words, sample, number in (
        ("enter", effect.entering, effect.enters),
        ("leave", effect.leaving, effect.leaves),
    ):
        if sample:
            more = number - len(sample)
            names = ", ".join(printable(name) for name in sample)
            rest = f" and {more:,} more" if more else ""
            show(f"  {words} {effect.audience}: {names}{rest}")
    if effect.suppressed or effect.restored:
        show(f"  {effect.audience}: suppressed {effect.suppressed:,}, restored {effect.restored:,}")


def _minutes(minutes: float) -> str:
    """Minutes at a destination's rate, for people.

    >>> _minutes(0.0), _minutes(0.4), _minutes(12.34)
    ('under 1', 'under 1', '12')
    """
    return "under 1" if minutes < 1 else f"{minutes:,.0f}"


def duration(ms: int) -> str:
    """A span for people, in its largest unit or two.

    >>> duration(900), duration(61_000), duration(7_260_000)
    ('1 s', '1 min 1 s', '2 h 1 min')
    """
    seconds = max(1, round(ms / 1000))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def how_far(progress: Progress) -> str:
    """A build on its way, in a line."""
    done = f"{progress.events:,} of {plural(progress.events_all, 'event')}"
    if progress.state == "failed":
        return f"failed: {printable(progress.error)}"
    if progress.state == "ready":
        return f"{done}, ready"
    left = progress.left_ms()
    rest = f", {duration(left)} left" if left is not None else ""
    trouble = f"; waits: {printable(progress.error)}" if progress.error else ""
    return f"{done} ({progress.share:.0%}){rest}{trouble}"


def build_line(known: Versions, progress: Progress | None, now_ms: int, *, running: bool) -> str:
    """Which version is live, and how the next one does."""
    live = f"{known.live.number} is live" if known.live is not None else "none is live"
    if known.open is None:
        return live
    number, age = known.open.number, duration(now_ms - known.open.proposed_ms)
    if progress is None or progress.version != number:
        waits = "waits to be built" if running else "is built once `ebbline run` starts"
        return f"{live}; {number} {waits}, proposed {age} ago"
    said = how_far(progress)
    if progress.state == "failed":
        said = paint(said, "red") + "; `ebbline apply --cancel` gives it up"
    elif not running:
        said += "; goes on once `ebbline run` starts"
    elif now_ms - progress.updated_ms > STANDSTILL_MS:
        said += paint(f"; no step for {duration(now_ms - progress.updated_ms)}", "yellow")
    return f"{live}; {number}, proposed {age} ago: {said}"


def build_document(
    known: Versions, progress: Progress | None, now_ms: int
) -> dict[str, Any]:  # fmt: skip
    """The same for machines."""
    build = None
    if known.open is not None:
        mine = progress if progress and progress.version == known.open.number else None
        build = {
            "version": known.open.number,
            "state": mine.state if mine is not None else "waiting",
            "age_ms": now_ms - known.open.proposed_ms,
            "events": mine.events if mine is not None else 0,
            "events_all": mine.events_all if mine is not None else None,
            "left_ms": mine.left_ms() if mine is not None else None,
            "error": mine.error if mine is not None else "",
        }
    return {"live": known.live.number if known.live is not None else None, "build": build}


def somebody() -> str:
    """Who gives the order, as the machine knows them."""
    import getpass  # noqa: PLC0415 - seldom needed

    try:
        return os.environ.get("EBBLINE_WHO") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"user {os.getuid()}"


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int], object]]:
    """A progress bar on stderr while somebody watches, nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TimeRemainingColumn,
    )

    made = Progress(
        words, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with made:
        task = made.add_task(words, total=None)
        yield lambda done, size: made.update(task, completed=done, total=size)
