"""The look at a destination's service levels, about once a minute while something goes on: which
alarms fire, and what is to be told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from ebbline.definitions.plan import SloDef
from ebbline.delivery import Lane
from ebbline.delivery.objectives import (
    INDICATORS,
    Alarm,
    Counts,
    Tally,
    Waiting,
    burn_rate,
    burns,
    counts_of,
    merged,
    step,
    waiting,
)
from ebbline.delivery.objectives.burning import (
    RULES,
    SLOW_NOW,
    SLOW_NOW_MS,
    URGENCY,
    Indicator,
    slow_now,
)
from ebbline.delivery.objectives.levels import slow_stage
from ebbline.delivery.objectives.limits import MINUTES_KEPT_MS
from ebbline.hosts.embedded.deliver.objectives.buckets import (
    WHOLE,
    series,
    sources,
    width_for,
    window,
)
from ebbline.hosts.embedded.deliver.objectives.limits import NOTICE_SOURCES
from ebbline.hosts.embedded.deliver.objectives.meters import SloMeters
from ebbline.hosts.embedded.deliver.objectives.notices import Message
from ebbline.hosts.embedded.deliver.objectives.recorder import Recorder
from ebbline.hosts.embedded.deliver.objectives.wording import Circumstances, message_of


class Late(msgspec.Struct, frozen=True):
    """Changes that wait at a look: past the alert bar, past the objective, and by stage and
    source of the latter."""

    slow: int
    overdue: int
    stage: str
    by_source: dict[str, int]


class Watch:
    """Looks at destinations; alarms stand in delivery.db."""

    def __init__(self, db: apsw.Connection, recorder: Recorder, meters: SloMeters) -> None:
        self.project = ""
        self._db = db
        self._recorder = recorder
        self._meters = meters
        self.alarms: dict[str, Alarm] = {alarm.key: alarm for alarm in read_alarms(db)}
        for alarm in self.alarms.values():
            meters.alarm(alarm)

    @property
    def restless(self) -> bool:
        """Whether some alarm is not over yet."""
        return any(alarm.state != "resolved" for alarm in self.alarms.values())

    def forget(self, destinations: frozenset[str]) -> None:
        """Destinations that are no longer there alarm nobody."""
        for key, alarm in list(self.alarms.items()):
            if alarm.destination not in destinations:
                del self.alarms[key]
                self._db.execute(
                    "DELETE FROM slo_alarms WHERE destination = ?", (alarm.destination,)
                )

    def look(self, lane: Lane, now_ms: int, *, silenced: bool) -> list[Message]:
        """What is to be told of a destination now."""
        name, slo = lane.destination, self._recorder.slo
        late = self._waiting(lane, slo, now_ms)
        self._stand(name, late, now_ms)
        counted = _Windows(self._db, name, now_ms)
        slowest = self._slow_stage(counted, late)
        found = Circumstances(self.project, slo, None, slowest, late.overdue, detail=_trouble(lane))
        recent = counted.tally(SLOW_NOW_MS)
        slow = recent.timed - recent.in_alert + late.slow
        messages = []
        for indicator in INDICATORS:
            overdue = late.overdue if indicator == "latency" else 0
            self._measure(name, indicator, overdue, now_ms)
            burning = {b.rule: b for b in burns(counted.of(indicator, overdue), slo.success)}
            self._meters.burning(name, indicator, burning.values())
            firing = {rule: burn.firing for rule, burn in burning.items()}
            if indicator == "latency":
                firing[SLOW_NOW] = slow_now(recent.timed + late.slow, slow)
            for rule in (rule for rule in URGENCY if rule in firing):
                told = self._with(found, name, indicator, late, now_ms) if firing[rule] else found
                told = msgspec.structs.replace(told, burn=burning.get(rule))
                alarm = Alarm(name, indicator, rule, "firing", now_ms)
                messages.append(self.turn(alarm, firing[rule], told, now_ms, silenced=silenced))
        return [message for message in messages if message is not None]

    def turn(self, now: Alarm, holds: bool, found: Circumstances, now_ms: int, *,
             silenced: bool) -> Message | None:  # fmt: skip
        """Take an alarm one step on."""
        before = self.alarms.get(now.key)
        covered = self._is_covered(now)
        after, notice = step(before, now, holds, now_ms, silenced=silenced, covered=covered)
        if after is not None and after != before:
            self.alarms[now.key] = after
            self._db.execute(
                "INSERT OR REPLACE INTO slo_alarms VALUES (?, ?, ?, ?, ?, ?)",
                (after.destination, after.indicator, after.rule, after.state, after.since_ms,
                 after.false_ms),
            )  # fmt: skip
            self._meters.alarm(after)
        return None if notice is None else message_of(notice, found)

    def _is_covered(self, alarm: Alarm) -> bool:
        """Whether a more urgent alarm of the same kind is firing, and people know of it."""
        rank = URGENCY.index(alarm.rule) if alarm.rule in URGENCY else 0
        above = (f"{alarm.destination}/{alarm.indicator}/{rule}" for rule in URGENCY[:rank])
        return any(key in self.alarms and self.alarms[key].state == "firing" for key in above)

    def _waiting(self, lane: Lane, slo: SloDef, now_ms: int) -> Late:
        """What waits past the bars, without what is history."""
        name = lane.destination
        held = [
            each
            for each in waiting(lane, now_ms - slo.latency_alert_ms)
            if not self._recorder.spans.holds(name, each.field, each.version)
        ]
        overdue = [each for each in held if each.queued_ms < now_ms - slo.latency_objective_ms]
        return Late(len(held), len(overdue), self._stage_of(name, overdue or held),
                    dict(Counter(each.source for each in overdue)))  # fmt: skip

    def _stage_of(self, name: str, held: list[Waiting]) -> str:
        """Whether most of what waits has been tried already."""
        if not held:
            return ""
        tried = self._recorder.first_ms(name, [str(each.address) for each in held])
        again = sum((str(each.address), each.field) in tried for each in held)
        return "retry" if again * 2 > len(held) else "queue"

    def _slow_stage(self, counted: _Windows, late: Late) -> str:
        recent = counted.tally(RULES[0].long_ms)
        if late.overdue > recent.timed - recent.in_objective:
            return late.stage
        return slow_stage(recent) or late.stage

    def _measure(self, name: str, indicator: Indicator, overdue: int, now_ms: int) -> None:
        """What is left of a budget."""
        slo = self._recorder.slo
        whole = window(self._db, name, WHOLE, slo.window_ms, now_ms)
        used = burn_rate(counts_of(whole, indicator, overdue), slo.success)
        self._meters.left(name, indicator, round(1 - used, 6))

    def _with(self, found: Circumstances, name: str, indicator: Indicator, late: Late,
              now_ms: int) -> Circumstances:  # fmt: skip
        """The circumstances with the sources that are worst. They cost a few queries, so they
        are asked for only where a rule fires."""
        bad: Counter[str] = Counter()
        for source in sources(self._db, name, RULES[0].long_ms, now_ms):
            tally = window(self._db, name, source, RULES[0].long_ms, now_ms)
            bad[source] = counts_of(tally, indicator).bad
        if indicator == "latency":
            bad.update(late.by_source)
        worst = tuple((each, count) for each, count in bad.most_common(NOTICE_SOURCES) if count)
        return msgspec.structs.replace(found, worst=worst)

    def _stand(self, name: str, late: Late, now_ms: int) -> None:
        """Leave for readers what cannot be read from counts: what waits."""
        self._meters.overdue(name, late.overdue)
        self._db.execute(
            "UPDATE slo_standing SET looked_ms = ?, slow = ?, overdue = ?, stage = ?"
            " WHERE destination = ?",
            (now_ms, late.slow, late.overdue, late.stage, name),
        )


def _trouble(lane: Lane) -> str:
    """Why a destination is not asked, where it is not."""
    if lane.breaker.state == "closed":
        return ""
    return f"Requests are held back ({lane.breaker.state}): {lane.breaker.reason}."


class _Windows:
    """The counts of one destination's windows, each kind of bucket read once."""

    def __init__(self, db: apsw.Connection, destination: str, now_ms: int) -> None:
        self._now_ms = now_ms
        self._series = {
            width_for(ms): list(series(db, destination, WHOLE, ms, now_ms))
            for ms in (MINUTES_KEPT_MS, max(rule.long_ms for rule in RULES))
        }

    def tally(self, window_ms: int) -> Tally:
        """What was counted in a window that ends now."""
        width_ms = width_for(window_ms)
        begin_ms = self._now_ms - window_ms - width_ms
        return merged(tally for start, tally in self._series[width_ms] if start > begin_ms)

    def of(self, indicator: Indicator, overdue: int) -> Any:
        """Counts by window, as `burns` asks for them."""

        def counts(window_ms: int) -> Counts:
            return counts_of(self.tally(window_ms), indicator, overdue)

        return counts


def read_alarms(db: apsw.Connection) -> Iterator[Alarm]:
    """The alarms as they stand."""
    rows: Any = db.execute(
        "SELECT destination, indicator, rule, state, since_ms, false_ms FROM slo_alarms"
        " ORDER BY destination, indicator, rule"
    ).fetchall()
    for row in rows:
        yield Alarm(*row)
