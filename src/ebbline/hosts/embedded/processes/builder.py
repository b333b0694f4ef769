"""The builder process. It is of no use to anybody in the moments of a start, so it steps back
behind those that serve before it loads what it needs."""

from __future__ import annotations

import os

from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.limits import NICE_LEVELS
from ebbline.hosts.embedded.processes.settings import ChildSettings
from ebbline.hosts.embedded.processes.stopping import Signals


def run(settings: ChildSettings) -> None:
    """Build what is proposed until SIGTERM."""
    os.nice(NICE_LEVELS)
    signals = Signals()
    say_ready()
    from ebbline.hosts.embedded.builder.process import build_until_told  # noqa: PLC0415 - heavy

    build_until_told(settings, signals)
