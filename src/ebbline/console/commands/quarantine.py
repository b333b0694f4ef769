"""`ebbline quarantine`: what was refused on the way in, and why."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import iso, moment, printable, say, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading.refusals import Refused

LISTED = 20  # refusals when nobody says how many
MESSAGE_MAX = 80  # characters of a message in the list; `show` gives all of it

app = typer.Typer(
    help="What was refused on the way in: list, show.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_(
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only for this reason, as `status` counts")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only from this source; import: files")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many")] = LISTED,
    before: Annotated[
        int | None, typer.Option(metavar="ID", help="Those older than this one")
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was refused, newest first."""
    from ebbline.hosts.embedded.reading.refusals import list_refused  # noqa: PLC0415 - heavy

    folder = Place(project, data).data
    found = list_refused(folder, source=source, code=code, before=before, limit=limit)
    if as_json:
        for each in found:
            show_json(_document(each))
        return
    if not found:
        say("nothing was refused")
        return
    heads = ["id", "when", "source", "code", "where", "message"]
    show_table(heads, [_row(each) for each in found], right=[0])
    if len(found) == limit:
        say(f"\n--before {found[-1].id} lists older ones, --limit more of them")


@app.command("show")
def show_(
    number: Annotated[int, typer.Argument(metavar="ID", help="A refusal's id, from `list`")],
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one refusal in full, with what was sent."""
    from ebbline.hosts.embedded.reading.refusals import show_refused  # noqa: PLC0415 - heavy

    found = show_refused(Place(project, data).data, number)
    if as_json:
        show_json(_document(found) | _body(found.body))
        return
    show(f"refusal {found.id} from {found.source}: {printable(found.code)}")
    show(f"  when     {moment(found.received_ms)}")
    show(f"  where    {printable(found.where) or 'the whole of it'}")
    show(f"  message  {printable(found.message)}")
    show(f"\nwhat was sent, {len(found.body):,} bytes")
    for line in _text(found.body).splitlines():
        show(printable(line))


def _row(each: Refused) -> list[str]:
    message = each.message
    if len(message) > MESSAGE_MAX:
        message = message[: MESSAGE_MAX - 1] + "…"
    return [str(each.id), moment(each.received_ms), each.source, each.code, each.where, message]


def _document(each: Refused) -> dict[str, Any]:
    return {
        "id": each.id,
        "when": iso(each.received_ms),
        "source": each.source,
        "code": each.code,
        "where": each.where,
        "message": each.message,
    }


def _body(body: bytes) -> dict[str, Any]:
    """What was sent for machines: the JSON value, else the text, else base64."""
    value = _json(body)
    if value is not None:
        return {"body": value}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body": None, "body_base64": base64.b64encode(body).decode()}


def _text(body: bytes) -> str:
    """What was sent for people: JSON laid out, anything else as it is."""
    import msgspec  # noqa: PLC0415 - heavy

    if _json(body) is None:
        return body.decode("utf-8", "replace")
    return msgspec.json.format(body, indent=2).decode()


def _json(body: bytes) -> Any:
    """The JSON value, None when it is none."""
    import msgspec  # noqa: PLC0415 - heavy

    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
