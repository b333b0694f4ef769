"""Nothing becomes a data folder but a whole backup of Ebbline; no file is written elsewhere."""

from __future__ import annotations

import tarfile

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ebbline.errors import EbblineError, FolderTooNew, Refused, SetupError
from ebbline.hosts.embedded.backup import back_up, restore, verify
from ebbline.testing import START_MS, VirtualClock
from tests.unit.hosts.backup.folders import named, packed, replaced, retold, shop_at, unpacked


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    back_up(shop_at(folder), folder / "b", VirtualClock(START_MS))
    return folder / "b"


@pytest.fixture
def entries(backup):
    return unpacked(backup)


def refused(file, tmp_path, error, words):
    """Restoring it fails with these words, and leaves no trace."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=words):
        restore(file, tmp_path / "new")
    with pytest.raises(error, match=words):
        verify(file)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_untouched_backup_packed_again_is_restored(entries, tmp_path):
    restore(packed(entries, tmp_path / "b"), tmp_path / "new")
    assert (tmp_path / "new" / "log.db").is_file()


@pytest.mark.parametrize(
    "name", ["../log.db", "/etc/evil", "history/../../evil.parquet", "secrets.key", "a/log.db"]
)
def test_a_name_that_leads_elsewhere_is_refused(entries, tmp_path, name):
    file = packed(named(entries, "state.db", name), tmp_path / "b")
    refused(file, tmp_path, SetupError, "which no data folder holds")


def test_a_member_that_the_manifest_does_not_name_is_refused(entries, tmp_path):
    extra = tarfile.TarInfo("../evil")
    file = packed([*entries, (extra, b"evil")], tmp_path / "b")
    refused(file, tmp_path, SetupError, "not what its manifest says")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_regular_file_is_refused(entries, tmp_path, kind):
    for entry, _ in entries:
        if entry.name == "state.db":
            entry.type, entry.linkname = kind, "/etc/passwd"
    file = packed(entries, tmp_path / "b")
    refused(file, tmp_path, SetupError, "not what its manifest says|damaged")


def test_a_changed_byte_is_noticed(entries, tmp_path):
    changed = [
        (entry, content[:-1] + b"\x01" if entry.name == "log.db" else content)
        for entry, content in entries
    ]
    refused(packed(changed, tmp_path / "b"), tmp_path, SetupError, r"checksum of log\.db")


def test_a_missing_member_is_noticed(entries, tmp_path):
    fewer = [pair for pair in entries if pair[0].name != "state.db"]
    refused(packed(fewer, tmp_path / "b"), tmp_path, SetupError, r"state\.db is missing")


def test_a_member_that_is_there_twice_is_refused(entries, tmp_path):
    file = packed([*entries, entries[-1]], tmp_path / "b")
    refused(file, tmp_path, SetupError, "not what its manifest says")


def test_a_later_format_is_refused(entries, tmp_path):
    later = retold(entries, format=99, ebbline="9.0.0", members="laid out in another way")
    refused(packed(later, tmp_path / "b"), tmp_path, FolderTooNew, r"Ebbline 9\.0\.0")


def test_a_folder_of_a_later_format_is_refused(entries, tmp_path):
    refused(packed(retold(entries, folder=99), tmp_path / "b"), tmp_path, FolderTooNew, "Upgrade")


def test_deliveries_of_a_later_format_are_refused(entries, tmp_path):
    db = apsw.Connection(str(tmp_path / "delivery.db"))
    db.pragma("user_version", 99)
    db.execute("CREATE TABLE a (b)")
    db.close()
    content = (tmp_path / "delivery.db").read_bytes()
    later = replaced(named(entries, "state.db", "delivery.db"), "delivery.db", content)
    file = packed(later, tmp_path / "b")
    with pytest.raises(FolderTooNew, match=r"delivery\.db"):
        restore(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_no_database_is_refused(entries, tmp_path):
    file = packed(replaced(entries, "log.db", b"no database at all" * 999), tmp_path / "b")
    with pytest.raises(SetupError, match=r"log\.db is no database"):
        restore(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("content", [b"", b"text", b"\x28\xb5\x2f\xfd", b"PK\x03\x04" * 100])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "b").write_bytes(content)
    refused(tmp_path / "b", tmp_path, SetupError, "no backup of Ebbline")


def test_another_archive_is_refused(tmp_path):
    file = packed([(tarfile.TarInfo("manifest.json"), b'{"kind":"other","format":1}')],
                  tmp_path / "b")  # fmt: skip
    refused(file, tmp_path, SetupError, 'it says to be "other"')


def test_a_file_that_is_not_there_is_said(tmp_path):
    refused(tmp_path / "none", tmp_path, SetupError, "cannot be read")


def test_a_folder_that_holds_something_is_left_alone(backup, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        restore(backup, tmp_path / "full")
    assert [entry.name for entry in (tmp_path / "full").iterdir()] == ["note"]


def test_an_empty_folder_is_filled(backup, tmp_path):
    (tmp_path / "empty").mkdir()
    restore(backup, tmp_path / "empty")
    assert (tmp_path / "empty" / "log.db").is_file()


def test_a_link_is_no_folder_to_restore_to(backup, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(Refused, match="is no folder"):
        restore(backup, tmp_path / "link")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_file_cut_off_or_changed_anywhere_is_never_restored(backup, tmp_path, data):
    content = bytearray(backup.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    (tmp_path / "b").write_bytes(bytes(content))
    try:
        restore(tmp_path / "b", tmp_path / "new")
    except EbblineError:
        assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
    else:  # a bit of the frame that says nothing about the content, its own checksum say
        assert unpacked_equal(backup, tmp_path / "new")
        import shutil

        shutil.rmtree(tmp_path / "new")


def unpacked_equal(backup, folder):
    return all(
        (folder / entry.name).read_bytes() == content
        for entry, content in unpacked(backup)
        if entry.name != "manifest.json"
    )
