"""What collecting counts, in the registry it is given."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ebbline.events.event import Rejection

_COMMIT_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_GROUP_EVENTS = (1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 10_000)


class Meters:
    """Counters and gauges of one collector; labels come from fixed sets only."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._requests = Counter(
            "ebbline_collect_requests",
            "Requests answered",
            ("endpoint", "status"),
            registry=registry,
        )
        self._events = Counter(
            "ebbline_collect_events", "Events stored before their answer", registry=registry
        )
        self._rejected = Counter(
            "ebbline_collect_rejected",
            "Items put into the quarantine",
            ("code",),
            registry=registry,
        )
        self._unkept = Counter(
            "ebbline_collect_unkept",
            "Items refused and counted only",
            ("code",),
            registry=registry,
        )
        self._bytes = Counter(
            "ebbline_collect_body_bytes", "Bytes of bodies, decompressed", registry=registry
        )
        self._queue_events = Gauge(
            "ebbline_collect_queue_events", "Events waiting for their write", registry=registry
        )
        self._queue_bytes = Gauge(
            "ebbline_collect_queue_bytes", "Bytes behind the queued events", registry=registry
        )
        self._commit_seconds = Histogram(
            "ebbline_collect_commit_seconds",
            "Seconds per write of the log",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )
        self._commit_events = Histogram(
            "ebbline_collect_commit_events",
            "Events and rejections per write of the log",
            buckets=_GROUP_EVENTS,
            registry=registry,
        )
        self._log_ahead = Gauge(
            "ebbline_collect_log_ahead_seconds",
            "Seconds the log's clock is ahead of the machine's",
            registry=registry,
        )
        self._answered: dict[tuple[str, int], Counter] = {}

    def answered(self, endpoint: str, status: int) -> None:
        """One request is answered."""
        counter = self._answered.get((endpoint, status))
        if counter is None:
            counter = self._requests.labels(endpoint, str(status))
            self._answered[endpoint, status] = counter
        counter.inc()

    def stored(self, events: int, rejections: Iterable[Rejection], size_bytes: int) -> None:
        """One body's events and rejections are durable."""
        self._events.inc(events)
        self._bytes.inc(size_bytes)
        for rejection in rejections:
            self._rejected.labels(rejection.code).inc()

    def unkept(self, rejections: Iterable[Rejection]) -> None:
        """These were refused, and the quarantine has no room for more of their kind."""
        for rejection in rejections:
            self._unkept.labels(rejection.code).inc()

    def log_ahead(self, seconds: Callable[[], float]) -> None:
        """Where to ask how far the log's clock is ahead."""
        self._log_ahead.set_function(seconds)

    def queue(self, events: int, size_bytes: int) -> None:
        """How much waits now."""
        self._queue_events.set(events)
        self._queue_bytes.set(size_bytes)

    @contextmanager
    def commit(self, count: int) -> Iterator[None]:
        """Times one write."""
        self._commit_events.observe(count)
        with self._commit_seconds.time():
            yield

    def text(self) -> bytes:
        """Everything in the registry, in the Prometheus text format."""
        return generate_latest(self._registry)
