"""Service levels for Prometheus: what was counted since the process began, and how things stand."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import STAGES, Alarm, Burn, Tally, Times, stage_ms

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 90, 120, 300, 900, 3600)


class SloMeters:
    """Labels: the destination, and a source such as `audience:vip`; no more sources than
    `SERIES_MAX` of a destination."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ("destination",)
        self._changes = Counter(
            "ebbline_slo_changes", "Changes whose fate is known", (*label, "source", "outcome"),
            registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "ebbline_slo_latency_seconds", "From a captured event to the destination's answer",
            label, registry=registry, buckets=_SECONDS,
        )  # fmt: skip
        self._stages = Counter(
            "ebbline_slo_stage_seconds", "Time that delivered changes spent in each stage",
            (*label, "stage"), registry=registry,
        )  # fmt: skip
        self._objective = Gauge(
            "ebbline_slo_objective", "What is promised: seconds, and the share of changes",
            ("what",), registry=registry,
        )  # fmt: skip
        self._burn = Gauge(
            "ebbline_slo_burn_rate", "How fast an error budget is used; 1 lasts the window",
            (*label, "indicator", "window"), registry=registry,
        )  # fmt: skip
        self._left = Gauge(
            "ebbline_slo_budget_left", "Share of the window's error budget that is left",
            (*label, "indicator"), registry=registry,
        )  # fmt: skip
        self._overdue = Gauge(
            "ebbline_slo_overdue_changes", "Changes that wait past the latency objective", label,
            registry=registry,
        )  # fmt: skip
        self._alarm = Gauge(
            "ebbline_slo_alarm", "1 while an alarm fires, 0 after it",
            (*label, "indicator", "rule"), registry=registry,
        )  # fmt: skip
        self._notices = Counter(
            "ebbline_slo_notices", "Notices of alarms handed over, or given up", ("outcome",),
            registry=registry,
        )  # fmt: skip
        self._probe = Gauge(
            "ebbline_slo_probe_seconds", "How long the last probe took to the answer", label,
            registry=registry,
        )  # fmt: skip
        self._probes = Counter(
            "ebbline_slo_probes", "Probes that arrived in time, late, or not", (*label, "outcome"),
            registry=registry,
        )  # fmt: skip

    def promise(self, slo: SloDef) -> None:
        """What the plan in force promises."""
        for what, value in (
            ("latency_alert_seconds", slo.latency_alert_ms / 1000),
            ("latency_objective_seconds", slo.latency_objective_ms / 1000),
            ("success_share", slo.success),
        ):
            self._objective.labels(what).set(value)

    def counted(self, destination: str, source: str, tally: Tally) -> None:
        """Changes came to their end; the source as a whole is told by its parts."""
        outcomes = {
            "first_try": tally.first_try,
            "retried": tally.delivered - tally.first_try,
            "late": tally.timed - tally.in_objective,
            "history": tally.history,
            "dead": tally.dead,
            "revived": tally.revived,
            "overtaken": tally.overtaken,
        }
        for outcome, number in outcomes.items():
            if number:
                self._changes.labels(destination, source, outcome).inc(number)

    def timed(self, destination: str, times: Times) -> None:
        """A change with a latency was delivered."""
        took_ms = max(0, times.answered_ms - times.captured_ms)
        self._latency.labels(destination).observe(took_ms / 1000)
        for stage, ms in zip(STAGES, stage_ms(times), strict=True):
            self._stages.labels(destination, stage).inc(ms / 1000)

    def burning(self, destination: str, indicator: str, burns: Iterable[Burn]) -> None:
        """The rates of a look."""
        for burn in burns:
            self._burn.labels(destination, indicator, burn.rule + "_long").set(burn.long)
            self._burn.labels(destination, indicator, burn.rule + "_short").set(burn.short)

    def left(self, destination: str, indicator: str, share: float) -> None:
        """What is left of a budget."""
        self._left.labels(destination, indicator).set(share)

    def overdue(self, destination: str, changes: int) -> None:
        """Changes that wait past the objective."""
        self._overdue.labels(destination).set(changes)

    def alarm(self, alarm: Alarm) -> None:
        """How an alarm stands."""
        gauge = self._alarm.labels(alarm.destination, alarm.indicator, alarm.rule)
        gauge.set(alarm.state != "resolved")

    def noticed(self, outcome: str) -> None:
        """A notice was handed over, or given up."""
        self._notices.labels(outcome).inc()

    def probed(self, destination: str, outcome: str, took_ms: int | None) -> None:
        """A probe came to its end."""
        self._probes.labels(destination, outcome).inc()
        if took_ms is not None:
            self._probe.labels(destination).set(took_ms / 1000)
