"""Notices of alarms on their way to whoever is to be told: rows of delivery.db.

A notice is written in the transaction that decided it and leaves after that; it is done once a
receiver has taken it. A crash in between sends it again under the same id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

import apsw
import msgspec

from ebbline.definitions.plan import AlertDef
from ebbline.delivery.objectives import Notice
from ebbline.delivery.retry import backoff_ms
from ebbline.hosts.embedded.deliver.objectives.limits import (
    ERROR_CHARACTERS_MAX,
    NOTICE_ATTEMPTS_MAX,
    NOTICES_KEPT,
)

_FATAL = "!"  # begins an error that no further try will mend


Kind = Literal["slo.firing", "slo.resolved"]


class Message(msgspec.Struct, frozen=True):
    """What is told: a line, some lines, and the same as data."""

    id: str
    kind: Kind
    at_ms: int
    subject: str
    text: str
    data: dict[str, Any]


class Outgoing(msgspec.Struct, frozen=True):
    """A message for one receiver."""

    receiver: str
    message: Message
    attempt: int


def notice_id(notice: Notice) -> str:
    """The same for the same happening, however often it is sent."""
    alarm = notice.alarm
    content = msgspec.json.encode([alarm.key, alarm.since_ms, notice.what])
    return "msg_" + hashlib.sha256(content).hexdigest()[:32]


def receiver_of(alert: AlertDef) -> str:
    """A name for a receiver that survives a restart and holds no secret."""
    target = alert.webhook or f"{alert.email} over {alert.smtp}"
    kind = "webhook" if alert.webhook else "email"
    return f"{kind} {hashlib.sha256(target.encode()).hexdigest()[:12]}"


class Notices:
    """The rows of all receivers."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._waiting = self._any_waiting()

    def put(self, message: Message, receivers: Iterable[str]) -> None:
        """Have something told; a second time changes nothing."""
        self._db.executemany(
            "INSERT OR IGNORE INTO slo_notices (id, receiver, at_ms, message, state)"
            " VALUES (?, ?, ?, ?, 'waiting')",
            [(message.id, each, message.at_ms, msgspec.json.encode(message).decode())
             for each in receivers],
        )  # fmt: skip
        self._waiting = True

    def due(self, now_ms: int, receivers: Iterable[str], flying: frozenset[str]) -> list[Outgoing]:
        """What is to leave now; a receiver gets one after the other, oldest first. Those of
        receivers the project no longer names are given up."""
        if not self._waiting:
            return []
        self._db.execute(
            "UPDATE slo_notices SET state = 'given up', error = 'no longer a receiver'"
            " WHERE state = 'waiting' AND receiver NOT IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(receivers)).decode(),),
        )
        rows: Any = self._db.execute(
            "SELECT receiver, message, attempts, not_before_ms, min(at_ms) FROM slo_notices"
            " WHERE state = 'waiting' GROUP BY receiver ORDER BY receiver"
        ).fetchall()
        self._waiting = bool(rows)
        return [
            Outgoing(row[0], msgspec.json.decode(row[1], type=Message), row[2] + 1)
            for row in rows
            if row[3] <= now_ms and row[0] not in flying
        ]

    def settle(self, sent: Outgoing, error: str, now_ms: int, jitter: float) -> str:
        """A receiver has taken a notice ("" as error), or why not; what became of it."""
        state, not_before_ms = "delivered", 0
        if error:
            over = error.startswith(_FATAL) or sent.attempt >= NOTICE_ATTEMPTS_MAX
            state = "given up" if over else "waiting"
            not_before_ms = now_ms + backoff_ms(sent.attempt, jitter)
        self._db.execute(
            "UPDATE slo_notices SET state = ?, attempts = ?, not_before_ms = ?, error = ?"
            " WHERE id = ? AND receiver = ? AND state = 'waiting'",
            (state, sent.attempt, not_before_ms, error.removeprefix(_FATAL)[:ERROR_CHARACTERS_MAX],
             sent.message.id, sent.receiver),
        )  # fmt: skip
        if state != "waiting":
            self._db.execute(
                "DELETE FROM slo_notices WHERE state <> 'waiting' AND at_ms <"
                " (SELECT min(at_ms) FROM (SELECT at_ms FROM slo_notices"
                "  ORDER BY at_ms DESC LIMIT ?))",
                (NOTICES_KEPT,),
            )
        return state

    def next_ms(self, flying: frozenset[str]) -> int | None:
        """When the next one may leave; None where nothing waits."""
        if not self._waiting:
            return None
        rows: Any = self._db.execute(
            "SELECT receiver, not_before_ms, min(at_ms) FROM slo_notices WHERE state = 'waiting'"
            " GROUP BY receiver"
        ).fetchall()
        return min((row[1] for row in rows if row[0] not in flying), default=None)

    def _any_waiting(self) -> bool:
        row = self._db.execute("SELECT 1 FROM slo_notices WHERE state = 'waiting'").fetchone()
        return row is not None
