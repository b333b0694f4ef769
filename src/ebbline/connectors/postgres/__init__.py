"""PostgreSQL: memberships and traits mirrored into tables."""

from ebbline.connectors.connector import Connector
from ebbline.connectors.postgres.classify import classify
from ebbline.connectors.postgres.encode import address, encode
from ebbline.connectors.postgres.limits import READ_BACK_PEOPLE_MAX
from ebbline.connectors.postgres.settings import field_problem, limits, read_settings
from ebbline.connectors.postgres.talks import members, prepare, read_back

POSTGRES = Connector(
    type="postgres",
    secret_keys=("dsn",),
    reference_keys=(),
    read_settings=read_settings,
    limits=limits,
    address=address,
    encode=encode,
    classify=classify,
    field_problem=field_problem,
    prepare=prepare,
    read_back=read_back,
    read_back_max=READ_BACK_PEOPLE_MAX,
    members=members,
    transport="sql",
)

__all__ = ["POSTGRES"]
