"""The encrypted store behind `store:` references: one file in the data folder, keys elsewhere.

Commands write it, one at a time; deliver only reads it. Values go in and come out, and are never
shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ebbline.errors import NotFound, Refused, SetupError
from ebbline.hosts.embedded.secrets import contents as files
from ebbline.hosts.embedded.secrets.contents import Contents, Entry, Note, Version, readable
from ebbline.hosts.embedded.secrets.envelope import Broken, rewrap, seal, unseal
from ebbline.hosts.embedded.secrets.keys import (
    FILE_VARIABLE,
    Key,
    Keys,
    add_key,
    keys_for,
    only_newest,
)
from ebbline.hosts.embedded.secrets.limits import (
    NAME_CHARS_MAX,
    NAMES_MAX,
    SECRET_BYTES_MAX,
    SECRET_CHARS_MIN,
    VERSIONS_MAX,
)
from ebbline.hosts.embedded.secrets.private import alone


class Used(msgspec.Struct, frozen=True):
    """A version of a stored secret that somebody uses."""

    name: str
    number: int
    created_ms: int


class Was(msgspec.Struct, frozen=True):
    """What `set` did: the new version, which older ones stay readable, and the key file where
    one was made (None: there was a key)."""

    number: int
    older: tuple[int, ...]
    key_made: Path | None


class Rekeyed(msgspec.Struct, frozen=True):
    """What `rekey` did: how many data keys are under the new key, where that is, and whether
    the old one is left for the operator to remove."""

    count: int
    where: str
    old_stays: bool


class SecretStore:
    """The store of one data folder, which must exist for writing."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environ = environ

    def entries(self) -> dict[str, Entry]:
        """Names with the versions that are still readable; no key is needed."""
        found, note = files.read_contents(self._folder), files.read_note(self._folder)
        if found is None:
            return {}
        return {name: _left(entry, note, name) for name, entry in found.secrets.items()}

    def note(self) -> Note:
        """Which versions have worked, as deliver says."""
        return files.read_note(self._folder)

    def read(self, name: str, number: int = 0) -> tuple[str, Used]:
        """A secret, the newest version or one by number. Raises NotFound and SetupError."""
        found = files.read_contents(self._folder)
        entry = None if found is None else found.secrets.get(name)
        if found is None or entry is None:
            message = f"There is no secret {name} in the store: `ebbline secret set {name}`."
            raise NotFound(message)
        for version in reversed(entry.versions):
            if version.number == number or not number:
                keys = keys_for(found.store, self._environ)
                used = Used(name, version.number, version.created_ms)
                return _opened(found, name, version, keys), used
        message = f"The secret {name} has no version {number} (any more)."
        raise NotFound(message)

    def set(self, name: str, value: str, now_ms: int, *, keep: bool = False) -> Was:
        """Store a new version of a secret. Raises Refused for what is none, and SetupError."""
        _insist_on_secret(name, value)
        with self._alone() as found:
            before = found or Contents(os.urandom(8).hex())
            entry = before.secrets.get(name)
            if entry is None and len(before.secrets) >= NAMES_MAX:
                message = f"The store is full: {NAMES_MAX} names. Remove one."
                raise Refused(message)
            keys, made = self._keys(before)
            assert keys.newest is not None
            kept = () if entry is None else _left(entry, self.note(), name).versions
            older = kept[-(VERSIONS_MAX - 1) :]
            number = 1 if entry is None else entry.newest.number + 1
            envelope = seal(value, keys.newest.secret, (before.store, name, number))
            versions = (*older, Version(number, now_ms, envelope))
            files.write_contents(self._folder, before.having(name, Entry(versions, keep)))
            return Was(number, tuple(version.number for version in older), made)

    def remove(self, name: str, *, only_old: bool = False) -> int:
        """Forget a name, or all its versions but the newest; how many versions went."""
        with self._alone() as found:
            entry = None if found is None else found.secrets.get(name)
            if found is None or entry is None:
                message = f"There is no secret {name} in the store."
                raise NotFound(message)
            left = Entry(entry.versions[-1:]) if only_old else None
            files.write_contents(self._folder, found.having(name, left))
            return len(entry.versions) - (0 if left is None else 1)

    def rekey(self) -> Rekeyed:
        """Wrap all data keys under a new key. Until that is done both keys are known; when it is
        interrupted, the next call brings it to its end."""
        if files.read_contents(self._folder) is None:
            message = "There is no store yet: `ebbline secret set NAME` makes one."
            raise NotFound(message)
        with self._alone() as found:
            assert found is not None  # a store is never taken away again
            keys = keys_for(found.store, self._environ)
            target, keys = _target(found, keys)
            after = _rewrapped(self._pruned(found), keys, target)
            files.write_contents(self._folder, after)
            if target.store:
                only_newest(found.store, keys)
            count = sum(len(entry.versions) for entry in after.secrets.values())
            return Rekeyed(count, keys.where, not target.store)

    def _pruned(self, found: Contents) -> Contents:
        note = self.note()
        left = {name: _left(entry, note, name) for name, entry in found.secrets.items()}
        return replace(found, secrets=left)

    def _keys(self, found: Contents) -> tuple[Keys, Path | None]:
        """The keys; one is made where there is none, but never for a store that has secrets."""
        keys = keys_for(found.store, self._environ)
        for name, entry in found.secrets.items():
            _key_of(name, entry.newest, keys)
        if keys.newest is not None:
            return keys, None
        return add_key(found.store, keys), keys.file

    @contextmanager
    def _alone(self) -> Iterator[Contents | None]:
        try:
            with alone(self._folder / "secrets.lock"):
                yield files.read_contents(self._folder)
        except OSError as error:
            message = f"{self._folder} cannot be written to: {error.strerror or error}."
            raise SetupError(message) from error


def _left(entry: Entry, note: Note, name: str) -> Entry:
    return Entry(readable(entry, note.get(name)), entry.keep)


def _key_of(name: str, version: Version, keys: Keys) -> bytes:
    key = keys.named(version.envelope.key_id)
    if key is not None:
        return key
    message = (
        f"The secret {name} is encrypted with the key {version.envelope.key_id}, which is not in"
        f" {keys.where}. Bring that key back from its backup, or name the right place in"
        f" {FILE_VARIABLE}. If it is lost, remove the secrets and set them anew."
    )
    raise SetupError(message)


def _opened(found: Contents, name: str, version: Version, keys: Keys) -> str:
    key = _key_of(name, version, keys)
    try:
        return unseal(version.envelope, key, (found.store, name, version.number))
    except Broken:
        raise SetupError(_damaged(name, version)) from None


def _damaged(name: str, version: Version) -> str:
    return (
        f"The secret {name} (version {version.number}) in {files.STORE_FILE} was changed by"
        f" somebody or damaged: `ebbline secret set {name}` stores it anew."
    )


def _target(found: Contents, keys: Keys) -> tuple[Key, Keys]:
    """The key to wrap everything under, and all keys with it."""
    newest = keys.newest
    ids = {v.envelope.key_id for entry in found.secrets.values() for v in entry.versions}
    if newest is not None and ids - {newest.id}:
        return newest, keys  # given by the operator, or left by a rekey that was interrupted
    if newest is not None and not newest.store:
        place = "behind the old one" if keys.file is None else "in a new line at its end"
        message = (
            f"All secrets are under the newest key of {keys.where} already. Write a new key"
            f" {place} (`head -c 32 /dev/urandom | base64` makes one), run this again, and then"
            " take the old one out."
        )
        raise Refused(message)
    made = add_key(found.store, keys)
    assert made.newest is not None
    return made.newest, made


def _rewrapped(found: Contents, keys: Keys, target: Key) -> Contents:
    def moved(name: str, version: Version) -> Version:
        if version.envelope.key_id == target.id:
            return version
        old = _key_of(name, version, keys)
        place = (found.store, name, version.number)
        try:
            envelope = rewrap(version.envelope, old, target.secret, place)
        except Broken:
            raise SetupError(_damaged(name, version)) from None
        return replace(version, envelope=envelope)

    secrets = {
        name: replace(entry, versions=tuple(moved(name, version) for version in entry.versions))
        for name, entry in found.secrets.items()
    }
    return replace(found, secrets=secrets)


def _insist_on_secret(name: str, value: str) -> None:
    """Refused for a name or a value that is none; the value is not repeated."""
    if not files.NAME.fullmatch(name):
        message = (
            f"A secret's name is 1 to {NAME_CHARS_MAX} letters, digits, _, - and ., a letter"
            " first: BRAZE_KEY, say."
        )
        raise Refused(message)
    if len(value) < SECRET_CHARS_MIN:
        message = f"The value has {len(value)} characters; a secret has {SECRET_CHARS_MIN} or more."
        raise Refused(message)
    if len(value.encode()) > SECRET_BYTES_MAX:
        message = f"The value has more than {SECRET_BYTES_MAX:,} bytes: is it the right file?"
        raise Refused(message)
