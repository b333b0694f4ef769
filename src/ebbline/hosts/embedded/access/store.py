"""access.db of a data folder: keys as hashes, and who changed what, when.

The command line and the api process both write it, each in transactions of a moment. What was
changed by another process is noticed at the next request: a revoked key ends at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec

from ebbline.errors import NotFound, Refused, SetupError
from ebbline.hosts.embedded.access import schema
from ebbline.hosts.embedded.access.keys import PREFIX, Key, Made, digest, draw, shown
from ebbline.hosts.embedded.access.limits import (
    BUSY_MS_MAX,
    CHANGES_SHOWN,
    DETAIL_CHARACTERS_MAX,
    KEYS_MAX,
    KEYS_REMEMBERED_MAX,
    NAME_CHARACTERS_MAX,
)
from ebbline.hosts.embedded.access.roles import ROLES

FILE = "access.db"


class Change(msgspec.Struct, frozen=True):
    """One entry of the record of changes. `key` is None for the command line."""

    seq: int
    at_ms: int
    who: str
    key: int | None
    action: str
    target: str
    detail: str


class AccessStore:
    """An open access.db, made when it is not there; any thread may use it."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        # Looking a key up waits for no write: it has a connection and a lock of its own.
        self._looking = threading.Lock()
        self._known: dict[str, Key] = {}
        self._version = -1
        try:
            self._db = apsw.Connection(str(folder / FILE))
            self._db.set_busy_timeout(BUSY_MS_MAX)
            self._db.execute("PRAGMA journal_mode = wal").fetchall()
            self._db.execute("PRAGMA synchronous = full")
            self._db.execute(schema.SCHEMA)
            self._reading = apsw.Connection(str(folder / FILE), flags=apsw.SQLITE_OPEN_READONLY)
            self._reading.set_busy_timeout(BUSY_MS_MAX)
        except apsw.Error as error:
            message = f"{folder / FILE} cannot be used ({error})."
            raise SetupError(message) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._looking:
            self._reading.close()
            self._db.close()

    def __enter__(self) -> Self:
        """Use it in a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    # -- keys ------------------------------------------------------------------------------

    def who_has(self, text: str, now_ms: int) -> Key | None:
        """The key that a text is; None for one that is unknown, revoked or past its end."""
        if not text.startswith(PREFIX):
            return None
        with self._looking:
            self._notice()
            key = self._known.get(text)
            if key is None:
                rows: Any = self._reading.execute(schema.BY_DIGEST, (digest(text),)).fetchall()
                if not rows:
                    return None
                key = _key(rows[0])
                if len(self._known) >= KEYS_REMEMBERED_MAX:
                    self._known.clear()
                self._known[text] = key
        return key if key.works(now_ms) else None

    def every_key(self) -> tuple[Key, ...]:
        """Every key there ever was, the revoked ones too."""
        with self._lock:
            rows: Any = self._db.execute(schema.ALL).fetchall()
        return tuple(map(_key, rows))

    def make(
        self, name: str, role: str, now_ms: int, who: str, *, only: Iterable[str] = (),
        units: int = 0, expires_ms: int | None = None,
    ) -> Made:  # fmt: skip
        """A new key. Refused for a name or a role that will not do, or when there are too many."""
        narrowed = tuple(sorted(set(only)))
        _check(name, role, narrowed)
        text = draw()
        values = (
            digest(text), name, role, shown(text), msgspec.json.encode(narrowed).decode(), units,
            now_ms, who, expires_ms,
        )  # fmt: skip
        with self._transaction():
            count: Any = self._db.execute(schema.COUNT).fetchone()
            if count[0] >= KEYS_MAX:
                raise Refused(f"There are {KEYS_MAX} keys already; revoke some first.")
            self._db.execute(schema.INSERT, values)
            made = self._by_id(self._db.last_insert_rowid())
        return Made(made, text)

    def revoke(self, number: int, now_ms: int) -> Key:
        """End a key for good; again is harmless. The last owner's key stays, or nobody could
        make another from outside the machine: Refused."""
        with self._transaction():
            key = self._by_id(number)
            owners: Any = self._db.execute(schema.OWNERS, (now_ms,)).fetchone()
            last = key.role == "owner" and not key.only and key.works(now_ms) and owners[0] == 1
            if last:
                raise Refused(
                    f"{key.name} is the last owner's key; make another one before it is revoked."
                )
            self._db.execute(schema.REVOKE, (now_ms, number))
            return self._by_id(number)

    # -- the record of changes -------------------------------------------------------------

    def tell(self, now_ms: int, who: str, action: str, target: str = "", detail: str = "",
             key: int | None = None) -> None:  # fmt: skip
        """Add to the record of changes."""
        values = (
            now_ms, who, key, action, target[:NAME_CHARACTERS_MAX], detail[:DETAIL_CHARACTERS_MAX],
        )  # fmt: skip
        with self._transaction():
            self._db.execute(schema.TELL, values)

    def changes(self, before: int | None = None, limit: int = CHANGES_SHOWN) -> tuple[Change, ...]:
        """The record, newest first; `before` is the seq to page on from."""
        with self._lock:
            rows: Any = self._db.execute(schema.CHANGES, (before, limit)).fetchall()
        return tuple(Change(*row) for row in rows)

    # -- rows ------------------------------------------------------------------------------

    def _by_id(self, number: int) -> Key:
        rows: Any = self._db.execute(schema.BY_ID, (number,)).fetchall()
        if not rows:
            raise NotFound(f"There is no key {number}; `ebbline key list` names them.")
        return _key(rows[0])

    def _notice(self) -> None:
        """Forget what is remembered when anybody has written, here or in another process."""
        row: Any = self._reading.execute(schema.VERSION).fetchone()
        if row[0] != self._version:
            self._version = row[0]
            self._known.clear()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _check(name: str, role: str, only: tuple[str, ...]) -> None:
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refused(f"A key needs a name of 1 to {NAME_CHARACTERS_MAX} printable characters.")
    if role not in ROLES:
        raise Refused(f'"{role}" is no role; there are {", ".join(ROLES)}.')
    beyond = [each for each in only if each not in ROLES[role]]
    if beyond:
        may = ", ".join(sorted(ROLES[role]))
        raise Refused(f"The role {role} does not have {', '.join(beyond)}; it has {may}.")


def _key(row: tuple[Any, ...]) -> Key:
    number, name, role, start, only, *rest = row
    return Key(number, name, role, start, msgspec.json.decode(only, type=tuple[str, ...]), *rest)
