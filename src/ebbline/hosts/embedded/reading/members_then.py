"""Who was in an audience at any instant: what the ledger said, else what a query over history
says, else the log folded up to then. All three agree; they differ in what they cost.

The ledger knows audiences that were live then, by the rules of their time. Other rules are asked
of history. For the future the state lives on by the clock alone, on a copy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import apsw
import msgspec

from ebbline.definitions.plan import Plan
from ebbline.errors import NotFound, NotInSql
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.reading import queries
from ebbline.hosts.embedded.reading.asking import Asker
from ebbline.hosts.embedded.reading.past import Progress, at_instant
from ebbline.hosts.embedded.reading.reader import Reader, best_of
from ebbline.hosts.embedded.reading.records import Member
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.hosts.embedded.versions import Version, Versions, plan_of

Rules = Literal["then", "now"]
How = Literal["ledger", "sql", "refold", "clock"]


class MembersThen(msgspec.Struct, frozen=True):
    """The people, and what answered. `version` is the number of the definitions they are by."""

    members: tuple[Member, ...]
    how: How
    version: int


def members_then(
    reader: Reader, audience: str, at_ms: int, rules: Rules | None = None, *,
    effective: bool = False, limit: int = -1,
    progress: Progress = lambda _done, _all: None,
) -> MembersThen:  # fmt: skip
    """The members of an audience at an instant, as known then; in the future, if nothing else
    happens. Without `rules` it is by those of then, where they had the audience. NotFound for
    an audience that the rules asked for do not have."""
    known = reader.versions()
    now = known.live.number if known.live is not None else 0
    if at_ms > reader.now_ms():
        with _ahead(reader, at_ms) as then:
            found = tuple(then.members(audience, limit, effective=effective))
        return MembersThen(found, "clock", now)
    version = live_at(known, at_ms)
    was_live = version is not None and audience in _names(plan_of(version))
    if rules == "then" and not was_live:
        raise NotFound(_not_live(known, audience, version))
    if version is not None and was_live and rules != "now":
        rows = _Rows(reader.folder.state)
        try:
            told = rows.told(audience, at_ms, effective=effective, limit=limit)
            return MembersThen(tuple(told), "ledger", version.number)
        finally:
            rows.close()
    reader.audience(audience)
    asked = _asked(reader, audience, at_ms, effective=effective, limit=limit)
    if asked is not None:
        return MembersThen(asked, "sql", now)
    with at_instant(reader, at_ms, progress) as then:
        found = tuple(then.members(audience, limit, effective=effective))
    return MembersThen(found, "refold", now)


def live_at(known: Versions, at_ms: int) -> Version | None:
    """The version of the definitions that was in force at an instant."""
    lived = [v for v in known.all if v.live_offset and v.live_ms <= at_ms]
    return max(lived, key=lambda v: v.live_offset, default=None)


def _names(plan: Plan) -> set[str]:
    return {each.name for each in plan.audiences}


def _not_live(known: Versions, audience: str, version: Version | None) -> str:
    first = next((v for v in known.all if v.live_offset and audience in _names(plan_of(v))), None)
    then = "no definitions were live" if version is None else f"version {version.number} was live"
    ever = "no version of the definitions has" if first is None else (
        f"which version {first.number} was the first to have"
    )  # fmt: skip
    hint = "" if first is None else " `--rules now` asks by the definitions of today."
    return f'There was no audience "{audience}" at that instant, {ever}: {then}.{hint}'


def _asked(
    reader: Reader, audience: str, at_ms: int, *, effective: bool, limit: int
) -> tuple[Member, ...] | None:
    """By one query over history, under the rules of today; None where none can tell."""
    plan = reader.plan()
    try:
        from ebbline.warehouse.query import members, narrowed  # noqa: PLC0415 - heavy

        query = members(plan, audience, at_ms, effective=effective)
        with Asker(reader.folder) as asker:
            if not asker.answers(_names(narrowed(plan, audience)), at_ms):
                return None
            rows = asker.rows(query, at_ms)
    except NotInSql:
        return None
    people = _Rows(reader.folder.state)
    try:
        return tuple(
            Member(profile, *people.best(profile), None, bool(counts))
            for profile, _, counts in (rows if limit < 0 else rows[:limit])
        )
    finally:
        people.close()


class _Rows:
    """state.db at one moment."""

    def __init__(self, file: Path) -> None:
        self._db = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        self._db.set_busy_timeout(BUSY_MS_MAX)
        self._db.execute("BEGIN")

    def close(self) -> None:
        self._db.close(True)

    def told(self, audience: str, at_ms: int, *, effective: bool, limit: int) -> Iterator[Member]:
        """What the ledger said by an instant."""
        values = (audience, at_ms, int(effective), limit)
        for profile, since_ms, counts in self._all(queries.MEMBERS_THEN, values):
            yield Member(profile, *self.best(profile), since_ms, bool(counts))

    def best(self, profile: int) -> tuple[str, str]:
        """What somebody is best known by; who became part of another, by what they were."""
        rows = self._all(queries.BEST, (profile,))
        if rows:
            return best_of(rows[0][0])
        anchors = self._all(queries.ANCHOR, (profile,))
        return anchors[0] if anchors else ("", "")

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        return self._db.execute(sql, values).fetchall()


@contextmanager
def _ahead(reader: Reader, at_ms: int) -> Iterator[Reader]:
    """A reader of a copy of the state that has lived on by the clock alone."""
    with tempfile.TemporaryDirectory(prefix="ebbline-ahead-") as name:
        then = DataFolder(Path(name))
        then.version.write_text(reader.folder.version.read_text("utf-8"), "utf-8")
        then.log.symlink_to(reader.folder.log)
        _copy(reader.folder.state, then.state)
        store = StateStore(then.state)
        try:
            fold = Fold(store, reader.plan())
            fold.take(Entry(fold.offset, at_ms, "tick", 0, b""), [])
            fold.commit()
        finally:
            store.close()
        with Reader(then.path) as ahead:
            yield ahead


def _copy(source: Path, target: Path) -> None:
    """A database as it stands, however its writer goes on."""
    db = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        db.execute("VACUUM INTO ?", (str(target),))
    finally:
        db.close(True)
