"""Service levels in words: lines for `status`, tables for `slo`, the same as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.output import iso, moment, paint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ebbline.definitions.plan import SloDef
    from ebbline.hosts.embedded.reading.levels import Probe, Row, Standing

SPEED_HEADS = ["destination", "changes", "p50", "p95", "p99", "in time", "slow in", "budget",
               "burn 1h"]  # fmt: skip
SURENESS_HEADS = ["destination", "first try", "final", "laid aside", "overtaken", "budget",
                  "burn 1h"]  # fmt: skip


def length(ms: float | None) -> str:
    """A latency for people.

    >>> length(None), length(12.5), length(940.0), length(3_456), length(125_000), length(9e6)
    ('-', '12 ms', '940 ms', '3.5 s', '2m 5s', '2h 30m')
    """
    if ms is None:
        return "-"
    if ms < 1_000:
        return f"{int(ms)} ms"
    if ms < 60_000:
        return f"{ms / 1_000:.1f} s"
    seconds = int(ms / 1_000)
    if seconds < 3_600:
        return f"{seconds // 60}m {seconds % 60}s"
    return f"{seconds // 3_600}h {seconds % 3_600 // 60}m"


def percent(share: float | None) -> str:
    """A share for people. It is never rounded up to 100 %: one that failed is to be seen.

    >>> percent(None), percent(1.0), percent(0.99996), percent(0.9336), percent(-0.5)
    ('-', '100 %', '99.99 %', '93.36 %', '-50 %')
    """
    if share is None:
        return "-"
    hundredths = int(share * 10_000 + 1e-6) if share >= 0 else int(share * 10_000 - 1e-6)
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"{text} %"


def budget(left: float) -> str:
    """What is left of an error budget; of one that is overdrawn, how many times it was used.

    >>> budget(1.0), budget(0.256), budget(-0.5), budget(-131.2)
    ('100 %', '25.6 %', 'used 1.5x', 'used 132x')
    """
    return percent(left) if left >= 0 else f"used {1 - left:.3g}x"


def promise(slo: SloDef) -> str:
    """What is promised, in a sentence's middle."""
    from ebbline.definitions.durations import format_duration  # noqa: PLC0415

    objective, window = map(format_duration, (slo.latency_objective_ms, slo.window_ms))
    return f"{percent(slo.success)} of changes delivered, and within {objective}, over {window}"


def status_lines(found: Iterable[Standing], slo: SloDef) -> list[str]:
    """A line for each destination, and one for each alarm."""
    lines = []
    for each in found:
        levels = each.rows[0].levels
        text = f"{each.destination}: nothing delivered yet"
        if levels.changes:
            text = (
                f"{each.destination}: {percent(levels.within_objective)} in time,"
                f" {percent(levels.final)} delivered, p95 {length(levels.p95_ms)}"
            )
            text += f", slow stage {levels.slowest}" if levels.slowest else ""
        if each.overdue:
            text += paint(f", {each.overdue:,} overdue in {each.waits_in}", "yellow")
        if each.probe is not None:
            text += f", probe {probe_words(each.probe)}"
        lines.append(text)
        lines += [paint(f"ALARM {words}", "red") for words in alarm_lines(each)]
    return lines


def alarm_lines(found: Standing) -> list[str]:
    """The alarms of a destination that are not over."""
    silent = f", silenced until {moment(found.silenced_ms)}" if found.silenced_ms else ""
    return [
        f"{alarm.destination}: {alarm.indicator} ({alarm.rule}) {alarm.state}"
        f" since {moment(alarm.since_ms)}{silent}"
        for alarm in found.alarms
        if alarm.state != "covered"  # the more urgent one says it
    ]


def probe_words(probe: Probe) -> str:
    """How a probe went."""
    words = probe.state
    if probe.answered_ms is not None:
        words += f" after {length(probe.answered_ms - probe.sent_ms)}"
    if probe.state not in ("in time", "under way") and probe.stage:
        words += f" in {probe.stage}"
    return f"{words} ({probe.error})" if probe.error else words


def speed_row(row: Row) -> list[str]:
    """A row of the table of how fast."""
    levels = row.levels
    return [
        name_of(row), f"{levels.changes:,}", length(levels.p50_ms), length(levels.p95_ms),
        length(levels.p99_ms), percent(levels.within_objective), levels.slowest or "-",
        budget(levels.latency_left), f"{row.latency_burn_1h:.3g}",
    ]  # fmt: skip


def sureness_row(row: Row) -> list[str]:
    """A row of the table of how surely."""
    levels = row.levels
    return [
        name_of(row), percent(levels.first_try), percent(levels.final), f"{levels.dead:,}",
        f"{levels.overtaken:,}", budget(levels.success_left), f"{row.success_burn_1h:.3g}",
    ]  # fmt: skip


def name_of(row: Row) -> str:
    """A destination, or indented below it an audience or trait."""
    return f"  {row.source.partition(':')[2]}" if row.source else row.destination


def document(found: Iterable[Standing], slo: SloDef, window_ms: int) -> dict[str, Any]:
    """Everything for machines: shares between 0 and 1, times in milliseconds."""
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    return {
        "objective": {
            "latency_alert_ms": slo.latency_alert_ms,
            "latency_objective_ms": slo.latency_objective_ms,
            "success": slo.success,
            "window_ms": slo.window_ms,
        },
        "window_ms": window_ms,
        "destinations": {
            each.destination: {
                "rows": [
                    {"source": row.source or None, **msgspec.structs.asdict(row.levels),
                     "latency_burn_1h": row.latency_burn_1h,
                     "success_burn_1h": row.success_burn_1h}
                    for row in each.rows
                ],
                "overdue": each.overdue,
                "waits_in": each.waits_in or None,
                "alarms": [
                    {"indicator": a.indicator, "rule": a.rule, "state": a.state,
                     "since": iso(a.since_ms)}
                    for a in each.alarms
                ],
                "silenced_until": iso(each.silenced_ms or None),
                "probe": None if each.probe is None else {
                    "sent": iso(each.probe.sent_ms), "answered": iso(each.probe.answered_ms),
                    "state": each.probe.state, "stage": each.probe.stage or None,
                    "error": each.probe.error or None,
                },
            }
            for each in found
        },
    }  # fmt: skip
