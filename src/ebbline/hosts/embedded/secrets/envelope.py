"""Envelopes: each version of a secret under a data key of its own, that key under another.

AES-256-GCM throughout (NIST SP 800-38D). What belongs to which store, name and version is
authenticated with it, so that nothing in the file can be moved to another place. It reads no
file and finds no key.
"""

from __future__ import annotations

import hashlib
import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ebbline.hosts.embedded.secrets.limits import KEY_BYTES, NONCE_BYTES

_ID_HEX_DIGITS = 16
_FORM = "ebbline-secret/1"  # part of what is authenticated: another form is another text


class Envelope(msgspec.Struct, frozen=True):
    """What stands in the file: `key_id` names the key that `wrapped` (the data key) is under;
    `sealed` is the secret under the data key. Both begin with their nonce."""

    key_id: str
    wrapped: bytes
    sealed: bytes


class Broken(Exception):
    """The envelope was changed, or belongs to another place or key."""


def new_key() -> bytes:
    """A key from the system's source of chance."""
    return os.urandom(KEY_BYTES)


def id_of(key: bytes) -> str:
    """A name for a key that tells nothing of it.

    >>> id_of(bytes(32))
    'c904fa943d486882'
    """
    return hashlib.sha256(_FORM.encode() + b"\0key id\0" + key).hexdigest()[:_ID_HEX_DIGITS]


def seal(secret: str, key: bytes, place: tuple[str, str, int]) -> Envelope:
    """An envelope for (store, name, version) under a key and a fresh data key."""
    data_key = new_key()
    sealed = _encrypt(data_key, secret.encode(), _about("value", place))
    return Envelope(id_of(key), _encrypt(key, data_key, _about("key", place)), sealed)


def unseal(envelope: Envelope, key: bytes, place: tuple[str, str, int]) -> str:
    """The secret; Broken when the envelope is not what was sealed for this place."""
    data_key = _decrypt(key, envelope.wrapped, _about("key", place))
    return _decrypt(data_key, envelope.sealed, _about("value", place)).decode()


def rewrap(envelope: Envelope, old: bytes, new: bytes, place: tuple[str, str, int]) -> Envelope:
    """The same with its data key under another key; the secret itself is not touched."""
    data_key = _decrypt(old, envelope.wrapped, _about("key", place))
    wrapped = _encrypt(new, data_key, _about("key", place))
    return Envelope(id_of(new), wrapped, envelope.sealed)


def _about(what: str, place: tuple[str, str, int]) -> bytes:
    return "\0".join((_FORM, what, *map(str, place))).encode()


def _encrypt(key: bytes, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def _decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise Broken from error
