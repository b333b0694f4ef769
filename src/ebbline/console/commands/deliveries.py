"""`ebbline deliveries`: what was sent to destinations, what lies there, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import STATES, iso, moment, plural, say, show, show_json, show_table
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption
from ebbline.errors import SetupError

if TYPE_CHECKING:
    from ebbline.hosts.embedded.deliver.reading import Delivery, DeliveryDetail

LISTED = 20  # attempts when nobody says how many
REASON_MAX = 60  # characters of a reason in the list; `show` gives all of it

app = typer.Typer(
    help="What was sent to destinations: list, show, retry.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_(
    destination: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only to this destination")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="Only in this state; dead: values that lie there")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many attempts")] = LISTED,
    before: Annotated[
        int | None, typer.Option(metavar="ID", help="Attempts older than this one")
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the latest attempts, newest first, after a line for each destination."""
    from ebbline.hosts.embedded.deliver import reading  # noqa: PLC0415 - heavy

    place = _with_data(project, data)
    found = reading.list_deliveries(place.data, destination, state, limit, before)
    if as_json:
        for each in found:
            show_json(_document(each))
        return
    for each_destination in reading.destination_status(place.data):
        one = each_destination
        reason = f" ({one.reason})" if one.reason else ""
        say(
            f"{one.name}: {STATES[one.state]}{reason}"
            f", {plural(one.people, 'person', 'people')} known,"
            f" {one.pending:,} waiting, {plural(one.dead, 'value')} laid aside"
        )
    if not found:
        say("no attempts")
        return
    say()
    heads = ["id", "sent", "to", "people", "state", "status", "took", "reason"]
    show_table(heads, [_row(each) for each in found], right=[0, 3, 6])


@app.command("show")
def show_(
    number: Annotated[int, typer.Argument(metavar="ID", help="An attempt's id, from `list`")],
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one attempt: request and reply (secrets masked), and what became of each person."""
    from ebbline.hosts.embedded.deliver import reading  # noqa: PLC0415 - heavy

    found = reading.show_delivery(_with_data(project, data).data, number)
    if as_json:
        parts = {"items": found.items, "request": found.request, "response": found.response}
        show_json(_document(found.delivery) | parts)
        return
    _show_detail(found)


@app.command("retry")
def retry(
    number: Annotated[
        int | None, typer.Argument(metavar="ID", help="An attempt whose values lie there")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything that lies there, at every destination")
    ] = False,
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have what was laid aside sent again."""
    from ebbline.hosts.embedded.deliver import reading  # noqa: PLC0415 - heavy

    if (number is None) != everything:
        message = "name an attempt's ID, or --all for everything that lies there."
        raise typer.BadParameter(message, param_hint="ID")
    folder = _with_data(project, data).data
    if number is not None:
        dead = reading.show_delivery(folder, number).delivery.dead
    else:
        dead = sum(each.dead for each in reading.destination_status(folder))
    told = False if dry_run else reading.retry_deliveries(folder, number)
    if as_json:
        show_json({"attempt": number, "values": dead, "ordered": not dry_run, "running": told})
        return
    text = plural(dead, "value")
    if dry_run:
        show(f"{text} would be sent again (--dry-run)")
    elif told:
        show(f"{text} will be sent again now")
    else:
        show(f"{text} will be sent again when `ebbline run` starts the next time")


def _with_data(project: Any, data: Any) -> Place:
    place = Place(project, data)
    if not place.data.is_dir():
        message = (
            f"There is no data in {place.data} yet. Start `ebbline run`, or name the right folder"
            " with --data."
        )
        raise SetupError(message)
    return place


def _row(each: Delivery) -> list[str]:
    took = "" if each.answered_ms is None else f"{each.answered_ms - each.sent_ms:,} ms"
    dead = f"{plural(each.dead, 'value')} laid aside" if each.dead else ""
    short = each.reason if len(each.reason) <= REASON_MAX else each.reason[:REASON_MAX] + "…"
    reason = "; ".join(part for part in (short, dead) if part)
    status = "" if each.status is None else str(each.status)
    return [
        str(each.id), moment(each.sent_ms), each.destination, f"{each.people:,}", each.state,
        status, took, reason,
    ]  # fmt: skip


def _document(each: Delivery) -> dict[str, Any]:
    return {
        "id": each.id,
        "destination": each.destination,
        "state": each.state,
        "attempt": each.attempt,
        "people": each.people,
        "changed": iso(each.changed_ms),
        "queued": iso(each.queued_ms),
        "sent": iso(each.sent_ms),
        "answered": iso(each.answered_ms),
        "status": each.status,
        "reason": each.reason,
        "dead": each.dead,
    }


def _show_detail(found: DeliveryDetail) -> None:
    import msgspec  # noqa: PLC0415 - heavy

    each = found.delivery
    show(f"attempt {each.id} to {each.destination}: {each.state}")
    show(f"  changed   {moment(each.changed_ms)}")
    show(f"  queued    {moment(each.queued_ms)}")
    show(f"  sent      {moment(each.sent_ms)}")
    show(f"  answered  {moment(each.answered_ms)}")
    if each.reason:
        show(f"  reason    {each.reason}")
    for title, part in (("request", found.request), ("reply", found.response)):
        if part is None:
            show(f"\n{title}: not kept (any more)")
        else:
            text = msgspec.json.format(msgspec.json.encode(part), indent=2).decode()
            show(f"\n{title}\n{text}")
    show("\npeople and what became of each")
    for item in found.items:
        show("  " + msgspec.json.encode(item).decode())
