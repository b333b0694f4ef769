"""The outbox as a state machine: coalesce, batch, pace, retry, fence, settle. Pure.

A `Lane` is one destination. `fold` takes in ledger rows, `plan` says what to send now,
`settle` takes in what became of it, `wake_at_ms` says when to look again. Time, chance, ids
and storage are handed in; nothing here opens a socket or a file.
"""

from ebbline.delivery.address import Address
from ebbline.delivery.breaker import Breaker
from ebbline.delivery.feeds import Feed, feeds_of
from ebbline.delivery.fold import fold
from ebbline.delivery.lane import Lane
from ebbline.delivery.ledger import LedgerRow
from ebbline.delivery.pace import Pace, Quota
from ebbline.delivery.person import Cell, Person, is_forgettable, pending, pending_since
from ebbline.delivery.planning import plan, wake_at_ms
from ebbline.delivery.send import Item, Limits, Outcome, Reply, Send, Value
from ebbline.delivery.settling import revive, settle

__all__ = [
    "Address",
    "Breaker",
    "Cell",
    "Feed",
    "Item",
    "Lane",
    "LedgerRow",
    "Limits",
    "Outcome",
    "Pace",
    "Person",
    "Quota",
    "Reply",
    "Send",
    "Value",
    "feeds_of",
    "fold",
    "is_forgettable",
    "pending",
    "pending_since",
    "plan",
    "revive",
    "settle",
    "wake_at_ms",
]
