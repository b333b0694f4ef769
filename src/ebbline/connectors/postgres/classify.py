"""What a database's answer means, by its SQLSTATE (PostgreSQL's documentation, appendix A)."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Refusal
from ebbline.connectors.limits import REASON_CHARACTERS_MAX
from ebbline.connectors.postgres.settings import PostgresSettings
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import failure_outcomes
from ebbline.delivery import Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

# By the whole code where it means something else than its class.
_CODES: dict[str, Verdict] = {
    "08001": "unsent",  # the client could not connect
    "08004": "unsent",  # the server did not want the connection
    "25006": "misconfigured",  # a standby, or a read-only transaction
    "40003": "unknown",  # a commit of which nobody knows whether it came about
    "55P03": "retry",  # a lock was not to be had
    "57014": "unknown",  # the statement was cancelled, or took too long
    "57P01": "unknown",  # the server is being shut down
    "57P02": "unknown",  # it crashed
    "57P03": "unsent",  # it is starting up or shutting down, and takes nobody
}
_CLASSES: dict[str, Verdict] = {
    "08": "unknown",  # the connection was lost
    "0A": "misconfigured",  # something the server cannot do
    "22": "split",  # a value that a column cannot hold
    "23": "split",  # a constraint
    "28": "misconfigured",  # user or password
    "3D": "misconfigured",  # no such database
    "3F": "misconfigured",  # no such schema
    "40": "retry",  # serialisation failure, deadlock
    "42": "misconfigured",  # no such table or column, no permission
    "53": "throttled",  # out of connections, memory or disk
    "54": "split",  # a limit of the program's: a row or an index entry that is too large
    "P0": "split",  # a trigger of somebody's refused it
}
_ADVICE = {
    "42501": "the role needs USAGE on the schema and SELECT, INSERT, UPDATE, DELETE on its tables",
    "42P01": "a table is gone; it is created anew if the role has CREATE on the schema",
    "42703": "a column is gone; it is added anew if the role owns the table",
    "42P10": "the table has no primary key on its first columns",
    "28P01": "user name or password is wrong",
    "28000": "pg_hba.conf does not let this user in from here",
    "3D000": "the database is not there",
    "3F000": "the schema is not there; create it",
    "25006": "this is a standby; name the primary",
}


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """One outcome for all: a transaction is carried out as a whole or not at all."""
    del setup, now_ms
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    verdict = verdict_of(result)
    if verdict == "done":
        return Reply(same_for_all(send, "done"))
    if verdict == "split" and len(send.items) == 1:
        verdict = "refused"
    return Reply(same_for_all(send, verdict, reason_of(result)))


def verdict_of(response: Response) -> Verdict:
    """The verdict on a transaction."""
    if response.status == 200:
        return "done"
    code = response.headers.get("sqlstate", "")
    return _CODES.get(code) or _CLASSES.get(code[:2]) or "retry"


def reason_of(response: Response) -> str:
    """The code, the server's words, and what to do where that is known."""
    code = response.headers.get("sqlstate", "")
    said = f"{code} {_message(response)}".strip()
    advice = _ADVICE.get(code)
    return (f"{said}: {advice}" if advice else said)[:REASON_CHARACTERS_MAX]


def refusal_of(result: Result, settings: PostgresSettings) -> Refusal:
    """What ends a conversation that got no good answer."""
    del settings
    if isinstance(result, Failure):
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    return Refusal(verdict_of(result), reason_of(result))


def _message(response: Response) -> str:
    try:
        body: Any = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return response.body[:REASON_CHARACTERS_MAX].decode("utf-8", "replace")
    return str(body.get("message", "")) if isinstance(body, dict) else ""
