"""An alarm in words and as data: what happens where, how bad it is, which stage is slow."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.instants import iso
from ebbline.definitions.durations import format_duration
from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import Burn, Notice
from ebbline.delivery.objectives.burning import RULES, SLOW_NOW
from ebbline.hosts.embedded.deliver.objectives.notices import Kind, Message, notice_id

PROBE = "probe"
"""The indicator of a destination's probe, beside latency and success."""

_STAGE_WORDS = {
    "collect": "our own door (collect)",
    "decide": "before the outbox (log and engine)",
    "queue": "in the outbox, waiting for its first request",
    "retry": "being tried again after failures",
    "request": "waiting for the destination's answer",
}


class Circumstances(msgspec.Struct, frozen=True):
    """What is known at the look that raises or ends an alarm. `worst` names sources with the
    number of their bad changes."""

    project: str
    slo: SloDef
    burn: Burn | None = None
    slowest: str = ""
    overdue: int = 0
    worst: tuple[tuple[str, int], ...] = ()
    detail: str = ""


def stage_words(stage: str) -> str:
    """A stage as people say it."""
    return _STAGE_WORDS.get(stage, stage)


def message_of(notice: Notice, found: Circumstances) -> Message:
    """What is told of an alarm."""
    alarm = notice.alarm
    over = notice.what == "resolved"
    what = _what(alarm.indicator, alarm.rule, found)
    head = "resolved" if over else "ALERT"
    subject = f"[ebbline] {head}: {alarm.destination} ({found.project}): {what}"
    lines = [f"{alarm.destination}: {what}.", f"Since {iso(alarm.since_ms)}."]
    if over:
        lines[1] = f"It began at {iso(alarm.since_ms)} and is over."
    else:
        lines += _details(found)
    text, data = "\n".join(lines), _data(notice, found)
    kind: Kind = "slo.resolved" if over else "slo.firing"
    return Message(notice_id(notice), kind, notice.at_ms, subject, text, data)


def _what(indicator: str, rule: str, found: Circumstances) -> str:
    slo = found.slo
    objective, alert = (
        format_duration(ms) for ms in (slo.latency_objective_ms, slo.latency_alert_ms)
    )
    if indicator == PROBE:
        return f"the probe does not arrive within {objective}"
    if rule == SLOW_NOW:
        return f"more than 5 % of changes take longer than {alert}"
    factor = next(each.factor for each in RULES if each.name == rule)
    bad = f"changes later than {objective}" if indicator == "latency" else "changes laid aside"
    fast = f"over {factor:g} times as fast as" if factor > 1 else "faster than"
    return f"{bad} use the error budget {fast} allowed ({rule})"


def _details(found: Circumstances) -> list[str]:
    lines = []
    if found.burn is not None:
        lines.append(f"Burn rate {found.burn.long:g} (long window), {found.burn.short:g} (short).")
    if found.overdue:
        lines.append(f"{found.overdue:,} changes are overdue at this moment.")
    if found.slowest:
        lines.append(f"The slow stage is {found.slowest}: {stage_words(found.slowest)}.")
    if found.worst:
        lines.append("Worst: " + ", ".join(f"{name} ({bad:,})" for name, bad in found.worst) + ".")
    if found.detail:
        lines.append(found.detail)
    return [*lines, "`ebbline slo` and `ebbline deliveries list` show more."]


def _data(notice: Notice, found: Circumstances) -> dict[str, Any]:
    alarm, burn = notice.alarm, found.burn
    return {
        "project": found.project,
        "destination": alarm.destination,
        "indicator": alarm.indicator,
        "rule": alarm.rule,
        "since": iso(alarm.since_ms),
        "burn": None if burn is None else {"long": burn.long, "short": burn.short},
        "overdue": found.overdue,
        "slowest_stage": found.slowest or None,
        "worst": [{"source": name, "changes": bad} for name, bad in found.worst],
        "detail": found.detail or None,
    }
