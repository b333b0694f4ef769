"""The destinations a storm can visit: a definition, a sandbox, and what the sandbox holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.hubspot.sandbox import Portal
from ebbline.connectors.mailchimp.sandbox import Account
from ebbline.connectors.marketo.sandbox import Instance
from ebbline.connectors.sfmc.sandbox import Tenant
from ebbline.connectors.webhook.sandbox import Receiver
from ebbline.definitions.plan import DestinationDef, SyncDef
from tests.simulation.delivery.world import AUDIENCES, TRAIT_NAME
from tests.simulation.weather import partly

MIN_CHANGE = 5
IN_LIST = "vip"
"""The audience that is a list where a destination has lists."""
Held = dict[str, dict[str, Any]]
"""By the value of an address: fields by our own names, in our terms."""

ENVIRON = {"KEY": "secret", "MC_KEY": "secret-us21"}


class Place(msgspec.Struct, frozen=True):
    """One destination. `host` is that of its endpoint, by which requests find the sandbox.
    `flip(vendor, address, audience)` changes a membership there behind our back."""

    name: str
    host: str
    definition: DestinationDef
    vendor: Callable[[], Any]
    held: Callable[[Any], Held]
    flip: Callable[[Any, str, str], None] | None = None
    partly: partly.Partly | None = None


def place(type_, vendor, held, flip=None, *, name=None, lists=False, names=None, **settings):
    """A destination at a host of its own; `names` are what it calls our fields."""
    names = names or {}
    name = name or type_
    syncs = [
        SyncDef(
            names.get(audience, audience), audience=audience,
            mode="list" if lists and audience == IN_LIST else "",
        )
        for audience in AUDIENCES
    ]  # fmt: skip
    syncs.append(
        SyncDef(names.get(TRAIT_NAME, TRAIT_NAME), trait=TRAIT_NAME, min_change=MIN_CHANGE)
    )
    definition = DestinationDef(name, type_, settings, tuple(syncs))
    return Place(
        name, f"{name}.example", definition, vendor, held, flip, getattr(partly, type_, None)
    )


# -- Braze and webhooks --------------------------------------------------------------------


def _braze_held(workspace: Any) -> Held:
    found = {}
    for user in workspace.users.listed():
        name = user.get("external_id") or user["user_alias"]["alias_name"]
        found[name] = user["custom_attributes"]
    return found


def _braze_flip(workspace: Any, name: str, audience: str) -> None:
    held = _braze_held(workspace)[name]
    held[audience] = not held.get(audience, False)


def _webhook_held(receiver: Any) -> Held:
    return {name.partition(":")[2]: held for name, held in receiver.people.items()}


def _receiver() -> Receiver:
    return Receiver(None, requests=1_000, window_ms=1_000)


BRAZE = place(
    "braze", lambda: Workspace("secret", objects_max=75, requests=3_000, window_ms=3_000),
    _braze_held, _braze_flip, endpoint="https://braze.example", key="env:KEY",
)  # fmt: skip
HEALTHY = place(
    "webhook", _receiver, _webhook_held, name="healthy", url="https://healthy.example/in"
)
HOOK = place(
    "webhook", _receiver, _webhook_held, name="hook", url="https://hook.example/in", batch_size=20
)

# -- HubSpot -------------------------------------------------------------------------------


def _hubspot_held(portal: Any) -> Held:
    found: Held = {}
    for contact in portal.contacts.listed():
        properties = contact["properties"]
        held = {name: properties.get(name) == "true" for name in AUDIENCES}
        held[IN_LIST] = any(contact["id"] in each for each in portal.lists.members.values())
        score = properties.get(TRAIT_NAME)
        held[TRAIT_NAME] = float(score) if score else None
        found[properties["email"]] = held
    return found


def _hubspot_flip(portal: Any, name: str, audience: str) -> None:
    record = portal.contacts.find("email", name)
    if audience == IN_LIST:
        (members,) = portal.lists.members.values()
        _toggle(members, record)
    else:
        held = portal.contacts.held[record]
        held[audience] = "false" if held.get(audience) == "true" else "true"


HUBSPOT = place(
    "hubspot", lambda: Portal("secret"), _hubspot_held, _hubspot_flip, lists=True,
    endpoint="https://hubspot.example", token="env:KEY",
)  # fmt: skip

# -- Marketo -------------------------------------------------------------------------------

_LEAD_FIELDS = {"high_intent": "boolean", "churn": "boolean", TRAIT_NAME: "float"}


def _marketo() -> Any:
    instance = Instance("secret", "secret", fields=_LEAD_FIELDS)
    instance.lists.make(IN_LIST)
    return instance


def _marketo_held(instance: Any) -> Held:
    (members,) = instance.lists.members.values()
    return {
        lead["email"]: {
            **{name: bool(lead.get(name)) for name in AUDIENCES},
            IN_LIST: record in members,
            TRAIT_NAME: lead.get(TRAIT_NAME),
        }
        for record, lead in instance.leads.held.items()
    }


def _marketo_flip(instance: Any, name: str, audience: str) -> None:
    (record,) = [r for r, lead in instance.leads.held.items() if lead["email"] == name]
    if audience == IN_LIST:
        (members,) = instance.lists.members.values()
        _toggle(members, record)
    else:
        lead = instance.leads.held[record]
        lead[audience] = not lead.get(audience)


MARKETO = place(
    "marketo", _marketo, _marketo_held, _marketo_flip, lists=True,
    endpoint="https://marketo.example", client_id="env:KEY", client_secret="env:KEY",
)  # fmt: skip

# -- Mailchimp -----------------------------------------------------------------------------

_MERGE = {"high_intent": "HIGHINT", "churn": "CHURN", TRAIT_NAME: "SCORE"}


def _mailchimp_held(account: Any) -> Held:
    found: Held = {}
    for contact in account.contacts.by_hash.values():
        merge = contact.merge_fields
        held = {ours: merge.get(theirs) == "true" for ours, theirs in _MERGE.items()}
        held[IN_LIST] = bool(contact.tags)
        score = merge.get(_MERGE[TRAIT_NAME])
        held[TRAIT_NAME] = None if score in (None, "") else float(score)
        found[contact.email] = held
    return found


def _mailchimp_flip(account: Any, name: str, audience: str) -> None:
    contact = account.contacts.find(name)
    if audience == IN_LIST:
        (tag,) = account.contacts.tags
        contact.tags ^= {tag}
    else:
        field = _MERGE[audience]
        contact.merge_fields[field] = "" if contact.merge_fields.get(field) == "true" else "true"


MAILCHIMP = place(
    "mailchimp", lambda: Account("secret-us21", "4ca5becb8d"), _mailchimp_held, _mailchimp_flip,
    lists=True, names=_MERGE, endpoint="https://mailchimp.example", key="env:MC_KEY",
    list_id="4ca5becb8d",
)  # fmt: skip

# -- Salesforce Marketing Cloud ------------------------------------------------------------


def _sfmc_held(tenant: Any) -> Held:
    return tenant.extension.rows


def _sfmc_flip(tenant: Any, name: str, audience: str) -> None:
    row = tenant.extension.rows[name]
    row[audience] = not row.get(audience)


SFMC = place(
    "sfmc", lambda: Tenant("secret", "secret", "Audiences"), _sfmc_held, _sfmc_flip,
    subdomain="mc1", endpoint="https://sfmc.example", client_id="env:KEY",
    client_secret="env:KEY", extension="Audiences",
)  # fmt: skip


def _toggle(members: dict[Any, None], record: Any) -> None:
    if record in members:
        del members[record]
    else:
        members[record] = None


PLACES = (BRAZE, HOOK, HUBSPOT, MARKETO, MAILCHIMP, SFMC)
READABLE = (BRAZE, HUBSPOT, MARKETO, MAILCHIMP, SFMC)
"""Those that can be read back."""
