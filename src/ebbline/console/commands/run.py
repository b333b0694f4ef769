"""`ebbline run`: the whole system in the foreground."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ebbline.console.changing import somebody
from ebbline.console.output import say, show, show_json
from ebbline.console.place import (
    DataOption,
    DryRunOption,
    JsonOption,
    Place,
    ProjectOption,
    whole,
)

if TYPE_CHECKING:
    from ebbline.hosts.embedded.versions import Versions

HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8080
API_PORT_DEFAULT = 8081
API_MODULE = "ebbline.console.api"


class _Served(NamedTuple):
    """Where the management API is to listen, and whether somebody asked for that port."""

    port: int
    wanted: bool


def run(
    host: Annotated[
        str | None,
        typer.Option(
            envvar="EBBLINE_HOST", metavar="ADDRESS", show_default=False,
            help=f"Listen on this address (else {HOST_DEFAULT})",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="EBBLINE_PORT", min=0, max=65535, show_default=False,
            help=f"Listen on this port; 0 takes a free one (else {PORT_DEFAULT})",
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            envvar="EBBLINE_CLOCK_SPEED", min=1.0, max=100_000.0,
            help="Run the clock this many times as fast: for trying out, never for real data",
        ),
    ] = 1.0,
    log_level: Annotated[
        str, typer.Option(envvar="EBBLINE_LOG_LEVEL", help="debug, info, warning or error")
    ] = "info",
    apply: Annotated[
        bool,
        typer.Option(
            "--apply/--no-apply",
            help="Make a changed project live, once its state is built beside what is live",
        ),
    ] = True,
    api_port: Annotated[
        int | None,
        typer.Option(
            envvar="EBBLINE_API_PORT", min=0, max=65535, show_default=False,
            help="The management API listens on this port; 0 takes a free one"
            f" (else {API_PORT_DEFAULT} where that is free)",
        ),
    ] = None,
    api: Annotated[
        bool, typer.Option("--api/--no-api", help="Serve the management API")
    ] = True,
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take in events, keep the audiences true, send what changes. Ctrl-C ends it cleanly."""
    if log_level not in ("debug", "info", "warning", "error"):
        message = f'"{log_level}" is no level; it is debug, info, warning or error.'
        raise typer.BadParameter(message, param_hint="--log-level")
    place = Place(project, data)
    plan = place.plan()
    named_host, named_port = place.setting("host"), place.setting("port")
    host = host or (str(named_host) if named_host is not None else HOST_DEFAULT)
    if port is None:
        port = whole(named_port, "port") if named_port is not None else PORT_DEFAULT
    served = _Served(API_PORT_DEFAULT if api_port is None else api_port, api_port is not None)
    if dry_run:
        told = {"project": plan.name, "data": str(place.data), "host": host, "port": port}
        if as_json:
            show_json(told | {"started": False})
        else:
            show("\n".join(f"{key:8} {value}" for key, value in told.items()))
            say("Nothing was started (--dry-run).")
        return
    _start(place, host, port, speed, log_level, served if api else None,
           apply=apply, as_json=as_json)  # fmt: skip


def _start(
    place: Place,
    host: str,
    port: int,
    speed: float,
    log_level: str,
    api: _Served | None,
    *,
    apply: bool,
    as_json: bool,
) -> None:
    from ebbline.hosts.embedded.logging import set_up_logging  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.running import Api, RunOptions  # noqa: PLC0415
    from ebbline.hosts.embedded.running import run as run_system  # noqa: PLC0415

    plan, loaded = place.checked()

    api_ports: list[int] = []  # where the API listens, if it does

    def ready(real_port: int) -> None:
        url = f"http://{host}:{real_port}"
        if as_json:
            urls = {"url": url, "api": next((f"http://{host}:{p}" for p in api_ports), None)}
            show_json(urls | {"project": plan.name, "data": str(place.data)})
            sys.stdout.flush()  # somebody waits for this line
            return
        key = plan.sources[0].write_key if plan.sources else "any"
        say(f"\nEbbline keeps {plan.name} true.")
        say(f"  events   {url}/v1/batch   (write key {key}; point a Segment SDK at {url})")
        for api_port in api_ports:
            say(f"  api      http://{host}:{api_port}   (`ebbline key create` makes a key for it)")
        say(f"  data     {place.data}")
        say("  look     ebbline status, ebbline members AUDIENCE, in another terminal")
        say("  Ctrl-C ends it; nothing acknowledged is lost.\n")

    set_up_logging("supervisor", log_level)
    keep_days = loaded.system["retention"].get("events")
    options = RunOptions(
        speed=speed, log_level=log_level, on_ready=ready, keep_days=keep_days, apply=apply,
        who=somebody(), on_differing=_say_differing, project=str(place.project.absolute()),
        api=None if api is None else Api(API_MODULE, api.port, api.wanted, api_ports.append),
    )  # fmt: skip
    raise typer.Exit(run_system(plan, place.data, host, port, options))


def _say_differing(known: Versions) -> None:
    """The project is not what is live: what happens about it."""
    live = known.live.number if known.live is not None else 0
    if known.open is None:
        say(f"The project differs from version {live}, which is live and stays so;"
            " `ebbline plan` shows how, `ebbline apply` makes it live.")  # fmt: skip
        return
    say(f"The project has changed: version {known.open.number} is built now, while version"
        f" {live} goes on. `ebbline status` shows how far it is.")  # fmt: skip
