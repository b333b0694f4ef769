"""The keys that wrap data keys: where they are, whether they are safe there, making new ones.

A line of a key file is `STORE:BASE64`, the key of one store, as we write it; or `BASE64`, a key
of the operator's for whatever store, which we never change. Of several the last is the newest.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from ebbline.errors import SetupError
from ebbline.hosts.embedded.secrets.envelope import id_of, new_key
from ebbline.hosts.embedded.secrets.limits import KEY_BYTES, KEY_FILE_BYTES_MAX
from ebbline.hosts.embedded.secrets.private import alone, write_private

KEY_VARIABLE = "EBBLINE_SECRETS_KEY"
FILE_VARIABLE = "EBBLINE_SECRETS_KEY_FILE"
_HEAD = "# Keys of Ebbline's secret stores, a line each. Keep a backup, apart from data folders.\n"
_FOR_OTHERS = 0o077


class Key(msgspec.Struct, frozen=True):
    """A key; `store` is empty for one that the operator has given."""

    store: str
    secret: bytes

    @property
    def id(self) -> str:
        """Its name in the file of secrets."""
        return id_of(self.secret)


class Keys(msgspec.Struct, frozen=True):
    """The keys for one store, the newest last. `where` is for people; `file` is None for keys
    from the environment."""

    where: str
    file: Path | None
    keys: tuple[Key, ...]

    def named(self, key_id: str) -> bytes | None:
        """A key by its name."""
        return next((key.secret for key in self.keys if key.id == key_id), None)

    @property
    def newest(self) -> Key | None:
        """The key that new secrets are put under."""
        return self.keys[-1] if self.keys else None


def keys_for(store: str, environ: Mapping[str, str]) -> Keys:
    """The keys of a store: from EBBLINE_SECRETS_KEY, else from a file, which may be missing.

    Raises SetupError for keys that are none, and for a file that others may read.
    """
    given = environ.get(KEY_VARIABLE, "")
    if given:
        words = given.replace(",", " ").split()
        return Keys(KEY_VARIABLE, None, tuple(Key("", _decoded(w, KEY_VARIABLE)) for w in words))
    file = key_file(environ)
    kept = tuple(key for key in _read(file) if key.store in ("", store))
    return Keys(str(file), file, kept)


def key_file(environ: Mapping[str, str]) -> Path:
    """Where keys are kept: EBBLINE_SECRETS_KEY_FILE, else the user's configuration folder (XDG
    Base Directory specification)."""
    named = environ.get(FILE_VARIABLE, "")
    if named:
        return Path(named).absolute()
    configured = environ.get("XDG_CONFIG_HOME", "")
    home = environ.get("HOME", "")
    if configured.startswith("/"):
        return Path(configured) / "ebbline" / "secrets.key"
    if home.startswith("/"):
        return Path(home) / ".config" / "ebbline" / "secrets.key"
    message = f"There is no HOME to keep the key of secrets in: set {FILE_VARIABLE}."
    raise SetupError(message)


def add_key(store: str, keys: Keys) -> Keys:
    """A new key for a store, on disk beside all others before this returns."""
    return _change(store, keys, lambda lines: [*lines, Key(store, new_key())])


def only_newest(store: str, keys: Keys) -> Keys:
    """Forget a store's own older keys."""
    newest = keys.newest
    return _change(
        store, keys, lambda lines: [k for k in lines if k.store != store or k == newest]
    )  # fmt: skip


def _change(store: str, keys: Keys, change: Callable[[list[Key]], list[Key]]) -> Keys:
    assert keys.file is not None
    file = keys.file
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(file.with_name(file.name + ".lock")):
            kept = change(_read(file))
            write_private(file, (_HEAD + "".join(map(_row, kept))).encode())
    except OSError as error:
        message = f"The key file {file} cannot be written: {error.strerror or error}."
        raise SetupError(message) from error
    return Keys(keys.where, file, tuple(key for key in kept if key.store in ("", store)))


def _read(file: Path) -> list[Key]:
    """All keys of a file, none where there is no file. SetupError for one that is not safe."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    except OSError as error:
        message = f"The key file {file} cannot be read: {error.strerror or error}."
        raise SetupError(message) from error
    try:
        _insist_on_private(file, os.fstat(fd))
        content = os.read(fd, KEY_FILE_BYTES_MAX)
    finally:
        os.close(fd)
    rows = [row.strip() for row in content.decode("ascii", "replace").splitlines()]
    return [_key(row, str(file)) for row in rows if row and not row.startswith("#")]


def _insist_on_private(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        message = f"The key file {file} is no regular file; name another one in {FILE_VARIABLE}."
        raise SetupError(message)
    if found.st_mode & _FOR_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        message = (
            f"The key file {file} is open to other users (mode {mode:04o}, expected 0600)."
            f" Run chmod 600 {file}; if others may have read it, run `ebbline secret rekey`"
            " and replace the secrets themselves."
        )
        raise SetupError(message)
    if found.st_uid not in (os.geteuid(), 0):
        message = f"The key file {file} belongs to another user: whoever owns it can change it."
        raise SetupError(message)


def _key(row: str, where: str) -> Key:
    store, colon, text = row.rpartition(":")
    return Key(store if colon else "", _decoded(text, where))


def _row(key: Key) -> str:
    text = base64.b64encode(key.secret).decode()
    return f"{key.store}:{text}\n" if key.store else f"{text}\n"


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = (
            f"{where} holds something that is no key: expected {KEY_BYTES} random bytes in"
            f" base64, as `head -c {KEY_BYTES} /dev/urandom | base64` makes them."
        )
        raise SetupError(message)
    return key
