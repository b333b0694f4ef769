"""Imports from CSV and Parquet: columns, types by the tracking plan, rows that make no call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.errors import SetupError
from ebbline.events.event import Event
from ebbline.hosts.embedded import importing
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.reading.refusals import list_refused, show_refused

PLAN = """
events:
  Order Completed:
    properties:
      revenue: {type: number}
      gift: {type: boolean}
traits:
  age: {type: integer}
on_violation: quarantine
"""
HEADER = "type,event,userId,timestamp,receivedAt,messageId,properties.revenue,properties.gift"
ROW = "track,Order Completed,ana,2026-01-01T10:00:00Z,2026-01-01T10:00:00Z,{},12.50,true"


@pytest.fixture(name="plan")
def declared() -> Plan:
    """A plan that declares some types."""
    files = {"ebbline.yml": b"name: tables\n", "tracking-plan/all.yml": PLAN.encode()}
    plan = load_files(files).plan
    assert plan is not None
    return plan


def events_in(folder: Path) -> list[Event]:
    """What the log holds."""
    log = Log(folder / "log.db", SystemClock(), read_only=True)
    kinds = ("events", "replayed")
    return [event for entry in log.read(0) if entry.kind in kinds for event in log.events(entry)]


def take(plan: Plan, tmp_path: Path, name: str, content: str | bytes) -> importing.Summary:
    """Import a file with its own clock."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return importing.replay(plan, tmp_path / "data", file)


def parquet(tmp_path: Path, query: str) -> Path:
    """A Parquet file of a query's rows."""
    file = tmp_path / "calls.parquet"
    duckdb.sql(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return file


def test_the_tracking_plan_gives_cells_their_types(tmp_path, plan):
    assert take(plan, tmp_path, "o.csv", f"{HEADER}\n{ROW.format('m1')}\n").events == 1
    (event,) = events_in(tmp_path / "data")
    assert event.properties == {"revenue": 12.5, "gift": True}
    assert (event.name, event.user_id, event.message_id) == ("Order Completed", "ana", "m1")
    assert event.time_ms == event.received_ms == 1_767_261_600_000


def test_cells_without_a_declared_type_stay_text_and_empty_ones_are_nothing(tmp_path, plan):
    head = "event;user_id;received_at;properties.size;properties.a.b;context.ip"
    rows = 'E;ana;2026-01-01;42;"x;""y""\nz";\nE;ben;2026-01-01;;;1.2.3.4\n'
    take(plan, tmp_path, "o.csv", b"\xef\xbb\xbf" + f"{head}\r\n{rows}".encode())
    ana, ben = events_in(tmp_path / "data")
    assert ana.properties == {"size": "42", "a": {"b": 'x;"y"\nz'}}
    assert ana.context == {}
    assert (ben.properties, ben.context, ben.type) == ({}, {"ip": "1.2.3.4"}, "track")


def test_objects_as_json_with_single_fields_over_them(tmp_path, plan):
    head = "type\tuserId\treceivedAt\ttraits\ttraits.age"
    row = 'identify\tana\t2026-01-01\t"{""plan"": ""pro"", ""age"": 1}"\t33'
    take(plan, tmp_path, "o.tsv", f"{head}\n{row}\n")
    (event,) = events_in(tmp_path / "data")
    assert event.traits == {"plan": "pro", "age": 33}


def test_bad_rows_go_to_the_quarantine_with_their_number(tmp_path, plan):
    rows = [
        ROW.format("m2"),
        "track,too,few",
        "",
        ROW.format("m5").replace("12.50", "plenty"),
        ROW.format("m6").replace("track", '"track"x'),
        ROW.format("m7").replace("ana", "\udcff"),
        ROW.format("m8").replace("ana", "x" * 70_000),
        ROW.format("m9"),
    ]
    content = "\n".join([HEADER, *rows]).encode("utf-8", "surrogateescape")
    summary = take(plan, tmp_path, "o.csv", content)
    assert [event.message_id for event in events_in(tmp_path / "data")] == ["m2", "m9"]
    assert summary.rejected == 5
    assert [(each.line, each.code, each.unit) for each in summary.refusals] == [
        (3, "wrong_cells", "row"), (5, "violation", "row"), (6, "bad_csv", "row"),
    ]  # fmt: skip
    refused = {each.where: each.code for each in list_refused(tmp_path / "data")}
    assert refused == {
        "row 3": "wrong_cells", "row 5, properties.revenue": "violation",
        "row 6": "bad_csv", "row 7": "not_utf8", "row 8": "too_large",
    }  # fmt: skip
    kept = [show_refused(tmp_path / "data", each.id) for each in list_refused(tmp_path / "data")]
    assert {bytes(each.body)[:9] for each in kept if each.code == "wrong_cells"} == {b"track,too"}


def test_an_open_quote_costs_its_rows_and_no_memory(tmp_path, plan):
    rows = [ROW.format(f"m{number}") for number in range(5_000)]
    rows[10] = rows[10].replace("ana", '"ana')
    summary = take(plan, tmp_path, "o.csv", "\n".join([HEADER, *rows]))
    assert summary.rejected == 1
    assert summary.refusals[0].code == "bad_csv"
    assert 3_000 < summary.events < 5_000


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("type,userId,revenue", "`properties.revenue`"),
        ("userid,event", "did you mean `userId`"),
        ("userId,timestamp", "neither a column `type` nor `event`"),
        ("event,userId,userId", "twice"),
        ("event,userId,user_id", "twice"),
        ("event,properties..x", "no field"),
        ("", "neither"),
    ],
)
def test_a_header_that_cannot_be_used_is_explained(tmp_path, plan, head, words):
    with pytest.raises(SetupError, match=words):
        take(plan, tmp_path, "o.csv", head + "\n")


def test_parquet_columns_keep_their_types(tmp_path, plan):
    query = """
        SELECT 'track' AS type, 'E' AS event, 7 AS "userId", 'm' || i AS "messageId",
            TIMESTAMP '2026-01-01 10:00:00' AS timestamp,
            TIMESTAMPTZ '2026-01-01 12:00:00+01' AS "receivedAt",
            i * 1.5::DOUBLE AS "properties.amount", i = 1 AS "properties.gift",
            9007199254740993 + i AS "properties.big", ['a', 'b'] AS "properties.tags",
            {'ip': '1.2.3.4', 'page': {'path': '/x'}} AS context,
            CASE WHEN i = 1 THEN 'NaN'::DOUBLE END AS "properties.broken",
            DATE '2026-01-02' AS "properties.day", 12.30::DECIMAL(9, 2) AS "properties.price"
        FROM range(2) t(i)"""
    summary = importing.replay(plan, tmp_path / "data", parquet(tmp_path, query))
    assert summary.events == 2
    first, second = events_in(tmp_path / "data")
    assert (first.user_id, first.time_ms) == ("7", 1_767_261_600_000)
    assert second.received_ms == 1_767_265_200_000
    assert second.properties == {
        "amount": 1.5, "gift": True, "big": 9007199254740994, "tags": ["a", "b"], "price": 12.3,
        "day": "2026-01-02T00:00:00.000000Z",
    }  # fmt: skip
    assert second.context == {"ip": "1.2.3.4", "page": {"path": "/x"}}


def test_parquet_with_calls_in_json(tmp_path, plan):
    calls: list[Any] = [
        {"type": "track", "event": "E", "userId": "ana", "receivedAt": "2026-01-01T10:00:00Z"},
        {"type": "track"},
    ]
    values = ", ".join(f"('{json.dumps(call)}')" for call in calls)
    file = parquet(tmp_path, f"SELECT col0 AS anything FROM (VALUES {values})")
    summary = importing.replay(plan, tmp_path / "data", file)
    assert (summary.events, summary.rejected) == (1, 1)
    assert summary.refusals[0].line == 2


def test_parquet_is_known_by_its_content_and_a_broken_one_is_explained(tmp_path, plan):
    file = tmp_path / "calls.data"
    file.write_bytes(b"PAR1nonsensePAR1")
    with pytest.raises(SetupError, match="cannot be read"):
        importing.replay(plan, tmp_path / "data", file)


@pytest.mark.parametrize("kind", ["csv", "parquet", "ndjson"])
def test_rows_without_messageid_count_once_however_often_they_are_read(
    tmp_path, plan, kind, monkeypatch
):
    """Two equal rows are two events; a batch that is read again after a kill adds none."""
    monkeypatch.setattr("ebbline.hosts.embedded.importing_csv.IMPORT_BLOCK_BYTES", 400)
    monkeypatch.setattr("ebbline.hosts.embedded.importing_parquet.IMPORT_BLOCK_BYTES", 400)
    monkeypatch.setattr("ebbline.hosts.embedded.importing_parquet.IMPORT_PARQUET_ROWS", 5)
    monkeypatch.setattr("ebbline.hosts.embedded.event_file.IMPORT_BLOCK_BYTES", 400)
    file = tmp_path / f"e.{kind}"
    rows = 40
    if kind == "csv":
        file.write_text("event,userId\n" + "E,ana\n" * rows)
        monkeypatch.setattr("ebbline.hosts.embedded.importing_csv.IMPORT_BLOCK_BYTES", 60)
    elif kind == "ndjson":
        file.write_text('{"type": "track", "event": "E", "userId": "ana"}\n' * rows)
    else:
        duckdb.sql(
            "COPY (SELECT 'E' AS event, 'ana' AS \"userId\" FROM range(40))"
            f" TO '{file}' (FORMAT parquet)"
        )
    marked = importing._Source.mark
    looks = 0

    def dies(self: Any, lines: Any) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise KeyboardInterrupt
        marked(self, lines)

    monkeypatch.setattr(importing._Source, "mark", dies)
    with pytest.raises(KeyboardInterrupt):
        importing.append(plan, tmp_path / "data", file)
    rest = importing.append(plan, tmp_path / "data", file)
    assert rest.resumed_at_line > 1
    found = [event.message_id for event in events_in(tmp_path / "data")]
    assert len(found) > rows
    assert len(set(found)) == rows
