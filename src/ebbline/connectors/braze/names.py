"""Names that mean something to Braze: of identifiers, attributes of its own, and endpoints."""

from __future__ import annotations

import msgspec

from ebbline.delivery.feeds import ATTRIBUTE, ERASE, EVENT, SUBSCRIPTION, TRIGGER

ALIAS_LABEL = "anonymous_id"
EXTERNAL_ID = "external_id"
USER_ALIAS = "user_alias"
GROUPS = "subscription_groups"

# Keys by which Braze tells whom an object is about and how to take it.
RESERVED = frozenset(
    ["external_id", "user_alias", "braze_id", "_update_existing_only", "_merge_objects", GROUPS]
)

# Attributes with a place of their own in a profile; all others are custom attributes.
STANDARD = frozenset(
    ["country", "current_location", "date_of_first_session", "date_of_last_session", "dob",
     "email", "email_subscribe", "facebook", "first_name", "gender", "home_city", "image_url",
     "language", "last_name", "marked_email_as_spam_at", "phone", "push_subscribe", "push_tokens",
     "time_zone", "twitter"]
)  # fmt: skip


class Endpoint(msgspec.Struct, frozen=True):
    """Where a kind of request goes, and the permission its key needs."""

    path: str
    permission: str


TRACK = Endpoint("/users/track", "users.track")
EXPORT = Endpoint("/users/export/ids", "users.export.ids")
STATUS = Endpoint("/v2/subscription/status/set", "subscription.status.set")
CANVAS = Endpoint("/canvas/trigger/send", "canvas.trigger.send")
IDENTIFY = Endpoint("/users/identify", "users.identify")
MERGE = Endpoint("/users/merge", "users.merge")
DELETE = Endpoint("/users/delete", "users.delete")

BY_ROUTE = {
    "": TRACK,
    "handle": TRACK,
    "event": TRACK,
    "subscription": STATUS,
    "canvas": CANVAS,
    "identify": IDENTIFY,
    "merge": MERGE,
    "delete": DELETE,
}
"""Endpoints by the part of a route before its colon."""

BY_MODE = {
    ATTRIBUTE: (TRACK,),
    EVENT: (TRACK,),
    SUBSCRIPTION: (STATUS, TRACK),
    TRIGGER: (CANVAS, TRACK),
    ERASE: (DELETE,),
}
"""Endpoints that a feed of a mode may need."""


def endpoint_of(route: str) -> Endpoint:
    """Where requests on a route go.

    >>> endpoint_of("canvas:0b8e").permission
    'canvas.trigger.send'
    """
    return BY_ROUTE[route.partition(":")[0]]
