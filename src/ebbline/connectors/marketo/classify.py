"""What Marketo's answer means for each person of a call.

The results are in the order of the records that were sent; whom it looked up, it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ebbline.connectors.connector import Setup
from ebbline.connectors.marketo.answers import (
    BUSY,
    DAY_IS_OVER,
    NO_LEAD,
    NOT_IN_LIST,
    RUN_CAMPAIGNS,
    TOO_FAST,
    WRITE_LEADS,
    Error,
    body_of,
    call_error,
    call_verdict,
    first_error,
    in_words,
    page_token,
    record_verdict,
    rows,
)
from ebbline.connectors.marketo.limits import BUSY_MS, DAY_MS, DAY_OFFSET_MS, WINDOW_MS
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Outcome, Reply, Send
from ebbline.delivery.send import same_for_all

Judged = tuple[Outcome, str | None]

_BY_ID = frozenset(["list", "trigger", "erase"])


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """Outcomes in the order of the send's items, and ids that were learned."""
    del setup
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    if result.status >= 300:
        verdict = status_verdict(result.status)
        return Reply(same_for_all(send, verdict, reason_of(result)), None,
                     retry_after_ms(result, now_ms))  # fmt: skip
    body = body_of(result)
    if body is None:
        lost = reason_of(result, "the answer is not JSON")
        return Reply(same_for_all(send, "retry", lost))
    error = call_error(body)
    if error is not None:
        return _not_carried_out(send, result, error, now_ms)
    judged = list(_found(send, body) if send.route.startswith("find:")
                  else _by_record(send, result, body))  # fmt: skip
    return Reply(tuple(one for one, _ in judged), handles=tuple(handle for _, handle in judged))


def next_day_ms(now_ms: int) -> int:
    """When the day's quota returns: 00:00 CST.

    >>> next_day_ms(1_767_225_600_000) - 1_767_225_600_000 == 6 * 3_600_000
    True
    """
    return ((now_ms - DAY_OFFSET_MS) // DAY_MS + 1) * DAY_MS + DAY_OFFSET_MS


def _not_carried_out(send: Send, response: Response, error: Error, now_ms: int) -> Reply:
    """A call of which nothing was applied, but for those that ran too long."""
    kind = send.route.partition(":")[0]
    permission = RUN_CAMPAIGNS if kind == "trigger" else WRITE_LEADS
    reason = in_words(response, error, permission)
    if error.code == NO_LEAD and kind in _BY_ID and len(send.items) == 1:
        return Reply((Outcome("done" if kind == "erase" else "again", reason),), handles=("",))
    waits = {TOO_FAST: now_ms + WINDOW_MS, DAY_IS_OVER: next_day_ms(now_ms), BUSY: now_ms + BUSY_MS}
    return Reply(same_for_all(send, call_verdict(error.code), reason), None,
                 waits.get(error.code), day_over=error.code == DAY_IS_OVER)  # fmt: skip


def _by_record(send: Send, response: Response, body: dict[str, Any]) -> Iterator[Judged]:
    kind = send.route.partition(":")[0]
    if kind == "trigger":
        # Its result is the campaign.
        yield from ((Outcome("done"), None) for _ in send.items)
        return
    results = rows(body)
    if len(results) != len(send.items):
        text = f"{len(results)} results for {len(send.items)} records"
        yield from ((Outcome("retry", reason_of(response, text)), None) for _ in send.items)
        return
    for row in results:
        yield _of_a_list(response, row, kind) if kind in _BY_ID else _of_a_lead(response, row, kind)


def _of_a_lead(response: Response, row: dict[str, Any], kind: str) -> Judged:
    error = first_error(row, "reasons")
    if row.get("status") == "skipped" or error is not None:
        error = error or Error("", "skipped without a reason")
        return Outcome(record_verdict(error.code), in_words(response, error, WRITE_LEADS)), None
    if "id" not in row:
        return Outcome("retry", reason_of(response, "the answer has no id for it")), None
    return Outcome("again" if kind == "handle" else "done"), str(row["id"])


def _of_a_list(response: Response, row: dict[str, Any], kind: str) -> Judged:
    """Who is in a list already, or in it no longer, is skipped too."""
    error = first_error(row, "reasons")
    if error is None or error.code == NOT_IN_LIST:
        return Outcome("done"), "" if kind == "erase" else None
    reason = in_words(response, error, WRITE_LEADS)
    if error.code == NO_LEAD:
        return Outcome("done" if kind == "erase" else "again", reason), ""
    return Outcome(record_verdict(error.code), reason), None


def _found(send: Send, body: dict[str, Any]) -> Iterator[Judged]:
    """Who is not there is in no list, and has nothing to be deleted. Of several leads with the
    same value the first counts, as it does for Marketo's users."""
    name = send.route.partition(":")[2]
    ids: dict[str, str] = {}
    for row in sorted(rows(body), key=lambda row: str(row.get("id", "")).zfill(20)):
        ids.setdefault(str(row.get(name, "")).lower(), str(row.get("id", "")))
    for item in send.items:
        record = ids.get(item.address.value.lower(), "")
        if record:
            yield Outcome("again"), record
        elif page_token(body):
            yield Outcome("split", "more leads of these values than fit into one answer"), None
        elif "," in item.address.value:
            yield Outcome("refused", "Marketo cannot look up a value that has a comma"), None
        elif any(value.value and value.kind != "errand" for value in item.values):
            yield Outcome("refused", "Marketo has no lead of that id"), None
        else:
            yield Outcome("done"), None
