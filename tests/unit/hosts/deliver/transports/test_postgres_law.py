"""The whole way into a real PostgreSQL: the tables end with what is true, whatever goes wrong."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from hypothesis import given, settings

from ebbline.connectors import Setup
from ebbline.connectors.conversation import Refusal
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.transports import SqlTransport
from tests.unit.connectors import database_law
from tests.unit.connectors.database_law import FEEDS, HISTORIES, LAYOUTS, POSTGRES, SEEDS, said
from tests.unit.connectors.driving import talk_through

# A real server takes milliseconds for what the one in memory does in microseconds.
CASES_MAX = 100
TABLES = ("ebbline_memberships", "ebbline_traits", "ebbline_people", "x_memberships", "x_traits")


class Sync:
    """A transport asked from a test that is no coroutine."""

    def __init__(self):
        self.runner = asyncio.Runner()
        self.transport = SqlTransport(Guard(["localhost:5432"]))
        self.limits: Limits = POSTGRES.limits(POSTGRES.read_settings({"dsn": "x"}))

    def answer(self, request, now_ms):
        return self.runner.run(self.transport.send(request, self.limits))

    def close(self):
        self.runner.run(self.transport.close())
        self.runner.close()


@pytest.fixture(scope="module")
def sync():
    made = Sync()
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(cluster):
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute("CREATE DATABASE law")
    return cluster.replace("dbname=postgres", "dbname=law")


@pytest.fixture(scope="module")
def admin(address):
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def floats(held):
    """Every number as a float: jsonb writes 1e23 with all its digits."""
    if isinstance(held, dict):
        return {name: floats(one) for name, one in held.items()}
    if isinstance(held, list):
        return [floats(one) for one in held]
    return float(held) if type(held) is int else held


def rows(admin, sql):
    return {(person, name): held for person, name, held in admin.execute(sql)}


@settings(max_examples=min(settings().max_examples, CASES_MAX))
@given(HISTORIES, LAYOUTS, SEEDS)
def test_the_tables_end_with_the_newest_values(sync, address, admin, history, layout, seed):
    for table in TABLES:
        admin.execute(f"DROP TABLE IF EXISTS {table}")
    drive = database_law.run(history, sync.answer, seed, dsn=address, **layout)
    database_law.assert_read_back_agrees(drive)
    database_law.assert_members_agree(drive)
    if drive.setup.settings.layout == "rows":
        members, traits = database_law.wanted_rows(drive)
        prefix = drive.setup.settings.prefix
        held = rows(admin, f"SELECT person, audience, member FROM {prefix}memberships")
        assert said(held) == members
        held = said(rows(admin, f"SELECT person, trait, value FROM {prefix}traits"))
        assert floats(held) == floats(traits)


def refusal(sync, talk):
    return talk_through(talk, lambda request: sync.answer(request, 0))


def test_a_late_transaction_turns_nothing_back(sync, address, admin):
    admin.execute("DROP TABLE IF EXISTS ebbline_memberships, ebbline_traits")
    drive = database_law.run([], sync.answer, None, dsn=address)
    drive.change(0, FEEDS[0], True)
    drive.change(0, FEEDS[2], 1)
    drive.settle_all()
    late = drive.requests[:]
    drive.change(0, FEEDS[0], False)
    drive.change(0, FEEDS[2], 2)
    drive.settle_all()
    for request in late:
        assert sync.answer(request, 0).status == 200
    assert rows(admin, "SELECT person, audience, member FROM ebbline_memberships") == {
        ("p1", "vip"): False
    }
    assert rows(admin, "SELECT person, trait, value FROM ebbline_traits") == {("p1", "score"): 2}


def test_rights_that_a_real_server_withholds_are_named(sync, address, admin):
    admin.execute("DROP TABLE IF EXISTS ebbline_memberships, ebbline_traits")
    admin.execute("CREATE ROLE narrow LOGIN")
    read = POSTGRES.read_settings({"dsn": f"{address} user=narrow", "sslmode": "disable"})
    setup = Setup(read)
    try:
        found = refusal(sync, POSTGRES.prepare(FEEDS, setup))
        assert isinstance(found, Refusal)
        assert 'lacks CREATE on the schema "public"' in found.reason
        drive = database_law.run([], sync.answer, None, dsn=address)
        assert drive.requests == []
        admin.execute("GRANT SELECT, INSERT, UPDATE ON ebbline_memberships TO narrow")
        admin.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ebbline_traits TO narrow")
        found = refusal(sync, POSTGRES.prepare(FEEDS, setup))
        assert "lacks DELETE on the table ebbline_memberships" in found.reason
        admin.execute("GRANT DELETE ON ebbline_memberships TO narrow")
        assert refusal(sync, POSTGRES.prepare(FEEDS, setup)) == {}
        admin.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        found = refusal(sync, POSTGRES.prepare(FEEDS, setup))
        assert 'lacks USAGE on the schema "public"' in found.reason
    finally:
        admin.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        admin.execute("DROP OWNED BY narrow")
        admin.execute("DROP ROLE narrow")


def test_new_fields_become_columns_and_old_values_stay(sync, address, admin):
    admin.execute("DROP TABLE IF EXISTS ebbline_people")
    read = POSTGRES.read_settings({"dsn": address, "sslmode": "disable", "layout": "wide"})
    assert refusal(sync, POSTGRES.prepare(FEEDS[:1], Setup(read))) == {}
    admin.execute("INSERT INTO ebbline_people (person, vip) VALUES ('p1', true)")
    assert refusal(sync, POSTGRES.prepare(FEEDS, Setup(read))) == {}
    assert refusal(sync, POSTGRES.prepare(FEEDS, Setup(read))) == {}
    (row,) = admin.execute("SELECT person, vip, score, tags FROM ebbline_people").fetchall()
    assert row == ("p1", True, None, None)
