"""The call as it travels: the typed form that the JSON decoder fills and checks in one pass.

What does not fit this form exactly is not refused here: it is read again, slowly and with
reasons, by `careful`.
"""

from __future__ import annotations

from datetime import datetime
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from ebbline.events import limits

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
_Integer = Annotated[int, Meta(ge=INT_MIN, le=INT_MAX)]


def _value_type(depth: int) -> Any:
    """JSON values of at most `depth` levels whose integers fit 64 bits.

    The decoder then holds the depth and integer limits itself, at no cost.
    """
    scalar: Any = _Integer | float | str | bool | None
    if depth == 0:
        return scalar
    inner = _value_type(depth - 1)
    return scalar | GenericAlias(dict, (str, inner)) | GenericAlias(list, (inner,))


if TYPE_CHECKING:
    _Object = dict[str, Any] | None
else:
    _Value = _value_type(limits.FAST_DEPTH_MAX)
    _Object = Annotated[dict[str, _Value], Meta(max_length=limits.KEYS_MAX)] | None
_Id = Annotated[str, Meta(max_length=limits.ID_LENGTH_MAX)] | None
_Name = Annotated[str, Meta(max_length=limits.NAME_LENGTH_MAX)] | None
_Time = Annotated[datetime, Meta(tz=True)] | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """One call of the Segment spec with only the fields that Ebbline reads."""

    type: str | None = None
    message_id: Annotated[str, Meta(max_length=limits.MESSAGE_ID_LENGTH_MAX)] | None = None
    user_id: _Id = None
    anonymous_id: _Id = None
    previous_id: _Id = None
    group_id: _Id = None
    event: _Name = None
    name: _Name = None
    category: _Name = None
    properties: _Object = None
    traits: _Object = None
    context: _Object = None
    integrations: _Object = None
    timestamp: _Time = None
    original_timestamp: _Time = None
    sent_at: _Time = None
    received_at: _Time = None


class Envelope(msgspec.Struct, rename="camel"):
    """What surrounds the calls of a batch; the calls stay bytes until their turn."""

    batch: list[msgspec.Raw]
    context: _Object = None
    integrations: _Object = None
    sent_at: _Time = None


class LooseEnvelope(msgspec.Struct, rename="camel"):
    """A batch whose surroundings did not fit `Envelope`; `careful` says why, or mends it."""

    batch: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    context: Any = None
    integrations: Any = None
    sent_at: Any = None


class Keyed(msgspec.Struct, rename="camel"):
    """Only the write key of a body; everything else is skipped undecoded."""

    write_key: Any = None


class KeyedBatch(msgspec.Struct):
    """The write keys inside a batch's items."""

    batch: list[Keyed]
