"""Shapes of keys, of the record of changes, and of errors."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ebbline.client.shapes.words import Instant

Role = Literal["owner", "admin", "builder", "analyst", "viewer"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request."""

    where: Annotated[str, Meta(examples=["body.limit"])]
    message: Annotated[str, Meta(examples=["Expected `int`, got `str`"])]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not carried out (RFC 9457, problem details). `code` is stable, `type`
    leads to its documentation, `detail` is a sentence for people."""

    type: Annotated[str, Meta(examples=["docs/reference/api.md#not_found"])]
    title: Annotated[str, Meta(examples=["Not found"])]
    status: Annotated[int, Meta(examples=[404])]
    code: Annotated[str, Meta(examples=["not_found"])]
    detail: Annotated[str, Meta(examples=['Nobody is known as "ana".'])]
    instance: Annotated[str, Meta(examples=["/v1/profile"])]
    errors: list[Trouble] = []


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The key that asks."""

    key: Annotated[int, Meta(examples=[7])]
    name: Annotated[str, Meta(examples=["ci"])]
    role: Role
    scopes: Annotated[list[str], Meta(examples=[["status:read", "definitions:read"]])]
    units_a_second: Annotated[int, Meta(examples=[10_000])]


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is listed: never its text. `scopes` is what it may."""

    id: Annotated[int, Meta(examples=[7])]
    name: Annotated[str, Meta(examples=["ci"])]
    role: Role
    scopes: Annotated[list[str], Meta(examples=[["status:read", "definitions:read"]])]
    shown: Annotated[str, Meta(examples=["ebk_Qm3kXz…"])]
    units_a_second: Annotated[int, Meta(examples=[10_000])]
    created: Instant
    created_by: Annotated[str, Meta(examples=["ana"])]
    expires: Instant | None
    revoked: Instant | None


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Every key there ever was."""

    keys: list[KeyShown]


class KeyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make. `scopes` narrows the role; empty: all that the role has."""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["ci"])]
    role: Role
    scopes: Annotated[list[str], Meta(max_length=20, examples=[[]])] = []
    units_a_second: Annotated[int, Meta(ge=0, le=10_000_000, examples=[0])] = 0
    expires: Instant | None = None


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new key and its text, which is shown only here."""

    key: KeyShown
    text: Annotated[str, Meta(examples=["ebk_Qm3kXzP0uTqkW1nJ5vYb8rLd2sGh6fCe9aVx4oZi7Mw"])]


class ChangeMade(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has changed something. `action` is an operation of this API or a command;
    `key` is null for the command line."""

    seq: Annotated[int, Meta(examples=[41])]
    at: Instant
    who: Annotated[str, Meta(examples=["ci"])]
    key: Annotated[int | None, Meta(examples=[7])]
    action: Annotated[str, Meta(examples=["pause_destination"])]
    target: Annotated[str, Meta(examples=["/v1/destinations/braze/pause"])]
    detail: Annotated[str, Meta(examples=[""])]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The record of changes, newest first; `older` is where the next page begins."""

    changes: list[ChangeMade]
    older: Annotated[int | None, Meta(examples=[None])]
