"""Read-only views of a data folder: people, audiences, the ledger, how things stand.

It takes no lock, writes nothing and never holds up the system that runs on the folder; each
answer is one snapshot of state.db. It decides nothing: values come from the engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec

from ebbline import engine
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.plan import Plan, decode_plan
from ebbline.errors import NotFound, SetupError
from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import Clock, SystemClock
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.reading import queries
from ebbline.hosts.embedded.reading.identity import Identity, identity
from ebbline.hosts.embedded.reading.limits import BATCHES_KEPT_MAX
from ebbline.hosts.embedded.reading.records import (
    Count,
    Member,
    Membership,
    Person,
    Status,
    Told,
    Trait,
)
from ebbline.hosts.embedded.reading.running import is_running
from ebbline.hosts.embedded.state.fold import FIGURES
from ebbline.hosts.embedded.state.schema import KIND_NAMES
from ebbline.hosts.embedded.versions import Versions, read_versions
from ebbline.profiles.graph import Identifier
from ebbline.profiles.identifiers import Pair
from ebbline.profiles.normalise import identifier

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class Reader:
    """A data folder, open for reading. Close it, or use it in a `with` block."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        """Open the folder; SetupError when there is nothing to read in it yet."""
        folder = DataFolder(path.absolute())
        if not (folder.version.exists() and folder.log.exists() and folder.state.exists()):
            message = (
                f"There is no data in {folder.path} yet. Start `ebbline run` or `ebbline import"
                " FILE`, or name the right folder with --data."
            )
            raise SetupError(message)
        self.folder = open_folder(path)
        self._clock = clock or SystemClock()
        self._batches: OrderedDict[int, dict[str, Event]] = OrderedDict()
        try:
            self._db = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
            self._db.set_busy_timeout(BUSY_MS_MAX)
            self._log = Log(folder.log, self._clock, read_only=True)
            self._rows("SELECT 1 FROM meta")
        except apsw.Error as error:
            message = (
                f"{folder.state} cannot be read ({error}). If it was just being made, try again;"
                " else it can be moved away: the next `ebbline run` makes it anew from log.db."
            )
            raise SetupError(message) from error

    def close(self) -> None:
        """Close the files; again is harmless."""
        self._db.close()
        self._log.close()

    def __enter__(self) -> Self:
        """Read in a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self.close()

    # -- the plan and the time -------------------------------------------------------------

    def plan(self) -> Plan:
        """The definitions the state was made with."""
        encoded = self._meta("plan")
        if encoded is None:
            message = (
                f"The state in {self.folder.path} names no definitions yet. Start `ebbline run`"
                " once, or wait until it is ready."
            )
            raise SetupError(message)
        return decode_plan(bytes(encoded))

    def versions(self) -> Versions:
        """The versions of the definitions, as the log has them."""
        return read_versions(self._log)

    @cached_property
    def tables(self) -> engine.Tables:
        """The plan compiled, once per reader."""
        return engine.compile_plan(self.plan())

    def running(self) -> bool:
        """Whether a system runs on the folder at this moment."""
        return is_running(self.folder)

    def now_ms(self) -> int:
        """The instant at which answers hold: the clock while a system runs, else the last
        instant that the state has seen (an import may stand anywhere in history)."""
        known = max(self._meta("now_ms") or 0, 0)
        return max(known, self._clock.now_ms()) if self.running() else known

    # -- people ----------------------------------------------------------------------------

    def find(self, text: str) -> int:
        """The profile that somebody means by an identifier; see `named`."""
        return self.named(text)[1]

    def named(self, text: str) -> tuple[Pair, int]:
        """The identifier that somebody means, and whose it is: `ana`, `ana@example.com`, or with
        its type `email:ana@example.com`. NotFound when nobody has it."""
        types = [rule.type for rule in self.plan().identifiers]
        kind, colon, rest = text.partition(":")
        tries = [(kind, rest)] if colon and kind in types else []
        tries += [(each, text) for each in types]
        for each, value in tries:
            normal = identifier(each, value)
            rows = self._rows(queries.OWNER, (each, normal)) if normal is not None else []
            if rows:
                return (each, str(normal)), int(rows[0][0])
        message = (
            f'Nobody is known as "{text}". A person is named by any identifier'
            f" ({', '.join(types)}), if need be with its type, as in {types[0]}:{text}."
        )
        raise NotFound(message)

    def profile(self, profile_id: int) -> engine.Profile:
        """A person's decoded engine state."""
        row = self._profile_row(profile_id)
        return engine.decode_profile(row[0], self.tables.default_truth)

    def person(self, profile_id: int, now_ms: int | None = None) -> Person:
        """Identifiers, traits and memberships of one person at `now_ms` (else: now)."""
        now_ms = self.now_ms() if now_ms is None else now_ms
        with self._snapshot():
            _, wake_ms, identifiers = self._profile_row(profile_id)
            profile = self.profile(profile_id)
            members = self._rows(queries.MEMBERSHIPS, (profile_id,))
        sent = sorted((name, *entry) for name, entry in profile.traits.items())
        return Person(
            profile_id,
            now_ms,
            _identifiers.decode(identifiers),
            tuple(Trait(*each) for each in sent),
            {
                name: engine.trait_value(self.tables, profile, name, now_ms)
                for name in self.tables.traits
            },
            self._memberships(members),
            None if wake_ms >= engine.NEVER else wake_ms,
        )

    def membership(self, profile_id: int, audience: str) -> Membership | None:
        """One membership, None for somebody who is not in."""
        rows = self._rows(queries.MEMBERSHIPS, (profile_id,))
        return next((m for m in self._memberships(rows) if m.audience == audience), None)

    def names(self, profile_id: int) -> tuple[Identifier, ...]:
        """A person's identifiers, highest priority first."""
        return _identifiers.decode(self._profile_row(profile_id)[2])

    def identity(self, profile_id: int) -> Identity:
        """How a person came to be one: links, merges, what was parted or kept out."""
        with self._snapshot():
            return identity(self._rows, profile_id, self.names(profile_id))

    # -- audiences and the ledger ----------------------------------------------------------

    def audience(self, name: str) -> str:
        """The name, if it is an audience's; else NotFound with the nearest one."""
        known = self.tables.audiences
        if name not in known:
            hint = did_you_mean(name, known) or f"There are: {', '.join(sorted(known)) or 'none'}."
            message = f'No audience is called "{name}": {hint}'
            raise NotFound(message)
        return name

    def counts(self) -> tuple[Count, ...]:
        """Every audience of the plan with its people, in the plan's order."""
        rows = {row[0]: row for row in self._rows(queries.COUNTS)}
        return tuple(Count(*rows.get(name, (name, 0, 0))) for name in self.tables.audiences)

    def members(
        self, audience: str, limit: int = -1, *, effective: bool = False
    ) -> Iterator[Member]:
        """The people of an audience, one after the other; `effective` leaves out those for whom
        a priority group lets another audience go first. A negative limit is none."""
        name = self.audience(audience)
        rows: Any = self._db.execute(queries.MEMBERS, (name, int(effective), limit))
        for profile, identifiers, since_ms, counts in rows:
            best = best_of(identifiers)
            yield Member(profile, best[0], best[1], since_ms, bool(counts))

    def ledger(
        self,
        *,
        profile: int | None = None,
        definition: str | None = None,
        after: int | None = None,
        limit: int = -1,
    ) -> tuple[Told, ...]:
        """Entries in order: the first ones after sequence number `after`, or without it the
        last ones there are."""
        order = "DESC" if after is None else "ASC"
        sql = queries.LEDGER.format(order=order)
        rows = self._rows(sql, (after or 0, profile, definition, limit))
        told = [_told(row) for row in rows]
        return tuple(reversed(told)) if after is None else tuple(told)

    def last_change(self, profile: int, audience: str, *, inside: bool) -> Told | None:
        """The entry that last let somebody into an audience (or, not `inside`, out of it)."""
        kind = "entered" if inside else "exited"
        told = [t for t in self.ledger(profile=profile, definition=audience) if t.kind == kind]
        return told[-1] if told else None

    def ledger_end(self) -> int:
        """The last sequence number of the ledger."""
        return int(self._rows(queries.LEDGER_END)[0][0])

    def cause(self, told: Told) -> Event | None:
        """The event that caused an entry; None for the clock, or when it is not in the log."""
        if told.cause is None:
            return None
        batch = self._batches.get(told.log_offset)
        if batch is None:
            batch = {}
            for entry in self._log.read(told.log_offset - 1, 1):
                if entry.offset == told.log_offset and entry.kind in ("events", "replayed"):
                    batch = {event.message_id: event for event in self._log.events(entry)}
            self._batches[told.log_offset] = batch
            while len(self._batches) > BATCHES_KEPT_MAX:
                self._batches.popitem(last=False)
        return batch.get(told.cause)

    # -- the whole -------------------------------------------------------------------------

    def status(self) -> Status:
        """How the folder stands."""
        running, now_ms = self.running(), self.now_ms()
        with self._snapshot():
            offset, state_ms = self._meta("offset") or 0, self._meta("now_ms") or 0
            profiles, identifiers, members, wake = self._rows(queries.TOTALS)[0]
            ledger = self.ledger_end()
        tail = self._log.tail()
        kept, trimmed = self._log.quarantined()
        return Status(
            running, now_ms, tail.offset, tail.now_ms, offset, state_ms, tail.offset - offset,
            profiles, identifiers, members, ledger, kept, trimmed,
            _bytes(self.folder.log), _bytes(self.folder.state),
            None if wake is None or wake >= engine.NEVER else wake,
            {what: self._meta("figure_" + what) or 0 for what in FIGURES},
        )  # fmt: skip

    def refused(self) -> tuple[tuple[str, int], ...]:
        """The reasons in the quarantine and how often each, the most frequent first."""
        log = apsw.Connection(str(self.folder.log), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            log.set_busy_timeout(BUSY_MS_MAX)
            rows: Any = log.execute(queries.REFUSED).fetchall()
        finally:
            log.close()
        return tuple((str(code), int(number)) for code, number in rows)

    # -- rows ------------------------------------------------------------------------------

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def _meta(self, key: str) -> Any:
        rows = self._rows(queries.META, (key,))
        return rows[0][0] if rows else None

    def _profile_row(self, profile_id: int) -> tuple[bytes, int, str]:
        rows = self._rows(queries.PROFILE, (profile_id,))
        if not rows:
            message = f"There is no profile {profile_id} (any more: it may have been merged)."
            raise NotFound(message)
        row: tuple[bytes, int, str] = rows[0]
        return row

    def _memberships(self, rows: list[Any]) -> tuple[Membership, ...]:
        held = {name for name, _, _ in rows}
        return tuple(
            Membership(name, since_ms, bool(counts), "" if counts else self._winner(name, held))
            for name, since_ms, counts in rows
        )

    def _winner(self, audience: str, held: set[str]) -> str:
        """The audience of a priority group that goes before this one."""
        for group in self.tables.plan.groups:
            if audience in group.priority:
                first = next((name for name in group.priority if name in held), audience)
                if first != audience:
                    return first
        return ""

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Queries inside see one state of the file."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


def _bytes(file: Path) -> int:
    """The size of a database, with what stands in its write-ahead log."""
    parts = (file, file.with_name(file.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def best_of(identifiers: str | None) -> tuple[str, str]:
    """Type and value of the strongest of identifiers as the state keeps them."""
    if identifiers is None:
        return "", ""
    first = next(iter(_identifiers.decode(identifiers)), None)
    return (first.type, first.value) if first else ("", "")


def _told(row: tuple[Any, ...]) -> Told:
    seq, profile, identifiers, number, kind, name, at_ms, cause, offset, value = row
    word = KIND_NAMES[kind]
    if word == "trait":
        value = None if value is None else msgspec.json.decode(value)
    elif word in ("entered", "exited", "suppressed", "restored"):
        value = None if value is None else bool(value)
    return Told(
        seq, profile, best_of(identifiers)[1], number, word, name, at_ms, cause, offset, value
    )
