"""Salesforce Marketing Cloud: rows of a data extension, and entries into journeys."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.sfmc.classify import classify
from ebbline.connectors.sfmc.encode import address, encode, route
from ebbline.connectors.sfmc.limits import READ_BACK_PEOPLE
from ebbline.connectors.sfmc.settings import field_problem, limits, read_settings
from ebbline.connectors.sfmc.talks import authorize, prepare, read_back

SFMC = Connector(
    type="sfmc",
    secret_keys=("client_secret",),
    reference_keys=("client_id",),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=("attribute", "trigger"),
    route=route,
    authorize=authorize,
    prepare=prepare,
    read_back=read_back,
    read_back_max=READ_BACK_PEOPLE,
)

__all__ = ["SFMC"]
