"""What a connector is: a record of pure functions and data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from ebbline.connectors.request import Request, Result
from ebbline.delivery import Address, Limits, Reply, Send
from ebbline.profiles.graph import Identifier

Settings = TypeVar("Settings", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True):
    """A setting that has to be mended: which one, and a sentence about it."""

    where: str
    message: str


class Connector(msgspec.Struct, frozen=True):
    """One kind of destination. `settings` below is what `read_settings` gave.

    `secret_keys` are settings that must be references (env:, file:); in `reference_keys` they
    may be. The host puts the secrets in their place before `read_settings`.
    """

    type: str
    secret_keys: tuple[str, ...]
    reference_keys: tuple[str, ...]
    read_settings: Callable[[dict[str, Any]], Any]  # -> settings | tuple[Problem, ...]
    limits: Callable[[Any], Limits]
    address: Callable[[Sequence[Identifier]], Address | None]
    encode: Callable[[Send, Any], Request]
    classify: Callable[[Send, Result, Any, int], Reply]
    field_problem: Callable[[str], str]  # what is wrong with a field's name; "" for nothing


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
    scheme, _, rest = url.partition("://")
    host = rest.split("/")[0].rsplit("@", 1)[-1]
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else ""
    name = name or host.split(":")[0]
    if scheme not in ("https", "http") or not name or " " in url:
        return (Problem(where, f'"{url}" is no web address; expected https://...'),)
    if "@" in rest.split("/")[0]:
        return (Problem(where, "A web address must not hold a user name or a password."),)
    if scheme == "http" and name not in ("localhost", "127.0.0.1", "[::1]"):
        message = "http would show keys and people's data to the network; use https."
        return (Problem(where, message),)
    return ()
