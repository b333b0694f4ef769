"""A generic JSON webhook, signed by Standard Webhooks 1.0.0."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.webhook.classify import classify
from ebbline.connectors.webhook.encode import address, encode
from ebbline.connectors.webhook.settings import field_problem, limits, read_settings

WEBHOOK = Connector(
    type="webhook",
    secret_keys=("secret", "secrets"),
    reference_keys=("headers",),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
)

__all__ = ["WEBHOOK"]
