"""Service levels for Prometheus: what was counted since the process began, and how things stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import STAGES, Alarm, Burn, Tally

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 90, 120, 300, 900, 3600)


class Latencies(Collector):
    """A histogram that is observed once for every change: five times as fast as the library's,
    which takes a lock and looks its labels up each time. One thread only."""

    name = "ebbline_slo_latency_seconds"

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, destination: str, seconds: float) -> None:
        """Count one."""
        counts = self._counts.get(destination)
        if counts is None:
            counts = self._counts[destination] = [0] * (len(_SECONDS) + 1)
            self._sums[destination] = 0.0
        counts[bisect_left(_SECONDS, seconds)] += 1
        self._sums[destination] += max(0.0, seconds)

    def describe(self) -> list[Metric]:
        """The family without its samples."""
        about = "From a captured event to the destination's answer"
        return [HistogramMetricFamily(self.name, about, labels=["destination"])]

    def collect(self) -> list[Metric]:
        """The family as it is scraped."""
        (family,) = self.describe()
        assert isinstance(family, HistogramMetricFamily)
        bounds = [*map(floatToGoString, _SECONDS), "+Inf"]
        for destination, counts in self._counts.items():
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric([destination], buckets, self._sums[destination])
        return [family]


class SloMeters:
    """Labels: the destination, and a source such as `audience:vip`; no more sources than
    `SERIES_MAX` of a destination."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ("destination",)
        self._changes = Counter(
            "ebbline_slo_changes", "Changes whose fate is known", (*label, "source", "outcome"),
            registry=registry,
        )  # fmt: skip
        self._latency = Latencies()
        registry.register(self._latency)
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
        for stage, ms in zip(STAGES, tally.stages, strict=True):
            if ms:
                self._stages.labels(destination, stage).inc(ms / 1000)

    def timed(self, destination: str, took_ms: int) -> None:
        """A change with a latency was delivered."""
        self._latency.observe(destination, took_ms / 1000)

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
