"""What somebody decides about people, as a command that says whom it means.

It looks people up and refuses what would mean nothing; writing the command down is `commands`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ebbline.errors import Refused
from ebbline.hosts.embedded.reading import Reader
from ebbline.profiles.commands import Merge, Unmerge
from ebbline.profiles.identifiers import Pair


def spelled(pair: Pair) -> str:
    """An identifier with its type, as people write it.

    >>> spelled(("user_id", "ana"))
    'user_id:ana'
    """
    return f"{pair[0]}:{pair[1]}"


def merge_of(reader: Reader, one: str, other: str, signed: dict[str, str]) -> Merge:
    """The command that makes two people one. Refused when they are."""
    (pair, profile), (other_pair, other_profile) = reader.named(one), reader.named(other)
    if profile == other_profile:
        message = f"{spelled(pair)} and {spelled(other_pair)} are one person already."
        raise Refused(message)
    return Merge(people=(pair, other_pair), **signed)


def unmerge_of(
    reader: Reader, user: str, cause: str | None, identifiers: Iterable[str] | None,
    keep: Iterable[str] | None, signed: dict[str, str],
) -> tuple[Unmerge, int | None]:  # fmt: skip
    """The command that parts a person: from what `cause` merged (None: the latest merge), or
    some identifiers from others. With the latest merge, the instant at which it was made.
    Refused when there was none, or when an identifier is another person's."""
    pair, profile = reader.named(user)
    leave, stay = _theirs(reader, identifiers, profile), _theirs(reader, keep, profile)
    made_ms = None
    if not leave and not cause:
        cause, made_ms = _latest(reader, profile)
    command = Unmerge(
        person=pair, cause="" if leave else str(cause), leave=leave, keep=stay, **signed
    )
    return command, made_ms


def _theirs(reader: Reader, names: Iterable[str] | None, profile: int) -> tuple[Pair, ...]:
    """Identifiers of the person; Refused when one is another's."""
    found = []
    for name in names or ():
        pair, owner = reader.named(name)
        if owner != profile:
            message = f"{spelled(pair)} is not an identifier of this person."
            raise Refused(message)
        found.append(pair)
    return tuple(found)


def _latest(reader: Reader, profile: int) -> tuple[str, int]:
    """What made the person's latest merge, and when."""
    merges = [each.merging for each in reader.identity(profile).merges if not each.undone_by]
    if not merges:
        message = (
            "No merge made this person. `ebbline identity` shows how identifiers came together;"
            " --identifiers parts some of them."
        )
        raise Refused(message)
    latest = max(merges, key=lambda merging: merging.log_offset)
    return latest.cause, latest.at_ms
