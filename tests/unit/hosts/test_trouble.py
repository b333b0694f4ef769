"""Trouble that passes, told from bugs; and logs that nobody can take."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from ebbline.errors import Invariant, SetupError
from ebbline.hosts.embedded.log import DiskFull, LogUnavailable
from ebbline.hosts.embedded.processes.trouble import passing_trouble


@pytest.mark.parametrize(
    "error",
    [
        DiskFull("no room"),
        LogUnavailable("held by somebody else"),
        apsw.FullError("database or disk is full"),
        apsw.IOError("disk I/O error"),
        apsw.BusyError("database is locked"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EFBIG, "File too large"),
    ],
)
def test_what_passes_is_a_sentence(error):
    assert passing_trouble(error).endswith((".", "room", "else"))


@pytest.mark.parametrize(
    "error",
    [ValueError("a bug"), Invariant("a bug"), SetupError("a setting"), OSError(errno.EACCES, "no"),
     apsw.CorruptError("malformed")],
)  # fmt: skip
def test_a_bug_and_a_wrong_set_up_do_not_pass(error):
    assert passing_trouble(error) is None


SPEAKER = """
from ebbline.hosts.embedded.logging import set_up_logging
set_up_logging("engine").error("nobody will read this")
print("goes on")
"""


def test_a_log_line_that_cannot_be_written_is_lost_and_no_more():
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            [sys.executable, "-c", SPEAKER], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert said.stdout == b"goes on\n"
