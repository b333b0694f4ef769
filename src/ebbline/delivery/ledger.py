"""One row of the flip ledger as delivery reads it."""

from __future__ import annotations

from typing import Any

import msgspec

# Codes of the ledger's `kind`.
ENTERED = 1
EXITED = 2
TRAIT = 3
LINKED = 4
MERGED = 5
SUPPRESSED = 6
RESTORED = 7
UNMERGED = 8

# Each of these carries the effective membership after the change as its value.
AUDIENCE_KINDS = frozenset([ENTERED, EXITED, SUPPRESSED, RESTORED])


class LedgerRow(msgspec.Struct, frozen=True, gc=False):
    """What happened to one person. `definition` is a name; a trait's `value` is decoded;
    of a merged row `profile` is the one that is gone and `value` the one that stays, of an
    unmerged row `profile` is the one that is back."""

    seq: int
    profile: int
    kind: int
    definition: str
    at_ms: int
    value: Any = None
