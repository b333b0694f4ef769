"""The versions of a folder's definitions, read from its log: proposed, live, replaced.

A change of definitions is two entries of the log. A *proposal* carries the plan, who wants it
and why; it changes nobody. While the old version stays live, a state is built under the new
plan. When that is ready the engine appends the *definitions*, and at that instant the version
is live. A proposal without a plan gives up the open one. Nothing here is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from ebbline.definitions.differences import Difference, differences
from ebbline.definitions.plan import Plan, decode_plan, encode_plan
from ebbline.errors import NotFound
from ebbline.hosts.embedded.log import Entry, Log, Position

Standing = Literal["open", "live", "replaced", "superseded", "withdrawn"]


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload of a "proposal" entry. No plan: the open proposal is given up. `of` is the
    version that a rollback goes back to."""

    plan: Plan | None = None
    who: str = ""
    note: str = ""
    of: int = 0


class Version(msgspec.Struct, frozen=True):
    """One version, numbered from 1 in the order of proposing. `plan` is encoded; `offset` is
    the log entry that proposed it (of a first version: that made it live); `live_ms` is 0 for
    one that was never live."""

    number: int
    standing: Standing
    plan: bytes
    offset: int
    proposed_ms: int
    who: str = ""
    note: str = ""
    of: int = 0
    live_offset: int = 0
    live_ms: int = 0


class Versions(msgspec.Struct, frozen=True):
    """All versions, and the last entry of the log about them (0: none)."""

    all: tuple[Version, ...]
    last_offset: int

    @property
    def live(self) -> Version | None:
        """The version in force at the end of the log."""
        return next((v for v in reversed(self.all) if v.standing == "live"), None)

    @property
    def open(self) -> Version | None:
        """The version that is being built, if any."""
        return next((v for v in reversed(self.all) if v.standing == "open"), None)

    def former(self) -> Version:
        """The version that was live before the one in force; NotFound when there was none."""
        replaced = [each for each in self.all if each.standing == "replaced"]
        if not replaced:
            message = "No version was live before this one; `ebbline versions` lists them."
            raise NotFound(message)
        return max(replaced, key=lambda each: each.live_ms)

    def with_differences(self) -> list[tuple[Version, tuple[Difference, ...]]]:
        """Every version, and what differs from the one that was live before it."""
        found: list[tuple[Version, tuple[Difference, ...]]] = []
        before = None
        for version in self.all:
            plan = decode_plan(version.plan)
            found.append((version, () if before is None else differences(before, plan)))
            if version.live_ms:
                before = plan
        return found

    def numbered(self, number: int) -> Version:
        """A version by number; NotFound when there is none."""
        if not 1 <= number <= len(self.all):
            known = f"there are 1 to {len(self.all)}" if self.all else "there are none yet"
            message = f"There is no version {number}: {known}. `ebbline versions` lists them."
            raise NotFound(message)
        return self.all[number - 1]


def read_versions(log: Log) -> Versions:
    """The versions that a log tells of."""
    entries = log.plans()
    return Versions(tuple(_follow(entries)), entries[-1].offset if entries else 0)


def _follow(entries: Iterable[Entry]) -> list[Version]:
    found: list[Version] = []
    for entry in entries:
        if entry.kind == "definitions":
            _go_live(found, entry)
        else:
            _propose(found, msgspec.json.decode(entry.payload, type=Proposal), entry)
    return found


def _propose(found: list[Version], proposal: Proposal, entry: Entry) -> None:
    """A newer proposal takes the place of an open one; an empty one only closes it."""
    standing: Standing = "withdrawn" if proposal.plan is None else "superseded"
    for place, version in enumerate(found):
        if version.standing == "open":
            found[place] = replace(version, standing=standing)
    if proposal.plan is not None:
        found.append(
            Version(len(found) + 1, "open", encode_plan(proposal.plan), entry.offset,
                    entry.now_ms, proposal.who, proposal.note, proposal.of)
        )  # fmt: skip


def _go_live(found: list[Version], entry: Entry) -> None:
    # As this Ebbline writes it: an older one may have known fewer fields.
    plan = encode_plan(decode_plan(entry.payload))
    live = next((v for v in found if v.standing == "live"), None)
    if live is not None and live.plan == plan:
        return  # said again, as older folders do
    for place, version in enumerate(found):
        if version.standing == "live":
            found[place] = replace(version, standing="replaced")
    wanted = [v for v in found if v.standing == "open" and v.plan == plan]
    if wanted:
        version = wanted[0]
    else:  # taken up without a proposal: a folder's first, or by an import
        version = Version(len(found) + 1, "live", plan, entry.offset, entry.now_ms)
        found.append(version)
    found[version.number - 1] = replace(
        version, standing="live", live_offset=entry.offset, live_ms=entry.now_ms
    )


def propose(log: Log, proposal: Proposal) -> Versions:
    """Put a plan forward, or (without one) give up the open version; how it all stands then.

    What is being built already is not proposed again. Proposing what is live gives up what is
    open.
    """
    while True:
        known = read_versions(log)
        wanted = None if proposal.plan is None else encode_plan(proposal.plan)
        if known.live is not None and known.live.plan == wanted:
            proposal, wanted = replace(proposal, plan=None), None
        if (known.open.plan if known.open is not None else None) == wanted:
            return known
        payload = msgspec.json.encode(proposal)
        if log.append_plan("proposal", payload, known.last_offset) is not None:
            return read_versions(log)


def given_up(known: Versions, plan: Plan) -> bool:
    """Whether somebody has decided against a plan since it was proposed last: it was withdrawn,
    or a rollback away from it is live or on its way. A mere start does not overrule that."""
    encoded, last = encode_plan(plan), known.all[-1] if known.all else None
    if last is not None and last.standing == "withdrawn" and last.plan == encoded:
        return True
    back = known.open or known.live
    if back is None or not back.of:
        return False
    before = [v for v in known.all if v.live_ms and v.number < back.number]
    return bool(before) and before[-1].plan == encoded


def go_live(log: Log, version: Version, known: Versions) -> Position | None:
    """Make an open version live; None when something was said about definitions since `known`."""
    return log.append_plan("definitions", version.plan, known.last_offset)


def plan_of(version: Version) -> Plan:
    """A version's plan, decoded."""
    return decode_plan(version.plan)
