"""Mailchimp: audiences as tags, values as merge fields, changes as events of a contact."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.mailchimp.classify import classify
from ebbline.connectors.mailchimp.encode import address, encode, route
from ebbline.connectors.mailchimp.limits import READ_BACK_PEOPLE
from ebbline.connectors.mailchimp.settings import field_problem, limits, read_settings
from ebbline.connectors.mailchimp.talks import members, prepare, read_back

MAILCHIMP = Connector(
    type="mailchimp",
    secret_keys=("key",),
    reference_keys=(),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=("attribute", "list", "event"),
    route=route,
    prepare=prepare,
    read_back=read_back,
    read_back_max=READ_BACK_PEOPLE,
    members=members,
)

__all__ = ["MAILCHIMP"]
