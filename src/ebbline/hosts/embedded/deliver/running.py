"""deliver as a process of its own: signals, bells, and the way out for requests."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import Plan
from ebbline.hosts.embedded.clock import Clock, SystemClock
from ebbline.hosts.embedded.deliver.commands import Spool
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.process import Deliver
from ebbline.hosts.embedded.deliver.transport import Transport
from ebbline.hosts.embedded.deliver.transports import every_way
from ebbline.hosts.embedded.doorbell import Listener
from ebbline.hosts.embedded.named_bell import drain
from ebbline.hosts.embedded.secrets.references import HERE


async def run_deliver(
    path: Path,
    plan_: Plan,
    doorbell_fd: int | None = None,
    *,
    project: Path = HERE.project,
    clock: Clock | None = None,
    transport: Transport | None = None,
    registry: CollectorRegistry | None = None,
    ready: Callable[[], object] | None = None,
    after_round: Callable[[], object] = lambda: None,
    door: str = "",
) -> None:
    """The whole process: deliver from the data folder at `path` until SIGTERM or SIGINT.

    `doorbell_fd` is the inherited hearing end of the engine's bell; `ready` is called once
    the folder is open and requests may leave; `after_round` after every
    round of work.
    """
    deliver = Deliver(
        path,
        plan_,
        clock=clock or SystemClock(),
        transport=transport or every_way(Guard.from_environ(os.environ), path),
        registry=registry or CollectorRegistry(),
        jitter=random.random,
        project=project,
        after_round=after_round,
        door=door,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, deliver.stop)
    if doorbell_fd is not None:
        Listener.inherited(doorbell_fd).attach(loop, deliver.wake)
    bell = Spool(path).listen()
    loop.add_reader(bell, _heard, bell, deliver)
    if ready is not None:
        loop.call_soon(ready)
    try:
        await deliver.run()
    finally:
        loop.remove_reader(bell)
        os.close(bell)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _heard(bell: int, deliver: Deliver) -> None:
    drain(bell)
    deliver.wake()
