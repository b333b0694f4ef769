"""`ebbline identity`: why somebody is one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.commands.looking import UserArgument, looking
from ebbline.console.commands.ordering import spelled
from ebbline.console.output import iso, moment, paint, plural, printable, show, show_json
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ebbline.hosts.embedded.reading import Identity
    from ebbline.hosts.embedded.reading.identity import Commanded, Joined

_REASONS = {
    "limit": "the person would have too many of its type",
    "profile_full": "the person would hold too many identifiers",
    "later_login": "the device had been handed to somebody else since",
    "names_a_user": "it is another person's user id",
    "parted": "it was parted from this person by hand",
}


def identity(
    user: UserArgument,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what made somebody one person: identifiers, merges, what was parted or kept out."""
    with looking(Place(project, data)) as (reader, _):
        found = reader.identity(reader.find(user))
        if as_json:
            show_json(_document(found))
            return
        for line in _tree(found):
            show(printable(line))


def _tree(found: Identity) -> Iterator[str]:
    yield f"{paint('profile', 'bold')} {found.profile}"
    yield f"├─ {plural(len(found.identifiers), 'identifier')}"
    for link in found.identifiers:
        yield f"│    {link.type}:{link.value}  since {moment(link.first_ms)}, by {_by(link)}"
    yield f"├─ {plural(len(found.merges), 'merge')}"
    yield from (f"│    {_merge_line(each)}" for each in found.merges)
    yield f"├─ {plural(len(found.parted), 'parted pair')}"
    for apart in found.parted:
        why = _why(found, apart.log_offset)
        yield f"│    {spelled(apart.mine)} and {spelled(apart.other)}{why}"
    yield f"├─ {plural(len(found.dropped), 'identifier')} kept out by protection"
    for each in found.dropped:
        why = _REASONS.get(each.reason, each.reason)
        yield f"│    {each.type}:{each.value}  {each.times}x since {moment(each.first_ms)}: {why}"
    yield f"└─ {plural(len(found.commands), 'command')}"
    yield from (f"     {_command_line(each)}" for each in found.commands)


def _by(link: Any) -> str:
    return link.first_message_id or "a call without a messageId"


def _merge_line(each: Joined) -> str:
    one = each.merging
    undone = f"  (undone by {each.undone_by})" if each.undone_by else ""
    return (
        f"{moment(one.at_ms)}  {spelled(one.loser_anchor)} (profile {one.loser}) became part of"
        f" {spelled(one.winner_anchor)} (profile {one.winner}), by {one.cause}{undone}"
    )


def _why(found: Identity, log_offset: int) -> str:
    for each in found.commands:
        if each.log_offset == log_offset and each.command is not None:
            who, reason = each.command.who, each.command.reason
            return f", by {who or each.command.id}" + (f": {reason}" if reason else "")
    return ""


def _command_line(each: Commanded) -> str:
    if each.command is None:
        return f"{moment(each.at_ms)}  unknown: {each.outcome}"
    one = each.command
    who = f" by {one.who}" if one.who else ""
    reason = f" ({one.reason})" if one.reason else ""
    return f"{moment(each.at_ms)}  {one.id}{who}{reason}: {each.outcome}"


def _document(found: Identity) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - heavy

    return {
        "profile": found.profile,
        "identifiers": [
            {"type": link.type, "value": link.value, "first": iso(link.first_ms),
             "by": link.first_message_id}
            for link in found.identifiers
        ],
        "merges": [
            {"at": iso(one.at_ms), "by": one.cause,
             "winner": one.winner, "winner_anchor": spelled(one.winner_anchor),
             "loser": one.loser, "loser_anchor": spelled(one.loser_anchor),
             "undone_by": each.undone_by or None}
            for each in found.merges for one in [each.merging]
        ],
        "parted": [
            {"identifier": spelled(apart.mine), "other": spelled(apart.other),
             "log_offset": apart.log_offset}
            for apart in found.parted
        ],
        "kept_out": [
            {"type": each.type, "value": each.value, "reason": each.reason, "times": each.times,
             "first": iso(each.first_ms), "last": iso(each.last_ms), "by": each.first_message_id}
            for each in found.dropped
        ],
        "commands": [
            {"at": iso(each.at_ms), "log_offset": each.log_offset, "outcome": each.outcome,
             "command": None if each.command is None else msgspec.to_builtins(each.command)}
            for each in found.commands
        ],
    }  # fmt: skip
