"""The data folder: made, recognised, refused when too new, and held by one system only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ebbline.errors import FolderInUse, FolderTooNew, SetupError
from ebbline.hosts.embedded.folder import FORMAT, open_folder
from ebbline.hosts.embedded.lock import acquire

HOLD = """
import sys, time
from pathlib import Path
from ebbline.hosts.embedded.lock import acquire
lock = acquire(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
ORPHAN = """
import subprocess, sys
from pathlib import Path
from ebbline.hosts.embedded.lock import acquire
lock = acquire(Path(sys.argv[1]))
wait = [sys.executable, "-c", f"import time; time.sleep({sys.argv[2]})"]
subprocess.Popen(wait, pass_fds=(lock.fd,), stdout=-3, stderr=-3)
print("held", flush=True)
"""


def test_a_new_folder_is_private_and_opens_again(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a" / "data")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.version.read_text() == f"{FORMAT}\n"
    assert open_folder(folder.path) == folder
    names = [folder.log.name, folder.state.name, folder.delivery.name, folder.lock.name]
    assert names == ["log.db", "state.db", "delivery.db", "lock"]


def test_a_folder_that_was_there_becomes_private(tmp_path: Path) -> None:
    made = tmp_path / "data"
    made.mkdir(mode=0o755)
    assert open_folder(made).path.stat().st_mode & 0o777 == 0o700
    made.chmod(0o750)  # somebody is let in on purpose
    assert open_folder(made).path.stat().st_mode & 0o777 == 0o750


def test_looking_does_not_make_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no Ebbline data folder"):
        open_folder(tmp_path / "data", create=False)
    assert not list(tmp_path.iterdir())
    made = open_folder(tmp_path / "data")
    assert open_folder(tmp_path / "data", create=False) == made


def test_a_crash_while_it_is_made_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "version.new").write_text("")
    (tmp_path / "lock").write_text("12\n")
    assert open_folder(tmp_path).version.read_text() == f"{FORMAT}\n"


def test_a_newer_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(FolderTooNew, match=f"format {FORMAT + 1}.*Upgrade"):
        open_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "one", "²", "-1", "1.5"])
def test_a_version_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "version").write_text(text)
    with pytest.raises(SetupError, match="format number"):
        open_folder(tmp_path)


def test_somebody_elses_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match=r"not an Ebbline data folder.*thesis"):
        open_folder(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be used"):
        open_folder(tmp_path / "file" / "data")
    with pytest.raises(SetupError, match="cannot be locked"):
        acquire(tmp_path / "absent" / "lock")


def test_a_second_system_is_refused_by_name_until_the_first_has_gone(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    argv = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with pytest.raises(FolderInUse, match=f"process {holder.pid}.*kill {holder.pid}"):
            acquire(lock)
        assert time.monotonic() - began < 1
        holder.kill()
        holder.wait()
        with acquire(lock):
            assert lock.read_text() == f"{os.getpid()}\n"


def test_one_process_cannot_take_it_twice_and_release_frees_it(tmp_path: Path) -> None:
    first = acquire(tmp_path / "lock")
    with pytest.raises(FolderInUse):
        acquire(tmp_path / "lock")
    first.release()
    first.release()
    acquire(tmp_path / "lock").release()


def test_a_killed_holder_that_nobody_has_reaped_counts_as_gone(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", ORPHAN, str(tmp_path / "lock"), "0.5"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.read() == b"held\n"
        acquire(tmp_path / "lock").release()


def test_children_of_a_dead_holder_keep_the_folder_until_they_end(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    argv = [sys.executable, "-c", ORPHAN, str(lock), "1"]
    subprocess.run(argv, check=True, capture_output=True, timeout=30)
    with pytest.raises(FolderInUse, match="still held by children"):
        acquire(lock, wait_ms=50)
    acquire(lock).release()
