"""One example's little world: its calls in order of receipt, and the state they lead to.

It is the real fold over a store in memory. What it adds is only the memory of what happened
when and because of which call, so that a failure can say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ebbline.definitions import Example, ExampleEvent
from ebbline.definitions.durations import format_duration
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.schema import KIND_NAMES
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore
from ebbline.profiles.normalise import identifier
from ebbline.testing.virtual_clock import START_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOWHERE = Path(":memory:")  # SQLite's name for a store without a file


class Happened(msgspec.Struct, frozen=True):
    """One entry of the ledger in words; `cause` names the call, or the clock."""

    kind: str
    at_ms: int
    cause: str


class Membership(msgspec.Struct, frozen=True):
    """How somebody stands to an audience. `changed` is the latest entry or exit, `counted` the
    latest change of the effective membership; `suppressed_by` ends a sentence or is empty."""

    known: bool = False
    raw: bool = False
    effective: bool = False
    changed: Happened | None = None
    counted: Happened | None = None
    suppressed_by: str = ""


class _Recording(StateStore):
    """A store that also keeps the ledger's rows at hand."""

    def __init__(self) -> None:
        super().__init__(_NOWHERE)
        self.ledger: list[LedgerRow] = []

    def add_ledger(self, rows: Iterable[LedgerRow]) -> None:
        """Append changes."""
        kept = list(rows)
        self.ledger += kept
        super().add_ledger(kept)


class Stage:
    """Plays an example's calls up to an instant; instants only rise. `refused` says which calls
    the parser did not take, and why."""

    def __init__(self, plan: Plan, example: Example) -> None:
        self._store = _Recording()
        self._fold = Fold(self._store, plan)
        self._plan = plan
        self._offset = 0
        self._causes: dict[str, str] = {}
        self.refused: list[str] = []
        parser = parser_for(plan)
        self._waiting = sorted(self._events(parser, example.events), key=_received, reverse=True)

    def play_until(self, offset_ms: int) -> None:
        """Let everything up to and including an instant happen: what is due first, each at its
        own instant, then all calls of an instant together, as a running system does."""
        until_ms = START_MS + offset_ms
        waiting = self._waiting
        while waiting and waiting[-1].received_ms <= until_ms:
            now_ms = waiting[-1].received_ms
            together: list[Event] = []
            while waiting and waiting[-1].received_ms == now_ms:
                together.append(waiting.pop())
            self._take(now_ms, together)
        self._take(until_ms, [])

    def membership(self, kind: str, who: str, audience: str) -> Membership:
        """How whoever holds an identifier stands to an audience now."""
        value = identifier(kind, who)
        profile_id = self._fold.people.owner(kind, value) if value is not None else None
        person = self._fold.people.find(profile_id) if profile_id is not None else None
        if person is None:
            return Membership()
        bit = 1 << self._fold.tables.bits[audience]
        profile = person.profile
        raw, effective = bool(profile.raw & bit), bool(profile.effective & bit)
        changed, counted = self._latest(profile.id, audience)
        winner = "" if effective or not raw else self._winner(audience, profile.effective)
        return Membership(True, raw, effective, changed, counted, winner)

    # -- the play ---------------------------------------------------------------------------

    def _take(self, now_ms: int, events: list[Event]) -> None:
        self._offset += 1
        self._fold.take(Entry(self._offset, now_ms, "events", len(events), b""), events)
        self._fold.commit()

    def _events(self, parser: Parser, scripted: tuple[ExampleEvent, ...]) -> Iterator[Event]:
        for number, one in enumerate(scripted, 1):
            for repeat in range(one.times):
                at_ms = one.at_ms + repeat * one.every_ms
                # Ids rise in the order of writing, which decides between calls of one instant.
                message_id = one.message_id or f"call-{number:05}-{repeat:05}"
                call = _call(one, START_MS + at_ms, message_id)
                received_ms = START_MS + at_ms + one.late_ms
                read = parser.parse_line(msgspec.json.encode(call), received_ms=received_ms)
                said = f"{_shown(one)} at {format_duration(at_ms)}"
                if isinstance(read, Event):
                    self._causes.setdefault(message_id, said)
                    yield read
                else:
                    self.refused.append(f"{said} is no valid call: {read.message}")

    # -- what happened ----------------------------------------------------------------------

    def _latest(self, profile: int, audience: str) -> tuple[Happened | None, Happened | None]:
        definition = self._store.definition_ids(())[audience]
        changed: Happened | None = None
        counted: Happened | None = None
        for _, whose, _, kind, what, at_ms, cause, _, _ in self._store.ledger:
            if whose == profile and what == definition:
                name = KIND_NAMES[kind]
                by = "the clock" if cause is None else self._causes.get(cause, cause)
                counted = Happened(name, at_ms, by)
                changed = counted if name in ("entered", "exited") else changed
        return changed, counted

    def _winner(self, audience: str, effective: int) -> str:
        """Which audience of a priority group goes before."""
        for group in self._plan.groups:
            if audience in group.priority:
                for stronger in group.priority[: group.priority.index(audience)]:
                    if effective & 1 << self._fold.tables.bits[stronger]:
                        return f"; suppressed by {stronger}"
        return ""


def _received(event: Event) -> int:
    return event.received_ms


def _shown(one: ExampleEvent) -> str:
    name = f' "{one.name}"' if one.name else ""
    path = one.properties.get("path") if one.call == "page" and not name else None
    return f'{one.call} "{path}"' if path else f"{one.call}{name}"


def _call(one: ExampleEvent, at_ms: int, message_id: str) -> dict[str, Any]:
    """The call as an SDK would send it."""
    call: dict[str, Any] = {
        "type": one.call,
        "messageId": message_id,
        "timestamp": _EPOCH + timedelta(milliseconds=at_ms),
        "userId": one.user,
        "anonymousId": one.anonymous,
        "context": one.context,
        "properties": one.properties,
        "traits": one.traits,
        "groupId": one.group_id,
        "previousId": one.previous_id,
    }
    if one.name:
        call["event" if one.call == "track" else "name"] = one.name
    return {key: value for key, value in call.items() if value is not None}
