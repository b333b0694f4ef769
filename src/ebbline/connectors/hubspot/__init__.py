"""HubSpot: contacts' properties, members of lists and custom events, through the CRM API."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.hubspot.classify import classify
from ebbline.connectors.hubspot.encode import address, encode, route
from ebbline.connectors.hubspot.limits import CONTACTS_MAX
from ebbline.connectors.hubspot.preparing import prepare
from ebbline.connectors.hubspot.settings import MODES, field_problem, limits, read_settings
from ebbline.connectors.hubspot.talks import members, read_back

HUBSPOT = Connector(
    type="hubspot",
    secret_keys=("token",),
    reference_keys=(),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=MODES,
    route=route,
    prepare=prepare,
    read_back=read_back,
    read_back_max=CONTACTS_MAX,
    members=members,
)

__all__ = ["HUBSPOT"]
