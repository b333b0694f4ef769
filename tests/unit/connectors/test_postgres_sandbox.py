"""The database in memory behaves as the statements need it, and ends with what is true."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.conversation import Refusal
from ebbline.connectors.postgres.sandbox import postgres_sandbox
from ebbline.connectors.postgres.sandbox.database import Database
from ebbline.connectors.postgres.statements import request_of
from ebbline.connectors.postgres.tables import quoted
from ebbline.delivery import Feed
from tests.unit.connectors import database_law
from tests.unit.connectors.asgi import Door
from tests.unit.connectors.database_law import FEEDS, HISTORIES, LAYOUTS, POSTGRES, SEEDS, said
from tests.unit.connectors.driving import talk_through


def settings_of(**more):
    settings = POSTGRES.read_settings({"dsn": "dbname=shop"} | more)
    assert not isinstance(settings, tuple), settings
    return settings


def refusal(database, feeds=FEEDS, **more):
    settings = settings_of(**more)
    talk = POSTGRES.prepare(feeds, Setup(settings))
    said = talk_through(talk, lambda request: database.answer(request, 0))
    assert isinstance(said, Refusal)
    return said


@given(HISTORIES, LAYOUTS, SEEDS)
def test_the_tables_end_with_the_newest_values(history, layout, seed):
    database = Database("dbname=shop")
    drive = database_law.run(history, database.answer, seed, dsn="dbname=shop", **layout)
    database_law.assert_read_back_agrees(drive)
    database_law.assert_members_agree(drive)
    members, traits = database_law.wanted_rows(drive)
    if drive.setup.settings.layout == "rows":
        tables = list(database.views("tables", {}).values())
        held = {(row["person"], row["audience"]): row["member"] for row in tables[0]}
        assert said(held) == members
        assert said({(row["person"], row["trait"]): row["value"] for row in tables[1]}) == traits


async def test_it_is_served_like_any_sandbox():
    door = Door(postgres_sandbox, dsn="dbname=shop")
    made = request_of(settings_of())
    headers = dict(made.headers)
    assert (await door.ask("SQL", "/", made.body, **headers))[0] == 200
    wrong = headers | {"authorization": "dbname=other"}
    status, answer, _ = await door.ask("SQL", "/", made.body, **wrong)
    assert (status, answer["sqlstate"]) == (400, "28P01")
    status, answer, _ = await door.ask("GET", "/", made.body, **headers)
    assert (status, answer["sqlstate"]) == (400, "08P01")
    await door.ask("POST", "/sandbox/faults", {"status": 503, "next": 1})
    _, answer, _ = await door.ask("SQL", "/", made.body, **headers)
    assert answer["sqlstate"] == "57P03"
    assert (await door.ask("GET", "/sandbox/tables"))[2] == {}
    assert (await door.ask("GET", "/sandbox/table?name=none"))[0] == 404


def test_missing_rights_are_named():
    database = Database()
    database.creates = False
    assert "lacks CREATE on the schema" in refusal(database).reason
    database.creates = True
    database_law.run([], database.answer, None, dsn="x")
    database.rights -= {"UPDATE", "DELETE"}
    assert "lacks UPDATE, DELETE on the table ebbline_memberships" in refusal(database).reason


def test_a_schema_that_is_not_there():
    assert 'no schema "other"' in refusal(Database(), schema="other").reason


@pytest.mark.parametrize(
    ("feeds", "says"),
    [
        ((Feed("person", "text", "trait:x"),), 'called "person"'),
        ((Feed("a", "text", "trait:a"), Feed("a__version", "text", "trait:b")), "a__version"),
        ((Feed("é" * 28, "text", "trait:a"),), "more than 54 bytes"),
        (tuple(Feed(f"f{n}", "text", "trait:a") for n in range(751)), "at most 750 fields"),
    ],
)
def test_fields_that_cannot_be_columns(feeds, says):
    assert says in refusal(Database(), feeds, layout="wide").reason


def test_a_column_of_another_type():
    database = Database()
    database_law.run([], database.answer, None, dsn="x", layout="wide")
    feeds = (Feed("score", "text", "trait:score"),)
    assert 'column "score" of ebbline_people' in refusal(database, feeds, layout="wide").reason


@pytest.mark.parametrize(
    ("more", "where", "says"),
    [
        ({"layout": "tall"}, "layout", "Invalid enum value"),
        ({"schema": "x" * 64}, "schema", "At most 63 bytes"),
        ({"prefix": "x" * 48}, "prefix", "At most 47 bytes"),
        ({"sslmode": "prefer"}, "sslmode", "Invalid enum value"),
        ({"sslmode": "verify-ca"}, "ca", "needs a file of certificates"),
        ({"sslmod": "x"}, "sslmod", 'did you mean "sslmode"?'),
        ({"dsn": ""}, "dsn", "length"),
    ],
)
def test_settings_that_are_wrong(more, where, says):
    (problem,) = POSTGRES.read_settings({"dsn": "dbname=shop"} | more)
    assert problem.where == where
    assert says in problem.message


def test_names_are_quoted_and_percent_signs_are_no_parameters():
    assert quoted('a"b%s') == '"a""b%%s"'
    assert POSTGRES.field_problem("a\0", "attribute")
    assert POSTGRES.field_problem("", "attribute")
    assert not POSTGRES.field_problem("x" * 300, "attribute")


def test_the_connection_string_must_be_a_reference():
    from ebbline.connectors.registry import check

    (problem,) = check("postgres", {"dsn": "postgresql://u:p@h/d"})
    assert "must name a secret" in problem.message
    assert check("postgres", {"dsn": "env:DSN"}) == ()


def test_an_erased_person_is_nowhere_any_more():
    from ebbline.delivery import Address, Item, Send, Value

    database = Database()
    drive = database_law.run([(0, FEEDS[0], True)], database.answer, None, dsn="x")
    gone = Value("$erase", "errand", "now", 9, 0, 0, mode="$erase")
    send = Send(1, "shop", (Item(Address("user_id", "p1"), (gone,)),), 0)
    assert database.answer(connector_of("postgres").encode(send, drive.setup), 0).status == 200
    assert msgspec.json.encode(list(database.views("tables", {}).values())) == b"[[],[]]"
