"""Marketo: leads' fields, members of static lists and campaigns, through the REST API."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.marketo.classify import classify
from ebbline.connectors.marketo.encode import address, encode, route
from ebbline.connectors.marketo.limits import LEADS_MAX
from ebbline.connectors.marketo.preparing import authorize, prepare
from ebbline.connectors.marketo.settings import MODES, field_problem, limits, read_settings
from ebbline.connectors.marketo.talks import members, read_back

MARKETO = Connector(
    type="marketo",
    secret_keys=("client_secret",),
    reference_keys=("client_id",),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=MODES,
    route=route,
    authorize=authorize,
    prepare=prepare,
    read_back=read_back,
    read_back_max=LEADS_MAX,
    members=members,
)

__all__ = ["MARKETO"]
