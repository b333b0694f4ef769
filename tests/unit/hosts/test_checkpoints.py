"""The write-ahead log is moved beside the writer's work, and does not grow without bound."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import apsw
import pytest

from ebbline.hosts.embedded.checkpoints import Checkpoints

PAGE_BYTES = 4_096
FRAME_BYTES = PAGE_BYTES + 24
COMMIT_PAGES = 10
PAGES, PAGES_MAX = 50, 200


def opened(path: Path) -> apsw.Connection:
    """A database whose write-ahead log nobody moves by itself."""
    db = apsw.Connection(str(path))
    db.execute("pragma journal_mode = wal").fetchall()
    db.execute("pragma wal_autocheckpoint = 0").fetchall()
    db.execute("create table if not exists blobs (id integer primary key, content blob)")
    return db


def write(db: apsw.Connection, commits: int) -> int:
    """So many commits of ten pages each; the greatest size of the log in pages."""
    wal = Path(db.filename_wal)
    most = 0
    for _ in range(commits):
        size = COMMIT_PAGES * (PAGE_BYTES - 100)
        db.execute("insert into blobs (content) values (randomblob(?))", (size,))
        most = max(most, wal.stat().st_size // FRAME_BYTES)
    return most


def test_the_log_stays_within_its_bound_however_much_is_written(tmp_path: Path) -> None:
    """Fifty times the bound goes through it, and every row is there afterwards."""
    db = opened(tmp_path / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    assert write(db, 1_000) <= PAGES_MAX + 2 * COMMIT_PAGES
    checkpoints.close()
    db.close()
    db = apsw.Connection(str(tmp_path / "a.db"))
    assert db.execute("select count(*) from blobs").fetchall() == [(1_000,)]
    assert db.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_a_disk_slower_than_the_writer_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the bound, not before."""

    def slow(db: apsw.Connection) -> tuple[int, int]:
        time.sleep(0.05)
        return db.wal_checkpoint("main")

    monkeypatch.setattr("ebbline.hosts.embedded.checkpoints._checkpoint", slow)
    db = opened(tmp_path / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    assert PAGES_MAX // 2 < write(db, 300) <= PAGES_MAX + 2 * COMMIT_PAGES
    checkpoints.close()


def test_the_writer_need_not_come_back_for_it(tmp_path: Path) -> None:
    """After the commit that passed the mark, the pages are moved without another one."""
    db = opened(tmp_path / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    write(db, PAGES // COMMIT_PAGES + 1)
    deadline = time.monotonic() + 10
    while (tmp_path / "a.db").stat().st_size < PAGES * PAGE_BYTES:
        assert time.monotonic() < deadline, "nothing was moved"
        time.sleep(0.001)
    checkpoints.close()


def test_without_checkpoints_the_same_writing_passes_the_bound(tmp_path: Path) -> None:
    """What the test above relies on."""
    assert write(opened(tmp_path / "a.db"), 100) > 4 * PAGES_MAX


def test_a_reader_holds_it_up_and_nobody_fails(tmp_path: Path) -> None:
    """Frames that somebody still reads are not moved over; once he is done, all are."""
    db = opened(tmp_path / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    write(db, 1)
    reader = apsw.Connection(str(tmp_path / "a.db"))
    reader.execute("begin")
    seen = reader.execute("select count(*) from blobs").fetchall()
    held = write(db, 100)
    assert held > PAGES_MAX
    assert reader.execute("select count(*) from blobs").fetchall() == seen
    reader.execute("commit")
    wal = Path(db.filename_wal)
    db.execute("pragma journal_size_limit = 0").fetchall()
    for _ in range(200):
        write(db, 1)
        if wal.stat().st_size // FRAME_BYTES <= PAGES_MAX:
            break
    assert wal.stat().st_size // FRAME_BYTES <= PAGES_MAX
    checkpoints.close()


def test_a_database_in_memory_has_none_and_closing_ends_the_thread(tmp_path: Path) -> None:
    """Nothing is left running."""
    before = threading.active_count()
    memory = apsw.Connection(":memory:")
    checkpoints = Checkpoints(memory, 1, 2)
    memory.execute("create table one (x)")
    checkpoints.close()
    assert threading.active_count() == before
    db = opened(tmp_path / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    write(db, 20)
    assert threading.active_count() == before + 1
    checkpoints.close()
    assert threading.active_count() == before


def test_a_file_that_cannot_be_opened_again_leaves_it_to_the_writer(tmp_path: Path) -> None:
    """The thread has nothing to work with, and the log stays bounded all the same."""
    (tmp_path / "here").mkdir()
    db = opened(tmp_path / "here" / "a.db")
    checkpoints = Checkpoints(db, PAGES, PAGES_MAX)
    (tmp_path / "here" / "a.db").rename(tmp_path / "here" / "b.db")
    wal = tmp_path / "here" / "a.db-wal"
    for _ in range(300):
        db.execute("insert into blobs (content) values (randomblob(40000))")
        assert wal.stat().st_size // FRAME_BYTES <= PAGES_MAX + 2 * COMMIT_PAGES
    checkpoints.close()
