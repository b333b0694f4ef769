"""Braze: audiences and traits as custom attributes through POST /users/track."""

from ebbline.connectors.braze.classify import classify
from ebbline.connectors.braze.encode import address, encode
from ebbline.connectors.braze.settings import field_problem, limits, read_settings
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
)

__all__ = ["BRAZE"]
