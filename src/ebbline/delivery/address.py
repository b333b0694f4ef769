"""What a destination calls a person."""

from __future__ import annotations

import msgspec


class Address(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A kind ("external_id", "user_alias", ...) and a value, as the destination knows them.

    Kind "" is nowhere: the destination has no name for this person (yet); `value` is then the
    profile's number and nothing is ever sent.
    """

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @property
    def reachable(self) -> bool:
        """Whether the destination has a name for the person."""
        return self.kind != ""


def parse_address(text: str) -> Address:
    """The inverse of `str(address)`.

    >>> parse_address("external_id:a:b")
    Address(kind='external_id', value='a:b')
    """
    kind, _, value = text.partition(":")
    return Address(kind, value)


def nowhere(profile: int) -> Address:
    """Where the values of a person wait who cannot be addressed."""
    return Address("", str(profile))
