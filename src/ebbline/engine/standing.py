"""What has been announced of a person, read from the packed profile without unpacking the rest.

For comparing the states of two plans person by person: unpacking a whole profile costs ten
times as much.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.engine.profile import unpack_wide

# Places in the list that `encode_profile` packs.
_SENT = 3
_NUMBER, _RAW, _EFFECTIVE, _PUBLISHED = 2, 7, 8, 9

_parts = msgspec.msgpack.Decoder(list[msgspec.Raw])
_number = msgspec.msgpack.Decoder(int)
_bits = msgspec.msgpack.Decoder(bytes)
_pairs = msgspec.msgpack.Decoder(list[tuple[int, Any]], ext_hook=unpack_wide)
_sent = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_entry = msgspec.msgpack.Decoder()
_encoder = msgspec.msgpack.Encoder()


class Standing:
    """A packed profile's change number, membership bits and published traits (by number)."""

    __slots__ = ("_packed", "effective", "number", "raw")

    def __init__(self, state: bytes) -> None:
        self._packed = packed = _parts.decode(state)
        self.number = _number.decode(packed[_NUMBER])
        self.raw = _bits.decode(packed[_RAW])
        self.effective = _bits.decode(packed[_EFFECTIVE])

    def published(self) -> list[tuple[int, Any]]:
        """The last published value of each synced trait."""
        return _pairs.decode(self._packed[_PUBLISHED])

    def sent(self, name: str) -> Any:
        """The value of a sent trait, None where there is none."""
        entry = _sent.decode(self._packed[_SENT]).get(name)
        return None if entry is None else _entry.decode(entry)[0]

    def renumbered(self, number: int) -> bytes:
        """The packed profile with another change number and nothing else changed."""
        packed: list[Any] = list(self._packed)
        packed[_NUMBER] = number
        return _encoder.encode(packed)


def bits_of(packed: bytes) -> list[int]:
    r"""The numbers of the bits that are set.

    >>> bits_of(b"\x05\x01")
    [0, 2, 8]
    """
    bits = int.from_bytes(packed, "little")
    return [place for place in range(bits.bit_length()) if bits >> place & 1]
