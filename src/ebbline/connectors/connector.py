"""What a connector is: a record of pure functions and data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from ebbline.connectors.addresses import url_problem
from ebbline.connectors.conversation import Asked, Conversation, Members, Readback, Session
from ebbline.connectors.request import Request, Result
from ebbline.delivery import Address, Feed, Limits, Reply, Send
from ebbline.delivery.feeds import ATTRIBUTE
from ebbline.profiles.graph import Identifier

Settings = TypeVar("Settings", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True):
    """A setting that has to be mended: which one, and a sentence about it. `hidden`: what
    stands there is a secret, not to be shown beside the sentence."""

    where: str
    message: str
    hidden: bool = False


class Setup(msgspec.Struct, frozen=True):
    """What requests are made with: the settings (as `read_settings` gave them, secrets in their
    place), the session's token, and what `prepare` learned: the vendor's ids of things that
    fields name (a list, a segment), by the field."""

    settings: Any
    token: str = ""
    ids: Mapping[str, str] = {}


def one_route(address: Address, handle: str, feed: Feed, value: Any, settings: Any) -> str:
    """A connector with one kind of request."""
    del address, handle, feed, value, settings
    return ""


def joins_nobody(old: Address, new: Address, settings: Any) -> bool:
    """A connector that cannot join two addresses."""
    del old, new, settings
    return False


class Connector(msgspec.Struct, frozen=True):
    """One kind of destination. `settings` below is what `read_settings` gave.

    `secret_keys` are settings that must be references (env:, file:, store:); in
    `reference_keys` they may be. The host puts the secrets in their place before
    `read_settings`. `modes` are the forms in which it takes a sync, the usual one first.

    `route` names the kind of request a value needs; `encode` gets values of one route.
    `authorize` begins a session (None: the settings are enough). `prepare` makes sure that what
    the feeds name is there, with the permissions it takes, and learns its ids; it runs before
    the first request and again after a misconfiguration. `read_back` tells what the destination
    holds of some people (at most `read_back_max`), `members` everybody it holds in a list.
    `follows` says whether it can join an address to the one its person moved to; if so an
    errand `$follow` is sent. `transport` is the host's way to make its requests.
    """

    type: str
    secret_keys: tuple[str, ...]
    reference_keys: tuple[str, ...]
    read_settings: Callable[[dict[str, Any]], Any]  # -> settings | tuple[Problem, ...]
    limits: Callable[[Any], Limits]
    address: Callable[[Sequence[Identifier], Any], Address | None]
    encode: Callable[[Send, Setup], Request]
    classify: Callable[[Send, Result, Setup, int], Reply]
    field_problem: Callable[[str, str], str]  # (field, mode); "" for nothing wrong
    modes: tuple[str, ...] = (ATTRIBUTE,)
    route: Callable[[Address, str, Feed, Any, Any], str] = one_route
    follows: Callable[[Address, Address, Any], bool] = joins_nobody
    authorize: Callable[[Any], Conversation[Session]] | None = None
    prepare: Callable[[Sequence[Feed], Setup], Conversation[dict[str, str]]] | None = None
    read_back: Callable[[Sequence[Asked], Setup], Readback] | None = None
    read_back_max: int = 0
    members: Callable[[Feed, Setup], Members] | None = None
    transport: Literal["http", "sql", "file"] = "http"


def convert(raw: dict[str, Any], kind: type[Settings]) -> Settings | tuple[Problem, ...]:
    """Settings as written into their record, or what is wrong with them."""
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    strange = tuple(
        Problem(key, f'There is no setting "{key}" here{_suggestion(key, known)}.')
        for key in raw
        if key not in known
    )
    if strange:
        return strange
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        where = path.rstrip("`").lstrip(".")
        return (Problem(where, text.replace("Object missing required field", "It needs") + "."),)


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f'; did you mean "{close[0]}"?' if close else f"; there are {', '.join(known)}"


def address_problem(where: str, url: str) -> tuple[Problem, ...]:
    """What is wrong with an address we are to send secrets and people's data to."""
    problem = url_problem(url)
    return (Problem(where, problem),) if problem else ()
