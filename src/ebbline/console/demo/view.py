"""The living view: one scene as something Rich can draw on a terminal, or into an SVG."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ebbline.console.demo.scene import Scene, Size, Turn
from ebbline.console.output import moment, printable

HEAD_LINES = 4  # lines of the panel on top, borders included
FIGURES_LINES = 8  # lines of the panel of figures without its borders
FRAME_LINES = 2  # lines of a panel's borders
COLUMNS_BESIDE = 110  # columns from which two lists fit beside each other
ARROWS = {1: ("▲", "green"), -1: ("▼", "red"), 0: (" ", "dim")}
SPEED_REAL = 1.0


def draw(scene: Scene, lines: int, columns: int) -> Layout:
    """The whole view in so many lines; on a narrow terminal the lists stand one below the
    other."""
    layout = Layout()
    audiences = max(len(scene.sizes), FIGURES_LINES) + FRAME_LINES
    lower = max(6, lines - HEAD_LINES - audiences)
    layout.split_column(
        Layout(_head(scene), size=HEAD_LINES),
        Layout(name="upper", size=audiences),
        Layout(name="lower", size=lower),
    )
    layout["upper"].split_row(
        Layout(_sizes(scene.sizes), ratio=5), Layout(_figures(scene), ratio=6)
    )
    if columns >= COLUMNS_BESIDE:
        layout["lower"].split_row(
            Layout(_turns(scene.turns, lower - FRAME_LINES), ratio=6),
            Layout(_arrivals(scene, lower - FRAME_LINES), ratio=5),
        )
        return layout
    above = (lower + 1) // 2
    layout["lower"].split_column(
        Layout(_turns(scene.turns, above - FRAME_LINES), size=above),
        Layout(_arrivals(scene, lower - above - FRAME_LINES)),
    )
    return layout


def _panel(content: RenderableType, title: str) -> Panel:
    return Panel(content, title=f"[bold]{title}", title_align="left", border_style="bright_black")


def _head(scene: Scene) -> Panel:
    clock = f"{moment(scene.clock_ms // 1000 * 1000)} UTC"
    if scene.speed != SPEED_REAL:
        clock += f", {scene.speed:g} times as fast as outside"
    first = (
        Text("waiting for the first entry in Braze's sandbox", "yellow")
        if scene.first_seconds is None
        else Text(f"first entry in Braze's sandbox after {scene.first_seconds:.1f} s", "green")
    )
    top = Text.assemble((scene.phase, "cyan"), "   ", (clock, ""))
    return _panel(Group(top, first), "Ebbline demo")


def _figures(scene: Scene) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black")
    table.add_column()
    table.add_row("events in", f"{scene.calls:,}  ({scene.calls_per_second:,.0f}/s)")
    table.add_row("people", f"{scene.people:,}")
    waits = "nothing" if not scene.behind else f"{scene.behind:,} batches"
    table.add_row("not yet evaluated", waits)
    table.add_row("to the sandbox", f"{scene.objects:,} objects, {scene.requests:,} calls")
    if scene.refused:
        table.add_row("refused by it", Text(f"{scene.refused:,} calls", "red"))
    table.add_row("event to sandbox", _latency(scene))
    table.add_row("", "")
    table.add_row("", Text("Ctrl-C ends the demo", "bright_black"))
    return _panel(table, "Now")


def _latency(scene: Scene) -> str:
    if scene.p50_ms is None or scene.p95_ms is None:
        return "nothing measured yet"
    return f"p50 {scene.p50_ms:,.0f} ms, p95 {scene.p95_ms:,.0f} ms"


def _sizes(sizes: tuple[Size, ...]) -> Panel:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, width=6)
    for size in sizes:
        sign, colour = ARROWS[(size.moved > 0) - (size.moved < 0)]
        moved = f"{sign} {abs(size.moved)}" if size.moved else ""
        table.add_row(Text(size.audience), f"{size.members:,}", Text(moved, colour))
    return _panel(table, "Audiences")


def _turns(turns: tuple[Turn, ...], lines: int) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    for ratio in (None, 3, None, 4, 4):
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
    for turn in turns[:lines]:
        sign, colour = ("→", "green") if turn.entered else ("←", "red")
        table.add_row(
            Text(moment(turn.at_ms // 1000 * 1000)[11:], "bright_black"),
            Text(printable(turn.who)),
            Text(sign, colour),
            Text(turn.audience, colour),
            Text(printable(turn.why), "bright_black"),
        )
    return _panel(table, "Entries and exits, and why")


def _arrivals(scene: Scene, lines: int) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=5)
    for arrival in scene.arrivals[:lines]:
        table.add_row(Text(printable(arrival.who)), _fields(arrival.fields))
    return _panel(table, "What Braze's sandbox received")


def _fields(fields: dict[str, Any]) -> Text:
    text = Text()
    # Audiences first: a person may carry more traits than fit on the line.
    for name, value in sorted(fields.items(), key=lambda pair: not isinstance(pair[1], bool)):
        colour = {True: "green", False: "red"}.get(value, "") if isinstance(value, bool) else ""
        if text:
            text.append(", ")
        text.append(f"{printable(name)}: ", "bright_black")
        text.append(field_text(value), colour)
    return text


def field_text(value: Any) -> str:
    """A value as it stands in the JSON, numbers shortened.

    >>> field_text(True), field_text(84.2000001), field_text(None)
    ('true', '84.2', 'null')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))
