"""What would become of a person if calls came now: the real parser, identity and engine, on a
copy of the few rows they concern, in memory. Nothing is written and nobody else is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec
from msgspec.structs import replace

from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.errors import NotFound, Refused
from ebbline.events.event import Event
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.log import Entry, Kind
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.reading.reader import Reader
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.schema import KIND_NAMES
from ebbline.hosts.embedded.state.store import LedgerRow, StateStore
from ebbline.profiles.graph import Identifier
from ebbline.profiles.identifiers import ANONYMOUS_ID, USER_ID, IdentityRules, Pair

_NOWHERE = Path(":memory:")  # SQLite's name for a store without a file
_NOBODY = "nobody"  # stands for an id until the parser has read the call
_FIELDS = {USER_ID: "userId", ANONYMOUS_ID: "anonymousId"}
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class Supposed(msgspec.Struct, frozen=True):
    """A person just before the calls and just after, at `at_ms`, and what the ledger would get:
    (kind, definition, instant). `merges` counts people who would become one with them."""

    before: engine.Profile
    after: engine.Profile
    at_ms: int
    changes: tuple[tuple[str, str, int], ...]
    merges: int


def suppose(reader: Reader, profile: int, calls: Sequence[dict[str, Any]], at_ms: int) -> Supposed:
    """Let calls come from a person, the first at `at_ms` and each a millisecond after the one
    before, so that their order counts. Refused says which of them the parser does not take."""
    plan, rules = reader.plan(), IdentityRules(reader.plan().identifiers)
    events = _events(plan, calls, reader.names(profile), at_ms)
    named = [pair for event in events for pair in rules.identifiers(event)]
    with _Rows(reader.folder.state) as rows:
        before = rows.world(plan, profile, ())
        after = rows.world(plan, profile, named)
    before.take("tick", at_ms, [])
    for event in events:
        after.take("events", event.received_ms, [event])
    last_ms = events[-1].received_ms if events else at_ms
    merged = [row for row in after.store.ledger if KIND_NAMES[row[3]] == "merged"]
    heir = profile
    for row in merged:
        heir = row[8] if row[1] == heir else heir
    return Supposed(
        before.profile(profile), after.profile(heir), last_ms, after.changes(heir), len(merged)
    )


class _Recording(StateStore):
    """A store in memory that keeps the ledger's rows at hand."""

    def __init__(self) -> None:
        super().__init__(_NOWHERE)
        self.ledger: list[LedgerRow] = []

    def add_ledger(self, rows: Iterable[LedgerRow]) -> None:
        """Append changes."""
        self.ledger += rows


class _World:
    """A few people in a store of their own, living on."""

    def __init__(self, store: _Recording, plan: Plan) -> None:
        self.store = store
        self.fold = Fold(store, plan)

    def take(self, kind: Kind, at_ms: int, events: list[Event]) -> None:
        entry = Entry(self.fold.offset + 1, at_ms, kind, len(events), b"")
        self.fold.take(entry, events)
        self.fold.commit()

    def profile(self, profile: int) -> engine.Profile:
        return self.fold.people.person(profile).profile

    def changes(self, profile: int) -> tuple[tuple[str, str, int], ...]:
        names = {number: name for name, number in self.store.definition_ids(()).items()}
        return tuple(
            (KIND_NAMES[kind], names[definition], at_ms)
            for _, whose, _, kind, definition, at_ms, _, _, _ in self.store.ledger
            if whose == profile
        )


class _Rows:
    """state.db at one moment."""

    def __init__(self, file: Path) -> None:
        self._db = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(BUSY_MS_MAX)

    def __enter__(self) -> Self:
        self._db.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close(True)

    def world(self, plan: Plan, profile: int, named: Iterable[Pair]) -> _World:
        """A copy of a person and of everybody who has any of some identifiers."""
        store = _Recording()
        store.begin()
        meta = self._all("SELECT key, value FROM meta WHERE key IN ('now_ms', 'next_profile')")
        store.set_meta({"offset": 0, **dict(meta)})
        owner = "SELECT profile FROM identifiers WHERE type = ? AND value = ?"
        people = {profile, *[row[0] for pair in named for row in self._all(owner, pair)]}
        for person in sorted(people):
            rows = self._all("SELECT * FROM profiles WHERE id = ?", (person,))
            if not rows:
                message = f"There is no profile {person} (any more: it may have been merged)."
                raise NotFound(message)
            store.put_profiles(rows)
            links = _identifiers.decode(rows[0][3])
            store.put_identifiers([(link.type, link.value, person) for link in links])
        parted = self._all("SELECT * FROM parted")
        pairs = [((kind, value), (other, name)) for kind, value, other, name, _ in parted]
        store.bonds().part(pairs, 0)
        store.commit()
        return _World(store, plan)

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._db.execute(sql, values).fetchall()


def _events(
    plan: Plan, calls: Sequence[dict[str, Any]], names: tuple[Identifier, ...], at_ms: int
) -> list[Event]:
    """The calls as events of a person, as the parser of the project reads them."""
    parser, found = parser_for(plan), []
    name = next((each for each in names if each.type in _FIELDS), names[0])
    field = _FIELDS.get(name.type)
    for number, call in enumerate(calls):
        now_ms = at_ms + number
        # Behind every id that was sent: of equal instants, what is supposed comes last.
        sent = {**call, "messageId": f"~if-{number:05}", "timestamp": _iso(now_ms)}
        sent[field or "anonymousId"] = name.value if field else _NOBODY
        read = parser.parse_line(msgspec.json.encode(sent), received_ms=now_ms)
        if not isinstance(read, Event):
            message = f"Call {number + 1} is not one that would be taken in: {read.message}."
            raise Refused(message)
        found.append(read if field else _known_by(read, name))
    return found


def _known_by(event: Event, link: Identifier) -> Event:
    """The event of somebody who has no user id and no device: named by what they have."""
    outside = {"id": link.value, "type": link.type, "collection": "users", "encoding": "none"}
    return replace(event, anonymous_id=None, context={**event.context, "externalIds": [outside]})


def _iso(ms: int) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return when.isoformat(timespec="milliseconds")
