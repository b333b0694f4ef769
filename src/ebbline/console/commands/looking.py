"""What the commands that look at people share: the reader at an instant, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ebbline.console.output import moment, say
from ebbline.console.place import Place

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Reader

UserArgument = Annotated[
    str, typer.Argument(metavar="USER", help="Any identifier: ana, ana@example.com, email:…")
]
AtOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="As of this instant: in the past as it was known then, in the future if nothing"
        " else happens",
    ),
]


@contextmanager
def looking(place: Place, at_ms: int | None = None) -> Iterator[tuple[Reader, int]]:
    """A reader and the instant its answers are about."""
    from ebbline.hosts.embedded.reading import at_instant  # noqa: PLC0415 - heavy

    with place.reader() as reader:
        now_ms = reader.now_ms()
        if at_ms is None:
            running = reader.running()
            yield reader, now_ms
            if not running:
                say(f"\nas of {moment(now_ms)} UTC, where the clock of the stopped system stands")
        else:
            with at_instant(reader, at_ms, folding) as then:
                yield then, at_ms


def event_words(name: str) -> str:
    """An event's name for people.

    >>> event_words("$identify"), event_words("Order Completed")
    ('an identify call', 'Order Completed')
    """
    calls = {"$identify": "an identify call", "$group": "a group call", "$alias": "an alias call"}
    return calls.get(name, name)


def folding(done: int, total: int) -> None:
    """How far the past is made anew, on a terminal."""
    import sys  # noqa: PLC0415

    if sys.stderr.isatty() and (done == total or done % 100 == 0):
        end = "\r" if done < total else "\r\x1b[K"
        print(f"folding the log up to then: {done:,} of {total:,}", end=end, file=sys.stderr)
