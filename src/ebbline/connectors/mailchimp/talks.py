"""What is asked of Mailchimp besides sending: whether the audience is there with the merge
fields and tags that the syncs name, and what it holds of people."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Any

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import (
    Asked,
    Conversation,
    Found,
    Members,
    Readback,
    Refusal,
)
from ebbline.connectors.mailchimp.classify import body_of, verdict_of, words_of
from ebbline.connectors.mailchimp.encode import EMAIL, get, handle_of, post
from ebbline.connectors.mailchimp.limits import PAGE_ENTRIES
from ebbline.connectors.mailchimp.settings import MailchimpSettings
from ebbline.connectors.request import Failure, Request, Result
from ebbline.connectors.statuses import reason_of
from ebbline.delivery import Address, Feed
from ebbline.delivery.feeds import ATTRIBUTE, AUDIENCE, LIST

_NO_DATA_CENTER = (
    "The Mailchimp key does not end in a data center such as -us21; copy it whole, or set"
    " data_center."
)

_Asking = Generator[Request, Result, dict[str, Any] | Refusal]
_Paging = Generator[Request, Result, list[dict[str, Any]] | Refusal]


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Make sure of the audience, create the merge fields and tags that are missing, and learn
    the tags' ids."""
    settings: MailchimpSettings = setup.settings
    if not settings.endpoint and settings.is_cut_off:
        return Refusal("misconfigured", _NO_DATA_CENTER)
    audience = yield from _ask(get(settings, "?fields=id,name"), f"audience {settings.list_id}")
    if isinstance(audience, Refusal):
        return audience
    merged = [feed for feed in feeds if feed.mode == ATTRIBUTE]
    if merged:
        refusal = yield from _merge_fields(merged, settings)
        if refusal is not None:
            return refusal
    tags = [feed.field for feed in feeds if feed.mode == LIST]
    return (yield from _tags(tags, settings)) if tags else {}


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """One request for each person: Mailchimp lists people by audience, not by names."""
    found: list[Found | None] = []
    for one in asked:
        wanted = "?fields=id,email_address,merge_fields,tags"
        request = get(setup.settings, f"/members/{handle_of(one.address.value)}{wanted}")
        result = yield request
        if not isinstance(result, Failure) and result.status == 404:
            found.append(None)
            continue
        body = _content(result, "contact")
        if isinstance(body, Refusal):
            return body
        found.append(_found(one, body))
    return tuple(found)


def members(feed: Feed, setup: Setup) -> Members:
    """Everybody with a tag, page by page."""
    segment = setup.ids.get(feed.field, "")
    held = yield from _pages(
        setup.settings, f"/segments/{segment}/members", "members", "email_address"
    )
    if isinstance(held, Refusal):
        return held
    return tuple(Address(EMAIL, str(one.get("email_address", "")).lower()) for one in held)


def _merge_fields(
    feeds: Sequence[Feed], settings: MailchimpSettings
) -> Generator[Request, Result, Refusal | None]:
    held = yield from _pages(settings, "/merge-fields", "merge_fields", "tag", "type")
    if isinstance(held, Refusal):
        return held
    types = {one.get("tag"): one.get("type") for one in held}
    for feed in feeds:
        wanted = "number" if feed.kind == "number" else "text"
        if feed.field not in types:
            body = {"tag": feed.field, "name": feed.field, "type": wanted}
            what = f"merge field {feed.field}"
            made = yield from _ask(post(settings, "/merge-fields", body), what)
            if isinstance(made, Refusal):
                return made
        elif wanted == "text" and types[feed.field] == "number":
            text = f"The merge field {feed.field} is a number at Mailchimp; expected text."
            return Refusal("misconfigured", f"{text} Change it there, or name another (as: ...).")
    return None


def _tags(names: Sequence[str], settings: MailchimpSettings) -> Conversation[dict[str, str]]:
    held = yield from _pages(settings, "/segments", "segments", "id", "name", more="type=static&")
    if isinstance(held, Refusal):
        return held
    ids = {str(one.get("name")): str(one.get("id")) for one in held}
    for name in names:
        if name not in ids:
            body: dict[str, Any] = {"name": name, "static_segment": []}
            made = yield from _ask(post(settings, "/segments", body), f"tag {name}")
            if isinstance(made, Refusal):
                return made
            ids[name] = str(made.get("id"))
    return {name: ids[name] for name in names}


def _pages(
    settings: MailchimpSettings, path: str, array: str, *fields: str, more: str = ""
) -> _Paging:
    """All entries of a list, as many a page as there can be."""
    found: list[dict[str, Any]] = []
    named = ",".join(f"{array}.{field}" for field in fields)
    while True:
        page = f"?{more}count={PAGE_ENTRIES}&offset={len(found)}&fields={named},total_items"
        body = yield from _ask(get(settings, path + page), path.strip("/"))
        if isinstance(body, Refusal):
            return body
        entries = body.get(array) or []
        found += entries
        if not entries or len(found) >= body.get("total_items", 0):
            return found


def _ask(request: Request, what: str) -> _Asking:
    result = yield request
    return _content(result, what)


def _content(result: Result, what: str) -> dict[str, Any] | Refusal:
    """An answer's content, or why there is none."""
    if isinstance(result, Failure):
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    verdict = verdict_of(result)
    body = body_of(result)
    if verdict == "done" and body is not None:
        return body
    reason = reason_of(result, words_of(result))
    if verdict == "done":
        return Refusal("retry", reason_of(result, "the answer is not JSON"))
    if verdict in ("split", "misconfigured"):
        return Refusal("misconfigured", f"{reason} ({what})")
    return Refusal(verdict, reason)


def _found(asked: Asked, member: dict[str, Any]) -> Found:
    merged = member.get("merge_fields") or {}
    tags = {tag.get("name") for tag in member.get("tags") or ()}
    values: dict[str, Any] = {}
    for feed in asked.feeds:
        if feed.mode == LIST:
            values[feed.field] = feed.field in tags
        elif feed.mode == ATTRIBUTE and feed.kind != "list":  # a list was joined, for good
            values[feed.field] = _ours(feed, merged.get(feed.field, ""))
    return Found(values, str(member.get("id", "")))


def _ours(feed: Feed, held: Any) -> Any:
    if feed.kind == AUDIENCE:
        return held == "true"
    if held in ("", None):
        return None
    if feed.kind == "boolean":
        return {"true": True, "false": False}.get(held, held)
    if feed.kind == "number" and isinstance(held, str):
        return _number(held)
    if feed.kind == "timestamp":
        return _instant_ms(str(held))
    return held


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _instant_ms(text: str) -> int | str:
    """A date in milliseconds; the text itself where it is none, so that it is seen to differ."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
