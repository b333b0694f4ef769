"""People's values as a Marketo call: leads, members of a static list, or a campaign to start.

Leads and lists are set absolutely, so a repeated call does no harm. A campaign has no room for
an id by which a repeat could be told; whether it runs twice is its own setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.marketo.limits import PAGE
from ebbline.connectors.marketo.settings import LEAD_ID, MarketoSettings
from ebbline.connectors.marketo.values import written
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Feed, Send
from ebbline.delivery.feeds import ERASE, LIST, TRIGGER
from ebbline.profiles.graph import Identifier

LEADS = "/rest/v1/leads.json"
FORM = "application/x-www-form-urlencoded"


def address(identifiers: Sequence[Identifier], settings: MarketoSettings) -> Address | None:
    """The first field of `identify` that the person has an identifier for."""
    for wanted, name in settings.identify.items():
        for identifier in identifiers:
            if identifier.type == wanted:
                return Address(name, identifier.value)
    return None


def route(address: Address, handle: str, feed: Feed, value: Any, settings: MarketoSettings) -> str:
    """The kind of call. Lists, campaigns and deletions need Marketo's own id of the lead: to
    come into a list or a campaign the lead is made ("handle"); otherwise it is only looked for
    ("find"), since who is not there is in no list."""
    if feed.mode not in (LIST, TRIGGER, ERASE):
        return f"leads:{address.kind}"
    if not handle:
        makes = feed.mode == TRIGGER or (feed.mode == LIST and bool(value))
        return f"{'handle' if makes and address.kind != LEAD_ID else 'find'}:{address.kind}"
    if feed.mode == LIST:
        return f"list:{'add' if value else 'remove'}:{feed.field}"
    if feed.mode == ERASE:
        return "erase"
    # A call has one value of the token for all its leads.
    told = f":{token_text(feed.kind, value)}" if settings.member_token else ""
    return f"trigger:{feed.field}{told}"


def encode(send: Send, setup: Setup) -> Request:
    """The call; its leads are in the order of the send's items."""
    kind, _, rest = send.route.partition(":")
    match kind:
        case "find":
            return asking(setup, rest, [item.address.value for item in send.items], [])
        case "list":
            verb, _, field = rest.partition(":")
            ids = urlencode([("id", item.handle) for item in send.items])
            path = f"/rest/v1/lists/{quote(setup.ids[field], safe='')}/leads.json?{ids}"
            return made(setup, "POST" if verb == "add" else "DELETE", path)
        case "trigger":
            return _trigger(send, setup)
        case "erase":
            content = {"input": [{"id": id_of(item.handle)} for item in send.items]}
            return made(setup, "POST", "/rest/v1/leads/delete.json", content)
        case _:
            return _leads(send, setup, rest, with_values=kind == "leads")


def asking(
    setup: Setup, kind: str, values: Sequence[str], fields: Sequence[str], page: str = ""
) -> Request:
    """A call for leads by a field. It goes as a POST that stands for a GET: addresses would make
    a line too long, and they stay out of logs of lines."""
    form = {
        "filterType": kind,
        "filterValues": ",".join(values),
        "fields": ",".join(dict.fromkeys([LEAD_ID, kind, *fields])),
        "batchSize": str(PAGE),
    }
    return made_form(
        setup, f"{LEADS}?_method=GET", form | ({"nextPageToken": page} if page else {})
    )


def made_form(setup: Setup, path: str, form: dict[str, str]) -> Request:
    """A call with the token in its header and a form as its body."""
    request = made(setup, "POST", path)
    headers = (*request.headers, ("Content-Type", FORM))
    return msgspec.structs.replace(request, headers=headers, body=urlencode(form).encode())


def made(setup: Setup, method: str, path: str, content: Any = None) -> Request:
    """A call with the token in its header, never in its line; a body unless it says nothing."""
    settings: MarketoSettings = setup.settings
    headers = [("Authorization", f"Bearer {setup.token}")]
    body = b""
    if content is not None:
        headers.append(("Content-Type", "application/json"))
        body = msgspec.json.encode(content)
    return Request(method, settings.instance + path, tuple(headers), body)


def id_of(text: str) -> int | str:
    """Marketo's ids are numbers; what is none is left for Marketo to refuse."""
    return int(text) if text.isascii() and text.isdigit() else text


def token_text(kind: str, value: Any) -> str:
    """A value as the text of a program's token."""
    plain = written(kind, value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _leads(send: Send, setup: Setup, key: str, *, with_values: bool) -> Request:
    settings: MarketoSettings = setup.settings
    rows: list[dict[str, Any]] = []
    for item in send.items:
        name = item.address.value
        row: dict[str, Any] = {key: id_of(name) if key == LEAD_ID else name}
        if with_values:
            row |= {value.field: written(value.kind, value.value) for value in item.values}
        rows.append(row)
    # Nobody can be made with an id of our choice.
    action = "updateOnly" if key == LEAD_ID else "createOrUpdate"
    content: dict[str, Any] = {"action": action, "lookupField": key, "asyncProcessing": False}
    if settings.partition:
        content["partitionName"] = settings.partition
    return made(setup, "POST", LEADS, {**content, "input": rows})


def _trigger(send: Send, setup: Setup) -> Request:
    settings: MarketoSettings = setup.settings
    first = send.items[0].values[0]
    told: dict[str, Any] = {"leads": [{"id": id_of(item.handle)} for item in send.items]}
    if settings.member_token:
        text = token_text(first.kind, first.value)
        told["tokens"] = [{"name": settings.member_token, "value": text}]
    path = f"/rest/v1/campaigns/{quote(setup.ids[first.key], safe='')}/trigger.json"
    return made(setup, "POST", path, {"input": told})
