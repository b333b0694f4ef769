"""A connection to a database, at an address the guard has said yes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ebbline.errors import EbblineError
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.transport import Lookup
from ebbline.hosts.embedded.deliver.transports.limits import CONNECT_SECONDS

if TYPE_CHECKING:
    import psycopg

_PORT = "5432"

# While a connection comes about libpq hands on the server's words without their code. These are
# PostgreSQL's own, in English; in other languages they only lead to another try.
_WORDS = (
    (re.compile(r"password authentication failed|no password supplied"), "28P01"),
    (re.compile(r"no pg_hba\.conf entry|role .* does not exist|not permitted to log in"), "28000"),
    (re.compile(r"certificate|server does not support SSL|root\.crt"), "28000"),
    (re.compile(r"database .* does not exist"), "3D000"),
    (re.compile(r"permission denied for database"), "42501"),
    (re.compile(r"too many (clients|connections)|connection slots are reserved"), "53300"),
    (re.compile(r"the database system is "), "57P03"),
)  # fmt: skip


class Unreadable(EbblineError):
    """A connection string that is none; the message does not repeat it, it is a secret."""


async def connect(
    headers: Mapping[str, str], guard: Guard, lookup: Lookup
) -> psycopg.AsyncConnection[Any]:
    """A connection to what the header `authorization` names.

    Raises Unreadable, RequestRefused, OSError or psycopg.Error.
    """
    import psycopg  # noqa: PLC0415 - heavy, an extra

    parameters = await _vetted(_read(headers.get("authorization", "")), guard, lookup)
    if headers.get("sslrootcert"):
        parameters["sslrootcert"] = headers["sslrootcert"]
    return await psycopg.AsyncConnection.connect(
        **parameters | {
            "sslmode": headers.get("sslmode", "verify-full"),
            "gssencmode": "disable",
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "ebbline",
        },
        prepare_threshold=None,  # a pooler in between need not know prepared statements
    )  # fmt: skip


def state_of_words(words: str) -> str:
    """The SQLSTATE of what a server says before anybody is let in; "" for none known.

    >>> state_of_words('FATAL:  database "shop" does not exist')
    '3D000'
    """
    return next((state for pattern, state in _WORDS if pattern.search(words)), "")


def _read(dsn: str) -> dict[str, Any]:
    import psycopg  # noqa: PLC0415 - heavy, an extra
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        parameters: dict[str, Any] = dict(conninfo_to_dict(dsn))
    except psycopg.ProgrammingError:
        raise Unreadable(
            "dsn is no connection string; expected postgresql://user:password@host/database"
        ) from None
    if not parameters.get("host") and not parameters.get("hostaddr"):
        raise Unreadable("dsn names no host; expected postgresql://user:password@host/database")
    return parameters


async def _vetted(parameters: dict[str, Any], guard: Guard, lookup: Lookup) -> dict[str, Any]:
    """The parameters with every host's addresses in them. A socket of this machine counts as
    `localhost` with its port."""
    hosts = str(parameters.get("host") or parameters["hostaddr"]).split(",")
    given = str(parameters.get("hostaddr") or "").split(",")
    ports = str(parameters.get("port") or _PORT).split(",")
    found: list[tuple[str, str, str]] = []
    for number, host in enumerate(hosts):
        port = (ports[number] if len(ports) > 1 else ports[0]) or _PORT
        if host.startswith(("/", "@")):
            guard.check(f"https://localhost:{port}")
            found.append((host, "", port))
            continue
        written = given[number] if number < len(given) and given[number] else host
        bare = f"[{written}]" if ":" in written else written
        target = guard.check(f"https://{bare}:{port}")
        addresses = [target.host] if target.address else await lookup(target.host, target.port)
        guard.vet(target, addresses)
        found += [(host, address, port) for address in dict.fromkeys(addresses)]
    hosts, addresses, ports = (list(column) for column in zip(*found, strict=True))
    return parameters | {
        "host": ",".join(hosts),
        "hostaddr": ",".join(addresses),
        "port": ",".join(ports),
    }
