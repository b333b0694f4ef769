"""One person's state, and its packed form."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.engine.limits import NEVER


class Profile:
    """Everything the engine knows about one person; changed in place by the engine only.

    `truth` has one byte per condition, `due` the next instant at which a group of conditions
    may differ, `raw` and `effective` one bit per audience, `published` the last published
    value of each synced trait, `traits` the sent ones as (value, time_ms, messageId). `due`
    also holds audiences, under `-1 - bit`. `since` and `overrides` (value, end) are by audience
    and None where nothing is in them, which is nearly everybody.
    """

    __slots__ = ("born", "due", "effective", "id", "number", "overrides", "published", "raw",
                 "since", "tracks", "traits", "truth", "wake_ms")  # fmt: skip

    def __init__(self, profile_id: int, truth: bytearray) -> None:
        self.id = profile_id
        self.born = False
        self.number = 0
        self.traits: dict[str, tuple[Any, int, str]] = {}
        self.tracks: dict[int, Any] = {}
        self.truth = truth
        self.due: dict[int, int] = {}
        self.raw = 0
        self.effective = 0
        self.published: dict[int, Any] = {}
        self.wake_ms = NEVER
        self.since: dict[int, int] | None = None
        self.overrides: dict[int, tuple[bool, int]] | None = None


_WORD_BITS = 60
_WORD = (1 << _WORD_BITS) - 1
_WIDE = 1  # the extension that holds an integer of more than 64 bits
_encoder = msgspec.msgpack.Encoder(order="sorted")


def unpack_wide(code: int, data: Any) -> Any:
    """The integer in an extension; for every decoder of packed state."""
    del code
    return int.from_bytes(bytes(data), "little", signed=True)


_decoder = msgspec.msgpack.Decoder(ext_hook=unpack_wide)


def _encode(packed: Any) -> bytes:
    try:
        return _encoder.encode(packed)
    except OverflowError:  # rare, and looking for it beforehand would cost everybody
        return _encoder.encode(_widened(packed))


def _widened(value: Any) -> Any:
    """The same with large integers as extensions: somebody sent one, or billionths of it."""
    if isinstance(value, int) and not -(1 << 63) <= value < (1 << 64):
        data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return msgspec.msgpack.Ext(_WIDE, data)
    if isinstance(value, list | tuple):
        return [_widened(item) for item in value]
    if isinstance(value, dict):
        return {key: _widened(item) for key, item in value.items()}
    return value


def _pack_int(value: int) -> int | list[int]:
    """msgpack holds 64 bits; larger sums travel as [high, low] words."""
    if -(1 << 63) <= value < (1 << 63):
        return value
    return [value >> _WORD_BITS, value & _WORD]


def _unpack_int(value: int | list[int]) -> int:
    if isinstance(value, int):
        return value
    return (value[0] << _WORD_BITS) | value[1]


def _pack_bits(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _pack_track(record: Any) -> Any:
    if isinstance(record, dict):
        return {"blocks": [(block, _pack_int(points)) for block, points in sorted(record.items())]}
    packed = list(record)
    packed[1] = _pack_int(packed[1])
    while packed and packed[-1] is None:
        packed.pop()
    return packed


def _unpack_track(packed: Any) -> Any:
    if isinstance(packed, dict):
        return {block: _unpack_int(points) for block, points in packed["blocks"]}
    packed[1] = _unpack_int(packed[1])
    packed.extend([None] * (11 - len(packed)))
    return packed


def encode_profile(profile: Profile, default_truth: bytearray) -> bytes:
    """Pack a profile; equal states give equal bytes. Truth equal to that of a person without
    events is left out."""
    truth = None if profile.truth == default_truth else profile.truth
    path: tuple[Any, ...] = ()
    if profile.since or profile.overrides:
        path = (
            sorted((profile.since or {}).items()), sorted((profile.overrides or {}).items()),
        )  # fmt: skip
    return _encode((
        profile.id, profile.born, profile.number, profile.traits,
        [(key, _pack_track(record)) for key, record in sorted(profile.tracks.items())],
        truth, sorted(profile.due.items()), _pack_bits(profile.raw),
        _pack_bits(profile.effective), sorted(profile.published.items()), *path,
    ))  # fmt: skip


def decode_profile(data: bytes, default_truth: bytearray) -> Profile:
    """The inverse of `encode_profile`."""
    (profile_id, born, number, traits, tracks, truth, due, raw, effective,
     published, *path) = _decoder.decode(data)  # fmt: skip
    profile = Profile(profile_id, bytearray(default_truth if truth is None else truth))
    profile.born = born
    profile.number = number
    profile.traits = {key: tuple(entry) for key, entry in traits.items()}
    profile.tracks = {key: _unpack_track(packed) for key, packed in tracks}
    profile.due = dict(due)
    profile.raw = int.from_bytes(raw, "little")
    profile.effective = int.from_bytes(effective, "little")
    profile.published = dict(published)
    profile.wake_ms = min(profile.due.values(), default=NEVER)
    if path:
        since, overrides = path
        profile.since = dict(since) or None
        profile.overrides = {bit: (value, end_ms) for bit, (value, end_ms) in overrides} or None
    return profile
