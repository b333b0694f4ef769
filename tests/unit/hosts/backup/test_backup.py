"""A backup holds one moment of a folder, and a restored folder is that moment."""

from __future__ import annotations

import json
import os
import stat

import apsw
import pytest

from ebbline.errors import Refused, SetupError
from ebbline.hosts.embedded.backup import back_up, foresee, restore, verify
from ebbline.hosts.embedded.history import History
from ebbline.hosts.embedded.reading import Reader
from ebbline.testing import START_MS, VirtualClock
from tests.simulation.system import dump
from tests.unit.hosts.backup.folders import contents, shop_at

CLOCK = VirtualClock(START_MS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return shop_at(tmp_path_factory.mktemp("shop"))


def names(manifest):
    return [member.name for member in manifest.members]


def test_what_is_restored_equals_what_was_backed_up(data, tmp_path):
    made = back_up(data, tmp_path / "b", CLOCK)
    again = restore(tmp_path / "b", tmp_path / "new")
    assert again == made.manifest
    assert made.manifest.instant_ms == START_MS
    assert dump.differences(dump.state(data), dump.state(tmp_path / "new")) == []
    assert contents(tmp_path / "new", "log.db") == contents(data, "log.db") != []
    assert (tmp_path / "new" / "version").read_text() == (data / "version").read_text()


def test_the_history_is_left_out_and_taken_when_asked_for(data, tmp_path):
    without = back_up(data, tmp_path / "without", CLOCK).manifest
    assert not [name for name in names(without) if "history" in name]
    held = back_up(data, tmp_path / "with", CLOCK, with_history=True).manifest
    assert "history.db" in names(held)
    assert [name for name in names(held) if name.endswith(".parquet")]
    restore(tmp_path / "with", tmp_path / "new")
    with Reader(data) as old, Reader(tmp_path / "new") as new:
        query = "SELECT message_id FROM events ORDER BY message_id"
        with History(old.folder) as one, one.events() as db:
            wanted = db.execute(query).fetchall()
        with History(new.folder) as one, one.events() as db:
            assert db.execute(query).fetchall() == wanted != []


def test_files_are_for_their_owner_alone_and_nothing_stays_beside_them(data, tmp_path):
    os.umask(0o022)
    back_up(data, tmp_path / "b", CLOCK)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
    restore(tmp_path / "b", tmp_path / "new")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert {entry.name for entry in tmp_path.iterdir()} == {"b", "new"}


def test_what_is_written_while_it_is_copied_is_not_in_it(data, tmp_path):
    """The moment is that of the beginning, for all databases together."""
    copy = tmp_path / "live"
    restore_from(data, copy, tmp_path)
    before = contents(copy, "log.db")
    writer = apsw.Connection(str(copy / "log.db"))

    def write(_done: int, _all: int) -> None:
        writer.execute(
            "INSERT INTO log (now_ms, kind, count, payload) SELECT max(now_ms), 'tick', 0, x''"
            " FROM log"
        )

    made = back_up(copy, tmp_path / "b", CLOCK, progress=write)
    assert len(contents(copy, "log.db")) > len(before)
    restore(tmp_path / "b", tmp_path / "new")
    assert contents(tmp_path / "new", "log.db") == before
    assert made.manifest.offset == len(before)
    writer.close()


def restore_from(data, target, tmp_path):
    back_up(data, tmp_path / "first", CLOCK)
    restore(tmp_path / "first", target)


def test_secrets_are_in_it_and_their_key_is_not(data, tmp_path):
    copy = tmp_path / "with-secrets"
    restore_from(data, copy, tmp_path)
    (copy / "secrets.json").write_bytes(b'{"format":1}')
    (copy / "secrets.key").write_bytes(b"key that somebody left here")
    assert "secrets.json" in names(back_up(copy, tmp_path / "b", CLOCK).manifest)
    restore(tmp_path / "b", tmp_path / "new")
    assert (tmp_path / "new" / "secrets.json").read_bytes() == b'{"format":1}'
    assert not (tmp_path / "new" / "secrets.key").exists()


def test_a_file_that_is_there_is_not_overwritten(data, tmp_path):
    (tmp_path / "b").write_text("the only good backup")
    with pytest.raises(Refused, match="is there already"):
        back_up(data, tmp_path / "b", CLOCK)
    assert (tmp_path / "b").read_text() == "the only good backup"


def test_a_file_inside_the_data_folder_is_refused(data):
    with pytest.raises(Refused, match="inside the data folder"):
        back_up(data, data / "b", CLOCK)


def test_what_is_no_data_folder_is_said(tmp_path):
    with pytest.raises(SetupError, match="no Ebbline data folder"):
        back_up(tmp_path, tmp_path / "b", CLOCK)
    assert not (tmp_path / "b").exists()


def test_a_folder_to_write_to_that_is_missing_is_said(data, tmp_path):
    with pytest.raises(SetupError, match="make it first"):
        back_up(data, tmp_path / "nowhere" / "b", CLOCK)


def test_a_damaged_database_is_not_backed_up(data, tmp_path):
    copy = tmp_path / "damaged"
    restore_from(data, copy, tmp_path)
    with (copy / "state.db").open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * 4096 * 6)
    with pytest.raises(SetupError, match=r"damaged|malformed"):
        back_up(copy, tmp_path / "b", CLOCK)
    assert not (tmp_path / "b").exists()
    assert {entry.name for entry in tmp_path.iterdir()} == {"damaged", "first"}


def test_progress_reaches_the_end_and_never_goes_back(data, tmp_path):
    seen: list[tuple[int, int]] = []
    back_up(data, tmp_path / "b", CLOCK, progress=lambda done, whole: seen.append((done, whole)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1]
    again: list[tuple[int, int]] = []
    manifest = verify(tmp_path / "b", lambda done, whole: again.append((done, whole)))
    assert again[-1] == (manifest.bytes, manifest.bytes)


def test_what_is_foreseen_is_what_is_taken(data, tmp_path):
    foreseen = foresee(data, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    made = back_up(data, tmp_path / "b", CLOCK)
    assert {name for name, _ in foreseen.members} == set(names(made.manifest))


def test_the_manifest_comes_first_and_is_readable(data, tmp_path):
    made = back_up(data, tmp_path / "b", CLOCK)
    listed = json.loads(first_member(tmp_path / "b"))
    assert listed["kind"] == "ebbline backup"
    assert [each["name"] for each in listed["members"]] == names(made.manifest)


def first_member(path):
    import io
    import tarfile

    import zstandard

    plain = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        first = archive.next()
        assert first.name == "manifest.json"
        return archive.extractfile(first).read()
