"""The one table of who may do what. Everything that is not in it is denied.

A route of the API asks for one scope; a role is a set of scopes; a key has a role, and may be
narrowed to some of its scopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SCOPES: Final = {
    "status:read": "how the system stands, and this document",
    "definitions:read": "audiences, traits, versions, the tracking plan, SQL",
    "definitions:plan": "check a project and foretell what it would do",
    "definitions:apply": "make a version live, go back, give one up",
    "memberships:read": "one person's audiences, for personalisation",
    "people:read": "profiles, events, members, the ledger, explanations",
    "people:write": "merge, unmerge, put somebody into an audience by hand",
    "events:read": "live events, sources, the quarantine",
    "deliveries:read": "destinations, deliveries without bodies, service levels",
    "deliveries:raw": "requests and replies of a delivery, drift one by one",
    "deliveries:write": "retry, pause, reconcile, silence alarms",
    "keys:manage": "make, list and revoke keys",
    "audit:read": "who changed what, and when",
}

_VIEWER = frozenset({"status:read", "definitions:read", "deliveries:read"})
_ANALYST = _VIEWER | {
    "definitions:plan", "memberships:read", "people:read", "events:read", "deliveries:raw",
}  # fmt: skip
_BUILDER = _ANALYST | {"definitions:apply", "deliveries:write"}
_ADMIN = _BUILDER | {"people:write", "audit:read"}

ROLES: Final[dict[str, frozenset[str]]] = {
    "owner": _ADMIN | {"keys:manage"},
    "admin": _ADMIN,
    "builder": _BUILDER,
    "analyst": _ANALYST,
    "viewer": _VIEWER,
}


def scopes_of(role: str, only: Iterable[str] = ()) -> frozenset[str]:
    """What a key may: its role's scopes, or those of them that it is narrowed to. A role or a
    scope that is not in the table gives nothing.

    >>> sorted(scopes_of("viewer", ["status:read", "keys:manage"]))
    ['status:read']
    >>> scopes_of("god")
    frozenset()
    """
    whole, chosen = ROLES.get(role, frozenset()), frozenset(only)
    return whole & chosen if chosen else whole
