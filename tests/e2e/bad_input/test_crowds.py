"""Crowds of connections that bring nothing shut nobody out, and data stays private."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import apsw
import pytest

CROWD = 1_100
HEAD = b"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("start", [b"", b"GET /livez HT", HEAD, HEAD + b"{"],
                         ids=["silence", "half a head", "no body", "half a body"])  # fmt: skip
def test_a_crowd_that_brings_nothing_shuts_nobody_out(stage, start):
    with contextlib.ExitStack() as crowd:
        for _ in range(CROWD):
            line = crowd.enter_context(socket.create_connection(("127.0.0.1", stage.system.port)))
            line.sendall(start)
        for path in ("/livez", "/readyz", "/metrics"):
            assert stage.system.door.ask("GET", path).status == 200
        stage.takes_in(f"beside {start!r}")


def test_everything_in_the_data_folder_is_private(stage):
    stage.takes_in("somebody")
    files = {file.name: file.stat().st_mode & 0o077 for file in stage.system.data.iterdir()}
    assert {"log.db", "state.db", "delivery.db", "plan.json"} <= files.keys()
    assert not any(files.values()), files
    assert stage.system.data.stat().st_mode & 0o077 == 0


def test_an_event_that_names_nobody_is_refused(stage):
    call = {"event": "X", "userId": "undefined"}
    answer = stage.system.door.post("/v1/track", call)
    assert (answer.status, answer.json()["code"]) == (400, "nobody_named")
    assert stage.quarantined()[-1] == "nobody_named"
    stage.takes_in("after nobody")


def test_a_log_that_is_ahead_of_the_clock_is_said_loudly(stage):
    far = 60 * 86_400_000
    log = apsw.Connection(str(Path(stage.system.data) / "log.db"))
    log.set_busy_timeout(5_000)
    (now_ms,) = log.execute("select max(now_ms) from log").fetchone()
    sql = "insert into log (now_ms, kind, count, payload) values (?, 'tick', 0, x'')"
    log.execute(sql, (now_ms + far,))
    log.close()
    assert stage.view("late").status == 200
    answer = stage.system.door.ask("GET", "/readyz")
    assert (answer.status, b"ahead" in answer.body) == (503, True)
    assert "the clock was wrong" in stage.system.said()
    assert stage.system.door.ask("GET", "/livez").status == 200
    text = stage.system.door.ask("GET", "/metrics").body.decode()
    (figure,) = [line.split()[1] for line in text.splitlines()
                 if line.startswith("ebbline_collect_log_ahead_seconds ")]  # fmt: skip
    assert float(figure) > far / 1000 - 600
    stage.system.stop()
    said = len(stage.system.said())
    stage.system.start()  # and again at a start, before anything comes in
    assert stage.system.door.ask("GET", "/readyz").status == 503
    assert "the clock was wrong" in stage.system.said()[said:]
