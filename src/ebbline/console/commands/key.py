"""`ebbline key`: keys of the management API. A new one is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.changing import somebody
from ebbline.console.output import iso, moment, say, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption, instant

if TYPE_CHECKING:
    from ebbline.hosts.embedded.access import AccessStore, Key

app = typer.Typer(
    help="Keys of the management API: create, list, revoke.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("create")
def create(
    role: Annotated[str, typer.Option(help="owner, admin, builder, analyst or viewer")],
    name: Annotated[str, typer.Option(help="Whose it is or what it is for")],
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="Only this of what the role may; again for more"),
    ] = None,
    units: Annotated[
        int, typer.Option(min=0, help="Units a second it may use; 0: the usual rate")
    ] = 0,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="It ends at this instant; else never")
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, this once. Only its hash is kept."""
    expires_ms = instant(expires, "--expires")
    with _store(Place(project, data)) as (store, now_ms):
        made = store.make(
            name, role, now_ms, somebody(), only=scope or (), units=units, expires_ms=expires_ms
        )
        store.tell(now_ms, somebody(), "key create", f"key {made.key.id}", f"{name}, {role}")
    if as_json:
        show_json(_document(made.key) | {"text": made.text})
        return
    show(made.text)
    say(f"key {made.key.id}, {role}: keep it now, it cannot be shown again")


@app.command("list")
def list_(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List keys: their beginnings, roles, ends; never a whole one."""
    with _store(Place(project, data)) as (store, now_ms):
        found = store.every_key()
    if as_json:
        for key in found:
            show_json(_document(key))
        return
    if not found:
        say("no keys; `ebbline key create --role owner --name NAME` makes the first")
        return
    rows = [
        [str(key.id), key.name, key.role, key.shown, moment(key.created_ms), key.created_by,
         _end(key, now_ms)]
        for key in found
    ]  # fmt: skip
    show_table(["id", "name", "role", "key", "created", "by", ""], rows, right=[0])


@app.command("revoke")
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="A key's id, from `list`")],
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a key for good. A running API refuses it from its next request on."""
    with _store(Place(project, data)) as (store, now_ms):
        key = store.revoke(number, now_ms)
        store.tell(now_ms, somebody(), "key revoke", f"key {number}", key.name)
    if as_json:
        show_json(_document(key))
    else:
        show(f"key {number} ({key.name}) is revoked")


class _store:  # noqa: N801 - it is used like a function
    """The folder's keys, and the instant."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._open: AccessStore | None = None

    def __enter__(self) -> tuple[AccessStore, int]:
        from ebbline.hosts.embedded.access import AccessStore  # noqa: PLC0415 - heavy
        from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415
        from ebbline.hosts.embedded.folder import open_folder  # noqa: PLC0415

        self._open = AccessStore(open_folder(self._place.data).path)
        return self._open, SystemClock().now_ms()

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.close()


def _end(key: Key, now_ms: int) -> str:
    if key.revoked_ms is not None:
        return f"revoked {moment(key.revoked_ms)}"
    if key.expires_ms is None:
        return ""
    return f"{'ends' if key.works(now_ms) else 'ended'} {moment(key.expires_ms)}"


def _document(key: Key) -> dict[str, Any]:
    return {
        "id": key.id, "name": key.name, "role": key.role, "scopes": sorted(key.scopes),
        "shown": key.shown, "created": iso(key.created_ms), "created_by": key.created_by,
        "expires": iso(key.expires_ms), "revoked": iso(key.revoked_ms),
    }  # fmt: skip
