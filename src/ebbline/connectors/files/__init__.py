"""Files: changes written into a folder, as lines of JSON or CSV."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.files.classify import classify
from ebbline.connectors.files.encode import address, encode
from ebbline.connectors.files.settings import field_problem, limits, read_settings
from ebbline.delivery.feeds import ATTRIBUTE, EVENT

FILES = Connector(
    type="files",
    secret_keys=(),
    reference_keys=(),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    modes=(EVENT, ATTRIBUTE),
    transport="file",
)

__all__ = ["FILES"]
