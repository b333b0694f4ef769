"""`ebbline secret`: the encrypted store of secrets that destinations refer to.

Values come in by a hidden prompt or by stdin and are shown by no command.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.hidden_input import from_prompt, from_stdin, refuse_argument
from ebbline.console.output import iso, moment, plural, say, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption
from ebbline.errors import EbblineError, NotFound, Refused

if TYPE_CHECKING:
    from ebbline.hosts.embedded.secrets.store import SecretStore

app = typer.Typer(
    help="Keys and tokens of destinations, encrypted: set, list, remove, rekey, check.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_Name = Annotated[str, typer.Argument(metavar="NAME", help="As in store:NAME of a project file")]
_YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]


@app.command("set")
def set_(
    name: _Name,
    value: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Take the value from stdin, not from a hidden prompt")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the versions before it, even when this one works")
    ] = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a secret, or a new version of it. A running system takes it up by itself."""
    if value or "=" in name:
        refuse_argument(name)
    from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.deliver.commands import Renew, Spool  # noqa: PLC0415
    from ebbline.hosts.embedded.folder import open_folder  # noqa: PLC0415

    folder = open_folder(Place(project, data).data).path
    text, now_ms = from_stdin() if stdin else from_prompt(name), SystemClock().now_ms()
    was = _store(folder).set(name, text, now_ms, keep=keep)
    told = Spool(folder).put(Renew(), f"{now_ms}-{os.getpid()}")
    if was.key_made is not None:
        say(f"A new key was made in {was.key_made}. Keep a backup of that file, apart from the")
        say("backups of the data folder: without it the secrets cannot be read again.")
    if as_json:
        show_json({"name": name, "version": was.number, "older": was.older, "running": told})
        return
    show(f"{name}: version {was.number} stored")
    if was.older:
        until = "until you remove them" if keep else "until this one has worked"
        say(f"{plural(len(was.older), 'older version')} can still be used {until}")
    say("the running system takes it up now" if told else "used from the next `ebbline run` on")


@app.command("list")
def list_(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List names, versions and which destinations refer to them; never a value."""
    place = Place(project, data)
    store = _store(place.data)
    entries, note, users = store.entries(), store.note(), _users(place)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "version": entry.newest.number,
            "created": entry.newest.created_ms,
            "older": [version.number for version in entry.versions[:-1]],
            "worked": _worked(entry, note.get(name)),
            "destinations": users.get(name, []),
        }
        for name, entry in entries.items()
    ]
    if as_json:
        for row in rows:
            show_json(row | {"created": iso(row["created"]), "worked": iso(row["worked"])})
        return
    if not rows:
        say("no secrets; `ebbline secret set NAME` stores one")
        return
    heads = ["name", "version", "created", "worked", "older", "used by"]
    show_table(heads, [_row(row) for row in rows], right=[1])


@app.command("remove")
def remove(
    name: _Name,
    old: Annotated[
        bool, typer.Option("--old", help="Only the versions before the newest one")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even while a destination refers to it")
    ] = False,
    yes: _YesOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a secret for good, or only its older versions."""
    place = Place(project, data)
    store = _store(place.data)
    if name not in store.entries():
        message = f"There is no secret {name} in the store; `ebbline secret list` names them."
        raise NotFound(message)
    users = [] if old else _users(place).get(name, [])
    if users and not force:
        message = (
            f"{', '.join(users)} would be left without it: take store:{name} out of the project"
            " and `ebbline apply` that first, or use --force."
        )
        raise Refused(message)
    what = f"the older versions of {name}" if old else name
    if not yes:
        typer.confirm(f"Forget {what} for good?", abort=True, err=True)
    count = store.remove(name, only_old=old)
    if as_json:
        show_json({"name": name, "versions": count})
    else:
        show(f"{name}: {plural(count, 'version')} removed")


@app.command("rekey")
def rekey(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Put the store under a new key. Secrets and their versions stay as they are."""
    done = _store(Place(project, data).data).rekey()
    if as_json:
        show_json({"versions": done.count, "key": done.where, "old_key_stays": done.old_stays})
        return
    show(f"{plural(done.count, 'version')} under a new key of {done.where}")
    if done.old_stays:
        say("take the old key out there now; backups of the store made before still need it")
    else:
        say("back up the key file anew; backups of the store made before need the old one")


@app.command("check")
def check(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Look whether every reference of the project leads to a secret; exit code 1 if not."""
    from ebbline.connectors import connector_of  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.secrets.references import (  # noqa: PLC0415
        Places,
        references_of,
        resolve,
    )

    place = Place(project, data)
    places = Places(place.project.absolute(), place.data.absolute())
    failed = 0
    for destination in place.plan().destinations:
        connector = connector_of(destination.type)
        for reference in references_of(connector, destination.settings):
            problem = _problem(lambda text=reference: resolve(text, os.environ, places))
            failed += bool(problem)
            if as_json:
                row = {"destination": destination.name, "reference": reference}
                show_json(row | {"ok": not problem, "problem": problem})
            else:
                show(f"{'FAIL' if problem else 'ok':4}  {destination.name}: {reference}")
                say(f"      {problem}") if problem else None
    if failed:
        message = f"{plural(failed, 'reference')} leads to no secret: nothing can be sent there."
        raise Refused(message)


def _problem(look: Any) -> str:
    try:
        look()
    except EbblineError as error:
        return str(error)
    return ""


def _store(folder: Path) -> SecretStore:
    from ebbline.hosts.embedded.secrets.store import SecretStore  # noqa: PLC0415 - heavy

    return SecretStore(folder.absolute())


def _users(place: Place) -> dict[str, list[str]]:
    """Destinations by the stored secret they refer to: of the project, and of what is live."""
    from ebbline.connectors.registry import CONNECTORS  # noqa: PLC0415 - heavy
    from ebbline.definitions.plan import decode_plan  # noqa: PLC0415
    from ebbline.hosts.embedded.folder import DataFolder  # noqa: PLC0415
    from ebbline.hosts.embedded.processes.settings import plan_file  # noqa: PLC0415
    from ebbline.hosts.embedded.secrets.references import references_of  # noqa: PLC0415

    live = plan_file(DataFolder(place.data.absolute()))
    plans = [place.loaded().plan, decode_plan(live.read_bytes()) if live.is_file() else None]
    found: dict[str, list[str]] = {}
    for destination in (each for plan in plans if plan is not None for each in plan.destinations):
        connector = CONNECTORS.get(destination.type)
        for reference in (
            () if connector is None else references_of(connector, destination.settings)
        ):
            scheme, _, name = reference.partition(":")
            users = found.setdefault(name, []) if scheme == "store" else []
            if destination.name not in users:
                users.append(destination.name)
    return found


def _worked(entry: Any, worked: Any) -> int | None:
    """When the newest version worked for the first time, None as long as it has not."""
    if worked is None or (worked.number, worked.created_ms) != (
        entry.newest.number,
        entry.newest.created_ms,
    ):
        return None
    return int(worked.worked_ms)


def _row(row: dict[str, Any]) -> list[str]:
    return [
        row["name"], str(row["version"]), moment(row["created"]), moment(row["worked"]),
        ", ".join(map(str, row["older"])) or "-", ", ".join(row["destinations"]) or "-",
    ]  # fmt: skip
