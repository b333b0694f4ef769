"""Entry of the api process, started by the supervisor of `ebbline run`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ebbline.console.api.app import ApiApp
from ebbline.console.api.context import Context
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.processes import api
from ebbline.hosts.embedded.processes.settings import ChildSettings


def make_app(settings: ChildSettings, clock: Clock) -> tuple[ApiApp, Callable[[], object]]:
    """The application on the folder that the supervisor names."""
    project = Path(settings.project) if settings.project else None
    context = Context(Path(settings.folder), clock, project)
    return ApiApp(context), context.close


if __name__ == "__main__":
    sys.exit(api.main(sys.argv[1], make_app))
