"""One person's audiences, as often as anybody asks: the read that personalisation makes.

Answers are kept as bytes. Before each answer SQLite is asked whether anybody has committed to
state.db since; if so, the ledger says whose answers to forget. So an answer is never older than
the engine's last commit, and most cost no query. Kept is who was named by the first thing that a
text may mean: `email:ana@example.com`, or a bare user id. It belongs to one thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.definitions.plan import decode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.reading import queries
from ebbline.hosts.embedded.reading.limits import (
    ENTRIES_FOLLOWED_MAX,
    MAPPED_BYTES,
    MEMBERSHIPS_KEPT_MAX,
)
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.profiles.identifiers import Pair
from ebbline.profiles.normalise import identifier

_VERSION = "PRAGMA data_version"
_PAIRED = frozenset((KINDS["merged"], KINDS["unmerged"]))


class Standing(msgspec.Struct, frozen=True):
    """One audience a person is in; `since_ms` is UTC milliseconds."""

    audience: str
    since_ms: int
    effective: bool


class Memberships:
    """The memberships in a state.db. `encode` makes the bytes that are kept, of a profile and
    its standings."""

    def __init__(self, state: Path, encode: Any) -> None:
        self._state = state
        self._encode = encode
        self._db: apsw.Connection | None = None
        self._file = 0
        self._version = -1
        self._seq = 0
        self._plan: bytes | None = None
        self._types: tuple[str, ...] = ()
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._texts: dict[int, set[str]] = {}

    def of(self, user: str) -> bytes | None:
        """The answer about somebody, named as everywhere; None when nobody is known so.
        SetupError while there is no state yet."""
        self._look()
        found = self._kept.get(user)
        if found is not None:
            return found[1]
        return self._read(user)

    def close(self) -> None:
        """Close the file and forget everything."""
        if self._db is not None:
            self._db.close()
            self._db = None
        self._forget()

    # -- staying exact ---------------------------------------------------------------------

    def _look(self) -> None:
        """Forget what the engine has changed since the last look."""
        try:
            inode = self._state.stat().st_ino
        except OSError as error:
            message = f"There is no state yet in {self._state.parent}; start `ebbline run`."
            raise SetupError(message) from error
        if self._db is None or inode != self._file:
            self._open(inode)
        version = self._rows(_VERSION)[0][0]
        if version != self._version:
            self._version = version
            self._follow()

    def _follow(self) -> None:
        plan = self._rows(queries.META, ("plan",))
        encoded = bytes(plan[0][0]) if plan else None
        if encoded != self._plan:
            self._plan = encoded
            self._types = () if encoded is None else tuple(
                rule.type for rule in decode_plan(encoded).identifiers
            )  # fmt: skip
            self._forget()
        rows = self._rows(queries.LEDGER_SINCE, (self._seq, ENTRIES_FOLLOWED_MAX + 1))
        if len(rows) > ENTRIES_FOLLOWED_MAX or (rows and rows[0][0] != self._seq + 1):
            self._forget()
        elif not rows and self._rows(queries.LEDGER_END)[0][0] < self._seq:
            self._forget()  # another ledger than before: the state was made anew
        for _, profile, kind, value in rows if self._kept else ():
            self._drop(profile)
            if kind in _PAIRED and isinstance(value, int):
                self._drop(value)
        self._seq = self._rows(queries.LEDGER_END)[0][0]

    def _open(self, inode: int) -> None:
        self.close()
        try:
            self._db = apsw.Connection(str(self._state), flags=apsw.SQLITE_OPEN_READONLY)
            self._db.set_busy_timeout(BUSY_MS_MAX)
            self._db.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}").fetchall()
        except apsw.Error as error:
            message = f"{self._state} cannot be read ({error})."
            raise SetupError(message) from error
        self._file, self._version, self._plan = inode, -1, None

    def _forget(self) -> None:
        self._kept.clear()
        self._texts.clear()

    def _drop(self, profile: int) -> None:
        for text in self._texts.pop(profile, ()):
            self._kept.pop(text, None)

    # -- reading ---------------------------------------------------------------------------

    def _read(self, user: str) -> bytes | None:
        assert self._db is not None
        self._db.execute("BEGIN")  # one moment for all of it
        try:
            # Somebody may have committed since the look: then what is read is newer than what
            # is kept, and is not kept itself.
            exact = self._rows(_VERSION)[0][0] == self._version
            owner = self._owner(user)
            if owner is None:
                return None
            profile, first = owner
            rows = self._rows(queries.MEMBERSHIPS, (profile,))
        finally:
            self._db.execute("COMMIT")
        answer: bytes = self._encode(
            profile, [Standing(name, since_ms, bool(counts)) for name, since_ms, counts in rows]
        )
        if exact and first:
            self._keep(user, profile, answer)
        return answer

    def _keep(self, user: str, profile: int, answer: bytes) -> None:
        if len(self._kept) >= MEMBERSHIPS_KEPT_MAX:
            self._drop(self._kept[next(iter(self._kept))][0])
        self._kept[user] = (profile, answer)
        self._texts.setdefault(profile, set()).add(user)

    def _owner(self, user: str) -> tuple[int, bool] | None:
        """Whose identifier it is, and whether no identifier of another type would come before
        it: somebody new may be known by such a one without a word in the ledger."""
        for place, (kind, value) in enumerate(self._tries(user)):
            rows = self._rows(queries.OWNER, (kind, value))
            if rows:
                return int(rows[0][0]), place == 0
        return None

    def _tries(self, user: str) -> list[Pair]:
        """The identifiers that a text may mean, in the order in which they are tried; as
        `Reader.named` has it."""
        kind, colon, rest = user.partition(":")
        tries = [(kind, rest)] if colon and kind in self._types else []
        tries += [(each, user) for each in self._types]
        normal = [(each, identifier(each, value)) for each, value in tries]
        return [(each, str(value)) for each, value in normal if value is not None]

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        assert self._db is not None
        return self._db.execute(sql, values).fetchall()
