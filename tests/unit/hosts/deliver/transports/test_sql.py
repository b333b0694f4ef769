"""Transactions on a real PostgreSQL: what is answered, and what is certain when it goes wrong."""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec
import psycopg
import pytest

from ebbline.connectors import Failure, Response, connector_of
from ebbline.connectors.postgres.statements import Statement, Transaction, request_of
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.transports import SqlTransport
from ebbline.hosts.embedded.deliver.transports.sql_connecting import state_of_words

POSTGRES = connector_of("postgres")
ALLOWED = Guard(["localhost:5432", "127.0.0.1:5432", "db.test:5432"])


def settings_of(dsn, **more):
    settings = POSTGRES.read_settings({"dsn": dsn, "sslmode": "disable"} | more)
    assert not isinstance(settings, tuple), settings
    return settings


def limits_of(timeout_ms=30_000):
    limits = POSTGRES.limits(settings_of("x"))
    return msgspec.structs.replace(limits, timeout_ms=timeout_ms)


@pytest.fixture
async def sql():
    transport = SqlTransport(ALLOWED)
    yield transport
    await transport.close()


async def ask(sql, dsn, *statements, timeout_ms=30_000, **more):
    request = request_of(settings_of(dsn, **more), *statements)
    return await sql.send(request, limits_of(timeout_ms))


def results(response):
    assert isinstance(response, Response), response
    assert response.status == 200, response.body
    return msgspec.json.decode(response.body)["results"]


async def test_statements_are_carried_out_once_for_each_row_and_together(sql, database):
    made = await ask(
        sql,
        database,
        Statement("CREATE TABLE t (a text, b jsonb, c boolean, d double precision)"),
        Statement(
            "INSERT INTO t VALUES (%s, %s, %s, %s)",
            (("x", '{"k": [1.5, null]}', True, 0.1), ("y", "null", False, None)),
        ),
        Statement("SELECT a, b, c, d FROM t WHERE a = %s", (("x",), ("y",), ("z",))),
    )
    rows = [[["x", {"k": [1.5, None]}, True, 0.1]], [["y", None, False, None]], []]
    assert results(made) == [[[]], [[], []], rows]


async def test_a_failing_statement_undoes_the_whole_transaction(sql, database):
    await ask(sql, database, Statement("CREATE TABLE t (a int PRIMARY KEY)"))
    failed = await ask(sql, database, Statement("INSERT INTO t VALUES (%s)", ((1,), (2,), (1,))))
    assert (failed.status, failed.headers["sqlstate"]) == (400, "23505")
    assert "duplicate key" in msgspec.json.decode(failed.body)["message"]
    assert results(await ask(sql, database, Statement("SELECT a FROM t"))) == [[[]]]


@pytest.mark.parametrize(
    ("sql_text", "row", "state"),
    [
        ("SELECT nothing FROM nowhere", (), "42P01"),
        ("SELECT %s::int", ("x",), "22P02"),
        ("SELECT %s::jsonb", ('"\\u0000"',), "22P05"),
        ("SELECT %s::text", ("a\0b",), "22000"),
        ("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", (), "P0001"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", (), "57P01"),
        ("SELECT pg_sleep(60)", (), "57014"),
    ],
)
async def test_the_servers_own_codes(sql, database, sql_text, row, state):
    failed = await ask(sql, database, Statement(sql_text, (row,)), timeout_ms=2_500)
    assert failed.headers["sqlstate"] == state


async def test_a_connection_is_used_again_and_one_gone_stale_is_replaced(sql, database):
    who = Statement("SELECT pg_backend_pid()")
    ((((first,),),),) = results(await ask(sql, database, who))
    ((((second,),),),) = results(await ask(sql, database, who))
    assert first == second
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (first,))
    ((((third,),),),) = results(await ask(sql, database, who))
    assert third != first


async def test_what_was_not_committed_in_time_is_certainly_not_there(database):
    class Slow(SqlTransport):
        """Gives up while the server still works."""

    sql = Slow(ALLOWED)
    await ask(sql, database, Statement("CREATE TABLE t (a int)"))
    statements = Statement("INSERT INTO t VALUES (1)"), Statement("SELECT pg_sleep(1.5)")
    failed = await ask(sql, database, *statements, timeout_ms=700)
    assert isinstance(failed, Failure)
    assert failed.kind == "unsent"
    await asyncio.sleep(1.5)
    assert results(await ask(sql, database, Statement("SELECT a FROM t"))) == [[[]]]
    await sql.close()


async def test_an_end_of_the_connection_during_the_commit_leaves_it_open(sql, database):
    await ask(
        sql,
        database,
        Statement("CREATE TABLE t (a int)"),
        Statement(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1);"
            " RETURN NULL; END $$"
        ),
        Statement(
            "CREATE CONSTRAINT TRIGGER at_the_end AFTER INSERT ON t DEFERRABLE INITIALLY"
            " DEFERRED FOR EACH ROW EXECUTE FUNCTION f()"
        ),
    )
    failed = await ask(sql, database, Statement("INSERT INTO t VALUES (1)"))
    unknown = isinstance(failed, Failure) and failed.kind == "broken"
    assert unknown or failed.headers["sqlstate"] == "57P01"


@pytest.mark.parametrize(
    ("change", "state"),
    [("dbname=nowhere", "3D000"), ("user=nobody", "28000")],
)
async def test_who_is_not_let_in_is_told_why(sql, database, change, state):
    failed = await ask(sql, f"{database} {change}")
    assert failed.headers["sqlstate"] == state


async def test_a_database_without_room_for_us_is_throttling(sql, database):
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 0")
        try:
            failed = await ask(sql, f"{database} user=narrow", Statement("SELECT 1"))
        finally:
            admin.execute("DROP ROLE narrow")
    assert failed.headers["sqlstate"] == "53300"


async def test_nobody_listens(sql, tmp_path):
    failed = await ask(sql, f"host={tmp_path} dbname=x user=y", Statement("SELECT 1"))
    assert isinstance(failed, Failure)
    assert failed.kind == "unsent"


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("host=169.254.169.254 dbname=x", "hands out its machines' credentials"),
        ("host=10.0.0.1 dbname=x", "a private address"),
        ("postgresql://u@example.org/x", "5432 is a port of other services"),
        ("host=rebound.test dbname=x", "has the address 127.0.0.2, a loopback address"),
        ("host=example.org hostaddr=10.0.0.1 dbname=x", "a private address"),
        ("host=localhost,10.0.0.1 dbname=x", "a private address"),
        ("host=/run/postgresql port=5433 dbname=x", "localhost"),
        ("host=db.test dbname=x", "has the address 169.254.169.254"),
    ],
)
async def test_where_the_guard_lets_nobody_go(dsn, says):
    async def lookup(host, port):
        known = {"db.test": "169.254.169.254", "rebound.test": "127.0.0.2"}
        return [known.get(host, "93.184.216.34")]

    sql = SqlTransport(ALLOWED, lookup)
    failed = await ask(sql, dsn, Statement("SELECT 1"))
    assert isinstance(failed, Failure)
    assert failed.kind == "unsent"
    assert says in failed.reason


@pytest.mark.parametrize("dsn", ["hunter2 is secret", "dbname=hunter2", "postgresql:///hunter2"])
async def test_a_connection_string_that_is_none_is_not_repeated(sql, dsn):
    failed = await ask(sql, dsn, Statement("SELECT 1"))
    assert failed.headers["sqlstate"] == "28000"
    assert b"hunter2" not in failed.body
    assert b"postgresql://user:password@host/database" in failed.body


def test_words_of_a_server_that_lets_nobody_in():
    assert state_of_words('FATAL:  password authentication failed for user "a"') == "28P01"
    assert state_of_words("FATAL:  sorry, too many clients already") == "53300"
    assert state_of_words("FATAL:  the database system is starting up") == "57P03"
    assert state_of_words("server does not support SSL, but SSL was required") == "28000"
    assert state_of_words("Connection refused") == ""


async def test_tls_is_asked_for_unless_it_is_turned_off(sql, database, cluster):
    """The server of these tests speaks no TLS, and its socket needs none; over TCP it is asked."""
    del cluster
    folder = psycopg.conninfo.conninfo_to_dict(database)["host"]
    assert folder.startswith("/")
    over_socket = await ask(sql, database, Statement("SELECT 1"), sslmode="verify-full")
    assert results(over_socket) == [[[[1]]]]

    async def refuse(reader, writer):
        assert await reader.readexactly(8) == b"\0\0\0\x08\x04\xd2\x16\x2f"  # SSLRequest
        writer.write(b"N")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        transport = SqlTransport(Guard([f"127.0.0.1:{port}"]))
        dsn = f"host=127.0.0.1 port={port} dbname=x user=y"
        failed = await ask(transport, dsn, Statement("SELECT 1"), sslmode="verify-full")
    assert failed.headers["sqlstate"] == "28000"


async def test_the_package_is_an_extra(monkeypatch, sql):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    failed = await ask(sql, "host=x dbname=x", Statement("SELECT 1"))
    assert b"pip install 'ebbline[postgres]'" in failed.body


def test_the_body_says_how_often():
    body = request_of(settings_of("x"), Statement("SELECT 1")).body
    assert msgspec.json.decode(body, type=Transaction).statements[0].rows == ((),)
    assert os.environ.get("PGHOST") is None
