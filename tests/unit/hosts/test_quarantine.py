"""The quarantine: whole bodies, two budgets, and a count of what it forgot."""

from __future__ import annotations

import os

import apsw
import pytest
import zstandard

from ebbline.events.event import Rejection
from ebbline.events.limits import BATCH_BYTES_MAX
from ebbline.hosts.embedded import quarantine
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Log


def refusal(body=b"{", source="web"):
    return Rejection("not_json", "This is not JSON.", "", body, 950, source)


@pytest.fixture
def log(tmp_path):
    opened = Log(tmp_path / "log.db", SystemClock())
    yield opened
    opened.close()


def refuse(log, *bodies, source="web"):
    log.append("events", [], [refusal(body, source) for body in bodies])


def kept(log):
    sql = "select source, body from quarantine order by id desc"
    return [(source, quarantine.unpack_body(body)) for source, body in log._db.execute(sql)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"a": "long"}' * 20_000,
        os.urandom(BATCH_BYTES_MAX),
        zstandard.compress(b"sent like that"),
        b"\x28\xb5\x2f\xfd and not zstd",
    ],
    ids=["nothing", "short", "long", "noise", "zstd", "like zstd"],
)
def test_what_was_refused_comes_back_as_it_was_sent(log, body):
    refuse(log, body)
    assert kept(log) == [("web", body)]


def test_long_bodies_are_compressed_and_short_ones_plain(tmp_path, log):
    refuse(log, b"x" * 400_000, b'{"a":1}')
    db = apsw.Connection(str(tmp_path / "log.db"))
    long, short = (row[0] for row in db.execute("select body from quarantine order by id"))
    assert len(long) < 1_000
    assert zstandard.decompress(long) == b"x" * 400_000
    assert short == b'{"a":1}'


def test_strangers_push_out_only_each_other(log, monkeypatch):
    monkeypatch.setattr(quarantine, "STRANGERS_ROWS_MAX", 2)
    monkeypatch.setattr(quarantine, "QUARANTINE_ROWS_MAX", 3)
    refuse(log, b"1", b"2")
    for number in range(5):
        refuse(log, b"s%d" % number, source="unknown")
    assert kept(log) == [("unknown", b"s4"), ("unknown", b"s3"), ("web", b"2"), ("web", b"1")]
    assert log.quarantined() == (4, 3)
    refuse(log, b"3", b"4")
    assert [body for source, body in kept(log) if source == "web"] == [b"4", b"3", b"2"]
    assert log.quarantined() == (5, 4)


@pytest.mark.parametrize("source", ["web", "unknown"])
def test_bytes_are_bounded_oldest_first(log, monkeypatch, source):
    monkeypatch.setattr(quarantine, "QUARANTINE_BYTES_MAX", 1_000)
    monkeypatch.setattr(quarantine, "STRANGERS_BYTES_MAX", 1_000)
    refuse(log, *[b"%d" % number * 300 for number in range(5)], source=source)
    assert [body[:1] for _, body in kept(log)] == [b"4", b"3", b"2"]
    assert log.quarantined() == (3, 2)
    refuse(log, os.urandom(5_000), source=source)  # too much by itself: the newest always stays
    assert log.quarantined() == (1, 5)


def test_a_log_from_before_the_budgets_is_counted_once(tmp_path, log, monkeypatch):
    refuse(log, b"a", b"b")
    refuse(log, b"c", source="unknown")
    log._db.execute("drop table quarantine_totals; drop index quarantine_strangers")
    monkeypatch.setattr(quarantine, "QUARANTINE_ROWS_MAX", 2)
    again = Log(tmp_path / "log.db", SystemClock())
    refuse(again, b"d")
    assert kept(again) == [("web", b"d"), ("unknown", b"c"), ("web", b"b")]
    again.close()


def test_trimming_a_full_quarantine_reads_only_what_goes(log):
    plan = str(
        log._db.execute(
            "explain query plan " + quarantine._OLDEST.format(whose=quarantine._WHOSE[1])
        ).fetchall()
    )
    assert "quarantine_strangers" in plan
