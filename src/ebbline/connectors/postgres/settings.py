"""What a project says about a PostgreSQL database."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, convert
from ebbline.connectors.postgres.limits import (
    BODY_BYTES_MAX,
    CONCURRENT_REQUESTS,
    LINGER_MS,
    NAME_BYTES_MAX,
    PEOPLE,
    PEOPLE_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    RESPONSE_BYTES_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.delivery import Limits

ANY = "any"
ROWS = "rows"
WIDE = "wide"
SYSTEM = "system"

# What follows the prefix: the longest table's name, and room for the name of its key.
_LONGEST_NAME = "memberships_pkey"


class PostgresSettings(msgspec.Struct, frozen=True):
    """`dsn` is a connection string or URI as libpq takes it. `schema` must exist; the tables in
    it begin with `prefix` and are created. `layout` "rows" has a row for each membership and
    trait, "wide" a row for each person and a column for each field. `identify` is the type of
    identifier that fills the column person, "any" the best one of each person as `type:value`.
    `sslmode` and `ca` (a file of certificates, or "system") are libpq's sslmode and sslrootcert.
    """

    dsn: Annotated[str, msgspec.Meta(min_length=1)]
    schema: Annotated[str, msgspec.Meta(min_length=1)] = "public"
    prefix: str = "ebbline_"
    layout: Literal["rows", "wide"] = "rows"
    identify: Annotated[str, msgspec.Meta(min_length=1)] = "user_id"
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    ca: str = SYSTEM
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_MAX)] = PEOPLE


def read_settings(raw: dict[str, Any]) -> PostgresSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, PostgresSettings)
    if isinstance(settings, tuple):
        return settings
    problems = (
        *_name_problem("schema", settings.schema, ""),
        *_name_problem("prefix", settings.prefix, _LONGEST_NAME),
    )
    if settings.sslmode == "verify-ca" and settings.ca == SYSTEM:
        message = "verify-ca needs a file of certificates in ca; verify-full may use the system's."
        problems += (Problem("ca", message),)
    return problems or settings


def field_problem(field: str, mode: str) -> str:
    """In rows any name will do, being a value; what a column cannot be called is known only
    with the layout, and said when the tables are prepared."""
    del mode
    if not field or "\0" in field:
        return "A field needs a name, without a zero byte."
    return ""


def limits(settings: PostgresSettings) -> Limits:
    """How this database is treated."""
    return Limits(
        objects_max=settings.batch_size,
        counts="people",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS,
        window_ms=WINDOW_MS,
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=REQUEST_MS_MAX,
        linger_ms=LINGER_MS,
        response_bytes_max=RESPONSE_BYTES_MAX,
    )


def _name_problem(where: str, text: str, after: str) -> tuple[Problem, ...]:
    if "\0" in text or len((text + after).encode()) > NAME_BYTES_MAX:
        most = NAME_BYTES_MAX - len(after)
        return (Problem(where, f"At most {most} bytes, without a zero byte."),)
    return ()
