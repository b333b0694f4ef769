"""What the commands that decide about people share: who says so, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import say, show, show_json
from ebbline.errors import Refused

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Reader
    from ebbline.profiles.commands import Command

WAIT_MS = 10_000  # for a running engine to come to the command; it takes milliseconds

WhoOption = Annotated[
    str | None,
    typer.Option("--who", metavar="NAME", help="Who decides this; else your name on this machine"),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for those who look at it later")
]


def spelled(pair: tuple[str, str]) -> str:
    """An identifier with its type, as people write it."""
    return f"{pair[0]}:{pair[1]}"


def signature(verb: str, who: str | None, reason: str) -> dict[str, str]:
    """What every command says of itself."""
    from ebbline.console.changing import somebody  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.commands import new_id  # noqa: PLC0415 - heavy

    return {"id": new_id(verb), "who": who or somebody(), "reason": reason}


def order(reader: Reader, command: Command, sentence: str, *, dry_run: bool, as_json: bool) -> None:
    """Write a command into the log and say what came of it. Refused when nothing was done."""
    from ebbline.hosts.embedded import commands  # noqa: PLC0415 - heavy

    came: str | None = None
    if not dry_run:
        offset = commands.append(reader.folder, command)
        came = commands.outcome(reader.folder, offset, WAIT_MS if reader.running() else 0)
    if as_json:
        show_json(_document(command, came, dry_run=dry_run))
    elif dry_run:
        show(f"{sentence} (--dry-run: nothing was done)")
    elif came is None:
        show(f"{sentence}: written down")
        say("the engine will come to it; `ebbline run` starts it if it is stopped")
    elif came == "done":
        show(f"{sentence}: done")
    if came not in (None, "done"):
        message = f"Nothing was done: {came}."
        raise Refused(message)


def _document(command: Command, came: str | None, *, dry_run: bool) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - heavy

    told: dict[str, Any] = msgspec.to_builtins(command)
    return {"command": told, "written": not dry_run, "outcome": came}
