"""Braze: attributes, events, subscription states and Canvas entries, and joining of users."""

from ebbline.connectors.braze.classify import classify
from ebbline.connectors.braze.encode import address, encode, follows, route
from ebbline.connectors.braze.limits import PEOPLE_MAX
from ebbline.connectors.braze.settings import field_problem, limits, read_settings
from ebbline.connectors.braze.talks import prepare, read_back
from ebbline.connectors.connector import Connector

BRAZE = Connector(
    type="braze",
    secret_keys=("key",),
    reference_keys=(),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=("attribute", "event", "subscription", "trigger"),
    route=route,
    follows=follows,
    prepare=prepare,
    read_back=read_back,
    read_back_max=PEOPLE_MAX,
)

__all__ = ["BRAZE"]
