"""`ebbline apply` and `ebbline rollback`: make a version of the definitions live."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ebbline.console.changing import bar, somebody
from ebbline.console.commands.plan import compare, tell
from ebbline.console.output import moment, paint, say, show, show_json, show_table
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption
from ebbline.errors import SetupError

if TYPE_CHECKING:
    from ebbline.definitions import Plan
    from ebbline.hosts.embedded.applying import Conduct, Outcome
    from ebbline.hosts.embedded.preview import Preview

EXIT_FAILED = 1

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Stay until it is live, and count what changed")
]
CountsOption = Annotated[
    bool, typer.Option("--counts/--no-counts", help="Foretell who enters and leaves, first")
]
NoteOption = Annotated[str, typer.Option("--note", "-m", help="Why, for `ebbline versions`")]


class _Order:
    """How a version is to be made live."""

    def __init__(self, *, yes: bool, wait: bool, counts: bool, dry_run: bool, as_json: bool,
                 note: str, of: int = 0) -> None:  # fmt: skip
        self.yes, self.wait, self.counts, self.dry_run = yes, wait, counts, dry_run
        self.as_json, self.note, self.of = as_json, note, of


def apply(
    yes: YesOption = False,
    wait: WaitOption = True,
    counts: CountsOption = True,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give up what is being built")] = False,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the project live: the old version serves until the new one is ready."""
    place = Place(project, data)
    if cancel:
        _cancel(place, dry_run=dry_run, as_json=as_json)
        return
    order = _Order(yes=yes, wait=wait, counts=counts, dry_run=dry_run, as_json=as_json, note=note)
    _make_live(place, place.plan(), order)


def rollback(
    version: Annotated[
        int | None,
        typer.Argument(metavar="VERSION", help="Of `ebbline versions`; else the one live before"),
    ] = None,
    yes: YesOption = False,
    wait: WaitOption = True,
    counts: CountsOption = True,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an older version live again; the project's files stay as they are."""
    from ebbline.hosts.embedded.versions import plan_of  # noqa: PLC0415 - heavy

    place = Place(project, data)
    with _conduct(place) as conduct:
        known = conduct.versions
    if version is None:
        version = known.former().number
    order = _Order(
        yes=yes, wait=wait, counts=counts, dry_run=dry_run, as_json=as_json, of=version,
        note=note or f"rollback to version {version}",
    )  # fmt: skip
    _make_live(place, plan_of(known.numbered(version)), order)


def _make_live(place: Place, wanted: Plan, order: _Order) -> None:
    found, foretold = compare(place, wanted, counts=order.counts)
    if not order.as_json and found:
        tell(found, foretold)
    if order.dry_run:
        if order.as_json:
            show_json({"changes": found, "preview": foretold, "applied": False})
        say("Nothing was applied (--dry-run).")
        return
    if found and not order.yes:
        _ask()
    with _conduct(place) as conduct:
        version = conduct.propose(wanted, somebody(), order.note, order.of)
        if version is None:
            if order.as_json:
                show_json({"changes": found, "applied": False, "state": "live"})
            say("This is what is live already.")
            return
        outcome = _follow(conduct, version.number, wait=order.wait)
    if order.as_json:
        show_json({"changes": found, "preview": foretold, "applied": True} | _document(outcome))
    else:
        _tell(outcome, foretold)
    if outcome.state not in ("live", "open"):
        raise typer.Exit(EXIT_FAILED)


def _ask() -> None:
    if not sys.stdin.isatty():
        message = "Nobody can be asked here; --yes applies without asking."
        raise SetupError(message)
    typer.confirm("Make this live?", abort=True, err=True)


def _conduct(place: Place) -> Conduct:
    from ebbline.hosts.embedded.applying import Conduct  # noqa: PLC0415 - heavy

    with place.reader() as reader:  # says what is wrong when there is no data yet
        return Conduct(reader.folder)


def _follow(conduct: Conduct, number: int, *, wait: bool) -> Outcome:
    if not wait:
        return conduct.outcome(number)
    with bar(f"building version {number}") as progress:
        return conduct.follow(number, lambda now: progress(now.events, now.events_all))


def _tell(outcome: Outcome, foretold: Preview | None) -> None:
    number = outcome.version.number
    if outcome.state == "open":
        say(f"Version {number} is being built; `ebbline status` shows how far it is.")
        return
    if outcome.state == "failed":
        say(f"Version {number} could not be built: {outcome.error}")
        say("What was live stays live. `ebbline apply --cancel` gives the version up.")
        return
    if outcome.state != "live":
        say(f"Version {number} did not become live: it was {outcome.state}.")
        return
    show(f"\nVersion {number} is {paint('live', 'green')} since"
         f" {moment(outcome.version.live_ms)} UTC.")  # fmt: skip
    expected = {} if foretold is None else {e.audience: e for e in foretold.effects}
    told = outcome.told
    names = [n for k, n in told if k in ("entered", "exited")]
    names += [n for n, e in expected.items() if e.enters or e.leaves]
    rows = []
    for name in sorted(set(names)):
        effect = expected.get(name)
        rows.append([
            name, f"+{told.get(('entered', name), 0):,}", f"-{told.get(('exited', name), 0):,}",
            "" if effect is None else f"+{effect.enters:,} -{effect.leaves:,}",
        ])  # fmt: skip
    if rows:
        show_table(["audience", "entered", "left", "foretold"], rows, right=[1, 2, 3])
    else:
        show("Nobody entered or left.")


def _document(outcome: Outcome) -> dict[str, object]:
    told = [
        {"kind": kind, "definition": name, "people": number}
        for (kind, name), number in sorted(outcome.told.items())
    ]
    return {
        "version": outcome.version.number,
        "state": outcome.state,
        "error": outcome.error,
        "told": told,
    }


def _cancel(place: Place, *, dry_run: bool, as_json: bool) -> None:
    with _conduct(place) as conduct:
        was = conduct.versions.open if dry_run else conduct.withdraw(somebody())
    if as_json:
        show_json({"version": was and was.number, "state": was and was.standing})
    elif was is None:
        say("Nothing is being built.")
    elif dry_run:
        say(f"Version {was.number} would be given up (--dry-run).")
    elif was.standing == "withdrawn":
        say(f"Version {was.number} is given up; what was live stays live.")
    else:
        say(f"Version {was.number} is {was.standing} already: it was too late to give it up.")
