"""A generic webhook: its body a template or a message of Standard Webhooks 1.0.0, signed."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.webhook.classify import classify
from ebbline.connectors.webhook.encode import address, encode, route
from ebbline.connectors.webhook.settings import field_problem, limits, read_settings
from ebbline.delivery.feeds import ATTRIBUTE, EVENT

WEBHOOK = Connector(
    type="webhook",
    secret_keys=("secret", "secrets", "shared_secret"),
    reference_keys=("headers",),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=(ATTRIBUTE, EVENT),
    route=route,
)

__all__ = ["WEBHOOK"]
