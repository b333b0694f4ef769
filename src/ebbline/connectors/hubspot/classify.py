"""What HubSpot's answer means for each person of a request.

A batch may succeed for some and fail for others (207); a batch with several bad inputs may be
refused as a whole (400), of which nothing was applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ebbline.connectors.connector import Setup
from ebbline.connectors.hubspot.answers import (
    Failed,
    body_of,
    day_is_over,
    failed,
    in_words,
    quota_of,
    rows,
)
from ebbline.connectors.hubspot.limits import LOCKED_MS, MOVING_MS, WINDOW_MS
from ebbline.connectors.hubspot.settings import RECORD_ID, HubSpotSettings
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Item, Outcome, Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

Judged = tuple[Outcome, str | None]

NOT_FOUND = "OBJECT_NOT_FOUND"
LOCKED = 423
MOVING = 477

# What an error about one record means; any other category says that the record is wrong.
_RECORD_VERDICTS: dict[str, Verdict] = {
    "CONFLICT": "retry",
    "RATE_LIMITS": "retry",
    "RATE_LIMIT": "retry",
    "INTERNAL_ERROR": "retry",
    "MISSING_SCOPES": "misconfigured",
}


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """Outcomes in the order of the send's items, ids that were learned, and what is left of
    the limits."""
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    settings: HubSpotSettings = setup.settings
    quota = quota_of(result, now_ms)
    if result.status < 300:
        judged = list(_accepted(send, result))
        over = day_is_over(result)
        return Reply(
            tuple(outcome for outcome, _ in judged), quota,
            settings.next_day_ms(now_ms) if over else None,
            tuple(handle for _, handle in judged), over,
        )  # fmt: skip
    error = failed(body_of(result))
    if result.status == 429:
        return _throttled(send, result, error, settings, now_ms)
    return Reply(_refused(send, result, error), quota, _wait_ms(result, now_ms))


def _accepted(send: Send, response: Response) -> Iterator[Judged]:
    kind = send.route.partition(":")[0]
    body = body_of(response)
    if kind in ("event", "each", "erase"):
        errors = "; ".join(failed(one).said for one in rows(body, "errors"))
        verdict: Verdict = "split" if errors else "done"
        yield from ((Outcome(verdict, errors), None) for _ in send.items)
    elif body is None:
        lost = Outcome("retry", reason_of(response, "the answer is not JSON"))
        yield from ((lost, None) for _ in send.items)
    elif kind == "list":
        missing = {str(one) for one in body.get("recordIdsMissing") or ()}
        gone = Outcome("again", "HubSpot has no contact of that id any more")
        for item in send.items:
            yield (gone, "") if item.handle in missing else (Outcome("done"), None)
    else:
        yield from _records(send, response, body)


def _records(send: Send, response: Response, body: dict[str, Any]) -> Iterator[Judged]:
    """Contacts that were written or read, each where the answer names it."""
    kind, _, name = send.route.partition(":")
    name = "id" if name == RECORD_ID else name
    found = {key: _id(row) for row in rows(body, "results") for key in _keys(row, name)}
    errors = [failed(error) for error in rows(body, "errors")]
    for number, item in enumerate(send.items):
        trace = str(number)
        keys = (("trace", trace), (name, item.address.value.lower()))
        record = next((found[key] for key in keys if key in found), "")
        if kind == "find":
            yield _sought(response, item, record, errors)
        elif record:
            yield Outcome("again" if kind == "handle" else "done"), record
        else:
            mine = [error for error in errors if error.names(item, trace)]
            yield _failed(response, mine, errors), None


def _keys(row: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """What a row may be told by: the trace we gave, HubSpot's id, the unique property."""
    yield "id", _id(row)
    if "objectWriteTraceId" in row:
        yield "trace", str(row["objectWriteTraceId"])
    properties = row.get("properties")
    if isinstance(properties, dict) and properties.get(name):
        yield name, str(properties[name]).lower()


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or "")


def _sought(response: Response, item: Item, record: str, errors: list[Failed]) -> Judged:
    """Who is not there is in no list; only for leaving one is somebody merely looked for."""
    if record:
        return Outcome("again"), record
    other = [error for error in errors if error.category != NOT_FOUND]
    if other:
        return Outcome("retry", in_words(response, other[0])), None
    if any(value.value for value in item.values):
        return Outcome("refused", "HubSpot has no contact of that id"), None
    return Outcome("done"), None


def _failed(response: Response, mine: list[Failed], errors: list[Failed]) -> Outcome:
    """Why a contact is not among those written."""
    if mine:
        return Outcome(_record_verdict(mine[0]), in_words(response, mine[0]))
    if errors:
        return Outcome("split", in_words(response, errors[0]))
    return Outcome("retry", reason_of(response, "the answer does not say what became of it"))


def _record_verdict(error: Failed) -> Verdict:
    if error.unknown_property:
        return "misconfigured"
    return _RECORD_VERDICTS.get(error.category, "refused")


def _refused(send: Send, response: Response, error: Failed) -> tuple[Outcome, ...]:
    """A request of which nothing was applied, or about which nothing is known."""
    reason = in_words(response, error)
    if response.status == 404 and send.route == "erase":
        return same_for_all(send, "done")
    if response.status == 409:
        # Somebody else writes to the same contact: alone it is tried again.
        return same_for_all(send, "split" if len(send.items) > 1 else "retry", reason)
    if response.status == MOVING:
        return same_for_all(send, "throttled", reason)
    verdict = status_verdict(response.status)
    if verdict != "split":
        return same_for_all(send, verdict, reason)
    if error.unknown_property:
        return same_for_all(send, "misconfigured", reason)
    bad = [error.names(item, str(number)) for number, item in enumerate(send.items)]
    if not any(bad) or send.route.startswith("list:"):
        return same_for_all(send, "split", reason)
    rest = Outcome("unsent", "sent together with a bad contact")
    return tuple(Outcome("refused", reason) if wrong else rest for wrong in bad)


def _throttled(
    send: Send, response: Response, error: Failed, settings: HubSpotSettings, now_ms: int
) -> Reply:
    """Too fast, or no more today: the policy's name says which."""
    policy = str((body_of(response) or {}).get("policyName", ""))
    over = policy == "DAILY" or (not policy and "daily limit" in error.said.lower())
    wait_ms = settings.next_day_ms(now_ms) if over else now_ms + WINDOW_MS
    after_ms = retry_after_ms(response, now_ms)
    reason = in_words(response, error) + (f" ({policy})" if policy else "")
    return Reply(
        same_for_all(send, "throttled", reason), None,
        wait_ms if after_ms is None else after_ms, day_over=over,
    )  # fmt: skip


def _wait_ms(response: Response, now_ms: int) -> int | None:
    """When it wants to be asked again."""
    after_ms = retry_after_ms(response, now_ms)
    if response.status == LOCKED:
        return max(after_ms or 0, now_ms + LOCKED_MS)
    if response.status == MOVING and after_ms is None:
        return now_ms + MOVING_MS
    return after_ms
