"""S3, and object stores that speak like it: changes as objects of JSON lines or CSV."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.files.encode import address
from ebbline.connectors.files.settings import field_problem
from ebbline.connectors.s3.classify import classify
from ebbline.connectors.s3.encode import encode
from ebbline.connectors.s3.settings import limits, read_settings
from ebbline.delivery.feeds import ATTRIBUTE, EVENT

S3 = Connector(
    type="s3",
    secret_keys=("secret", "session_token"),
    reference_keys=("key_id",),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=(EVENT, ATTRIBUTE),
)

__all__ = ["S3"]
