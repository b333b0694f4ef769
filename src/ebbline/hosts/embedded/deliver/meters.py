"""What deliver counts and measures, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ebbline.delivery import Lane, Reply, Send

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_STATES = ("closed", "open", "probing", "disabled")


class Meters:
    """All of deliver's metrics; the label is the destination."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ("destination",)
        self._requests = Counter(
            "ebbline_deliver_requests", "Requests answered, by what the answer meant",
            (*label, "state"), registry=registry,
        )  # fmt: skip
        self._people = Counter(
            "ebbline_deliver_people", "People's objects in answered requests, by verdict",
            (*label, "verdict"), registry=registry,
        )  # fmt: skip
        self._stages = Histogram(
            "ebbline_deliver_stage_seconds",
            "Time from change to outbox, from outbox to this request, from request to answer",
            (*label, "stage"), registry=registry, buckets=_SECONDS,
        )  # fmt: skip
        self._ready = Gauge(
            "ebbline_deliver_ready_people", "People with something to send now", label,
            registry=registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "ebbline_deliver_waiting_people", "People held back by a retry or a fence", label,
            registry=registry,
        )  # fmt: skip
        self._flights = Gauge(
            "ebbline_deliver_requests_in_flight", "Requests under way", label, registry=registry
        )
        self._breaker = Gauge(
            "ebbline_deliver_breaker", "1 for the state the destination is in",
            (*label, "state"), registry=registry,
        )  # fmt: skip
        self._position = Gauge(
            "ebbline_deliver_ledger_position", "Last ledger row folded", label, registry=registry
        )

    def answered(self, send: Send, reply: Reply, state: str, answered_ms: int) -> None:
        """A request has come to its end."""
        name = send.destination
        self._requests.labels(name, state).inc()
        for outcome in reply.outcomes:
            self._people.labels(name, outcome.verdict).inc()
        self._stages.labels(name, "request").observe(max(0, answered_ms - send.at_ms) / 1000)
        for item in send.items:
            first = min(item.values, key=lambda value: value.queued_ms)
            decided = self._stages.labels(name, "decide")
            decided.observe(max(0, first.queued_ms - first.at_ms) / 1000)
            waited = self._stages.labels(name, "wait")
            waited.observe(max(0, send.at_ms - first.queued_ms) / 1000)

    def observe(self, lane: Lane, position: int) -> None:
        """How a lane stands after a round."""
        name = lane.destination
        self._ready.labels(name).set(len(lane.ready))
        self._waiting.labels(name).set(len(lane.timers))
        self._flights.labels(name).set(len(lane.flights))
        self._position.labels(name).set(position)
        for state in _STATES:
            self._breaker.labels(name, state).set(lane.breaker.state == state)
