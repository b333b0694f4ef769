"""Audiences by users' SQL: run when due, what differs goes into the log, and nothing else can."""

from __future__ import annotations

import json

import pytest

from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.engine.explain import explain
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.importing import replay, write_history
from ebbline.hosts.embedded.listed import Lists, listed
from ebbline.hosts.embedded.listed import listing as module
from ebbline.hosts.embedded.listed.sandbox import StatementFailed, named_by
from ebbline.hosts.embedded.reading import Reader, at_instant, members_then
from ebbline.profiles.commands import Unmerge
from ebbline.warehouse.statement import check_statement

T0 = 1_777_636_800_000  # 2026-05-01T12:00:00Z
HOUR = 3_600_000
FEW = "SELECT profile FROM events WHERE name = 'Bought' GROUP BY 1 HAVING count(*) >= 2"
AUDIENCES = """
audiences:
  often:
    sql: |
      {sql}
    refresh: {refresh}
    owner: me
    review_by: 2100-01-01
  other: {{when: 'audience("often") and not performed("Left")', owner: me, review_by: 2100-01-01}}
"""


class Still:
    """A clock that stands where a test puts it."""

    def __init__(self, ms):
        self.ms = ms

    def now_ms(self):
        return self.ms


def plan_of(sql=FEW, refresh="1h"):
    text = AUDIENCES.format(sql=sql.replace("\n", "\n      "), refresh=refresh)
    files = {"ebbline.yml": b"name: tiny", "audiences/a.yml": text.encode()}
    loaded = load_files(files, check_sql=check_statement)
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def bought(number, at_ms, **who):
    return {"type": "track", "event": "Bought", "messageId": f"m{number}",
            "timestamp": iso(at_ms), "receivedAt": iso(at_ms), **who}  # fmt: skip


HISTORY = [
    bought(1, T0, userId="ana"), bought(2, T0 + 1, userId="ben"), bought(3, T0 + 2, userId="ana"),
    bought(4, T0 + 3, anonymousId="d1"), bought(5, T0 + 4, anonymousId="d1"),
]  # fmt: skip


class World:
    """A folder at rest, its engine and its lists, by one clock."""

    def __init__(self, path, plan, calls=HISTORY):
        self.clock, self.plan = Still(T0 + HOUR), plan
        (path / "history.ndjson").write_text("".join(json.dumps(c) + "\n" for c in calls), "utf-8")
        replay(plan, path / "data", path / "history.ndjson", T0 + HOUR)
        write_history(path / "data")
        self.folder = open_folder(path / "data")
        self.lists = Lists(self.folder, self.clock)

    def engine(self):
        loop = EngineLoop(self.folder, self.plan, self.clock)
        loop.step()
        loop.close()

    def members(self, audience="often"):
        with Reader(self.folder.path) as reader:
            return [(m.identifier, m.since_ms) for m in reader.members(audience)]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, plan_of())


def test_runs_when_it_is_due(world):
    assert listed(world.folder, world.plan)[0].last_ms is None
    assert world.lists.step() is None  # the engine has to take it in first
    assert world.members() == []
    world.engine()
    at_ms = T0 + HOUR
    assert world.members() == [("ana", at_ms), ("d1", at_ms)]
    assert world.members("other") == [("ana", at_ms), ("d1", at_ms)]
    assert world.lists.step() == at_ms + HOUR
    world.clock.ms += HOUR - 1
    assert world.lists.step() == at_ms + HOUR
    world.clock.ms += 1
    assert world.lists.step() is None
    world.engine()
    assert world.members() == [("ana", at_ms), ("d1", at_ms)]  # nothing differs
    assert listed(world.folder, world.plan)[0].last_ms == at_ms + HOUR


def test_people_come_and_go(world):
    world.lists.step()
    world.engine()
    other = plan_of("SELECT user_id FROM profiles WHERE user_id = 'ben' OR user_id = 'nobody'")
    world.plan = other
    world.engine()  # a new statement is live: due at once
    world.clock.ms += 5
    assert world.lists.step() is None
    world.engine()
    assert world.members() == [("ben", T0 + HOUR + 5)]
    with Reader(world.folder.path) as reader:
        told = [(t.person, t.kind, t.at_ms) for t in reader.ledger(definition="often")]
        assert told[2:] == [("ana", "exited", T0 + HOUR + 5), ("d1", "exited", T0 + HOUR + 5),
                            ("ben", "entered", T0 + HOUR + 5)]  # fmt: skip
        causes = {t.cause.split("-")[0] for t in reader.ledger(definition="often")}
        assert causes == {"listing"}
        found = explain(reader.tables, reader.profile(reader.find("ben")), "often", T0 + 2 * HOUR)
        (line,) = found.lines
        assert (line.text, line.truth) == ("its SQL names them", True)
        assert line.note == "named, by its SQL at 2026-05-01 13:00:00.005"
        was = explain(reader.tables, reader.profile(reader.find("ana")), "often", T0 + 2 * HOUR)
        assert was.lines[0].note == "not any more, by its SQL at 2026-05-01 13:00:00.005"
        then = members_then(reader, "often", T0 + HOUR)
        assert {m.identifier for m in then.members} == {"ana", "d1"}
        with at_instant(reader, T0 + HOUR + 4) as past:
            assert {m.identifier for m in past.members("often")} == {"ana", "d1"}


def test_a_replay_of_the_log_says_the_same(world, monkeypatch):
    monkeypatch.setattr(module, "LISTING_PEOPLE_MAX", 1)  # in several entries
    world.lists.step()
    world.engine()
    before = world.members()
    assert len(before) == 2
    world.folder.state.unlink()
    for more in ("-wal", "-shm"):
        world.folder.state.with_name(f"state.db{more}").unlink(missing_ok=True)
    world.engine()
    assert world.members() == before
    assert world.lists.step() == T0 + 2 * HOUR


def test_merged_and_parted_people_keep_what_was_said(tmp_path):
    link = {"type": "identify", "messageId": "m9", "userId": "ben", "anonymousId": "d1",
            "timestamp": iso(T0 + HOUR + 1), "receivedAt": iso(T0 + HOUR + 1)}  # fmt: skip
    world = World(tmp_path, plan_of())
    world.lists.step()
    world.engine()
    file = tmp_path / "more.ndjson"
    file.write_text(json.dumps(link) + "\n", "utf-8")
    replay(world.plan, world.folder.path, file, T0 + HOUR + 2)
    assert {name for name, _ in world.members()} == {"ana", "ben"}
    world.clock.ms = T0 + HOUR + 3
    unmerge = Unmerge(id="u1", person=("user_id", "ben"), cause="m9")
    offset = commands.append(world.folder, unmerge, world.clock)
    world.engine()
    assert commands.outcome(world.folder, offset) == "done"
    assert {name for name, _ in world.members()} == {"ana", "d1"}


def test_a_statement_that_fails_is_told_and_tried_again_later(world):
    world.plan = plan_of("SELECT profile FROM events WHERE error(name) IS NULL")
    world.engine()
    assert world.lists.step() == T0 + 2 * HOUR
    (found,) = listed(world.folder, world.plan)
    assert (found.failed_ms, found.next_ms) == (T0 + HOUR, T0 + 2 * HOUR)
    assert "Bought" in found.error
    world.plan = plan_of()
    world.engine()
    assert world.lists.step() is None
    assert listed(world.folder, world.plan)[0].error == ""


def test_a_statement_that_takes_too_long(world):
    endless = "SELECT a.profile FROM events a, range(100000000) b, range(100000000) c"
    assert check_statement(endless, ["user_id"])  # `range` is no view
    long = "WITH RECURSIVE n AS (SELECT 1 profile UNION ALL SELECT profile + 1 FROM n) "
    long += "SELECT profile FROM n"
    with pytest.raises(StatementFailed, match=r"more than 0\.2 seconds"):
        named_by(world.folder, world.plan, long, seconds=0.2)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT profile FROM read_csv('{file}')",
        "SELECT profile FROM '{file}'",
        "ATTACH '{file}'",
        "SET enable_external_access = true",
        "COPY (SELECT 1) TO '{file}.out'",
    ],
)
def test_nothing_else_can_be_reached(world, tmp_path, monkeypatch, sql):
    """Neither past the check nor, were it not there, past the database's own walls."""
    file = tmp_path / "secret.csv"
    file.write_text("profile\n1\n", "utf-8")
    text = sql.format(file=file)
    with pytest.raises(StatementFailed):
        named_by(world.folder, world.plan, text)
    from ebbline.hosts.embedded.listed import sandbox

    monkeypatch.setattr(sandbox, "check_statement", lambda *_: ())
    monkeypatch.setattr(sandbox, "column_of", lambda *_: "profile")
    with pytest.raises(StatementFailed):
        named_by(world.folder, world.plan, text)
    assert not (tmp_path / "secret.csv.out").exists()


def test_the_views(world):
    held = "SELECT user_id FROM profiles WHERE json_extract_string(traits, '$.x') IS NULL"
    assert len(named_by(world.folder, world.plan, held)) == 2
    world.lists.step()
    world.engine()
    who = "SELECT profile FROM memberships WHERE audience = 'other' AND effective"
    assert len(named_by(world.folder, world.plan, who)) == 2
    assert named_by(world.folder, world.plan, "SELECT profile FROM events WHERE false") == set()


def test_findings_stand_where_the_mistake_is():
    text = AUDIENCES.format(sql="SELECT profile\n      FROM event", refresh="sometimes")
    files = {"ebbline.yml": b"name: tiny", "audiences/a.yml": text.encode()}
    found = load_files(files, check_sql=check_statement).findings
    told = {(f.line, f.column, f.code, f.message) for f in found}
    assert (6, 12, "bad_sql", 'there is no view "event"') in told
    assert any(code == "bad_refresh" and line == 7 for line, _, code, _ in told)
