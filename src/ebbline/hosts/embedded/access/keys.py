"""A key of the management API: how it is drawn, how it is recognised, what is kept of it.

The key itself is shown once. Kept is its SHA-256: it is drawn from 256 bits of chance, so a
slow hash as for passwords would protect nothing more.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec

from ebbline.hosts.embedded.access.limits import KEY_BYTES, KEY_SHOWN_CHARACTERS
from ebbline.hosts.embedded.access.roles import scopes_of

PREFIX: Final = "ebk_"


class Key(msgspec.Struct, frozen=True):
    """What is known of a key. `only` narrows its role's scopes, empty: all of them; times are
    UTC milliseconds, None for never. `units` is its rate (see limits), 0: the usual one."""

    id: int
    name: str
    role: str
    shown: str
    only: tuple[str, ...]
    units: int
    created_ms: int
    created_by: str
    expires_ms: int | None
    revoked_ms: int | None

    @property
    def scopes(self) -> frozenset[str]:
        """What it may."""
        return scopes_of(self.role, self.only)

    def works(self, now_ms: int) -> bool:
        """Whether it is neither revoked nor past its end."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


class Made(msgspec.Struct, frozen=True):
    """A new key and its text, which nobody can read again."""

    key: Key
    text: str


def draw() -> str:
    """The text of a new key."""
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def digest(text: str) -> bytes:
    """What is kept in a key's place."""
    return hashlib.sha256(text.encode()).digest()


def shown(text: str) -> str:
    """The beginning of a key, by which people tell it apart.

    >>> shown("ebk_abcdefghijklmnop")
    'ebk_abcdef…'
    """
    return text[:KEY_SHOWN_CHARACTERS] + "…"
