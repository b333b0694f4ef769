"""Carrying out what the command line asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import msgspec
import structlog

from ebbline.delivery import revive
from ebbline.delivery.address import parse_address
from ebbline.hosts.embedded.deliver.commands import Pause, Reconcile, Renew, Retry, Spool
from ebbline.hosts.embedded.deliver.reconcile import Schedule
from ebbline.hosts.embedded.deliver.station import Station
from ebbline.hosts.embedded.deliver.store import DeliveryStore

_log = structlog.get_logger("deliver")


class CarriedOut(msgspec.Struct):
    """What became of the spool: `files` are to be removed once that is written down; `renews`
    says that every destination is to be set up anew."""

    files: list[Path] = []
    renews: bool = False


def carry_out(
    spool: Spool, store: DeliveryStore, stations: Mapping[str, Station], schedule: Schedule,
    now_ms: int,
) -> CarriedOut:  # fmt: skip
    """Do what waits in the spool."""
    done = CarriedOut()
    for path, order in spool.waiting():
        match order:
            case Retry():
                _retry(order, store, stations, now_ms)
            case Pause(destination=name, paused=paused):
                store.pause(name, paused=paused)
                if name in stations:
                    stations[name].lane.paused = paused
            case Reconcile():
                schedule.order(order, stations, now_ms)
            case Renew():
                done.renews = True
            case None:
                _log.warning("an order that cannot be read is dropped", file=path.name)
            case _:
                assert_never(order)
        done.files.append(path)
    return done


def _retry(
    order: Retry, store: DeliveryStore, stations: Mapping[str, Station], now_ms: int
) -> None:
    for name, text, field in store.dead(order.attempt):
        station = stations.get(name)
        if station is not None:
            revive(station.lane, parse_address(text), field, now_ms)
    if order.attempt is None:
        for station in stations.values():
            station.lane.breaker.disabled = False
            station.lane.breaker.succeeded()
