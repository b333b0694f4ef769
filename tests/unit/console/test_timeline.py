"""`ebbline profile` shows a person's events, page after page; `import` writes the history."""

from __future__ import annotations

import json

import apsw
import pytest

from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history import Manifest


def documents(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_import_of_the_past_is_in_the_history(shop):
    folder = DataFolder(shop.folder / ".ebbline" / "data")
    manifest = Manifest(folder.history_index, read_only=True)
    (file,) = manifest.snapshot().files
    assert (file.day, file.rows) == ("2026-05-01", 5)
    assert (folder.history / file.path).is_file()


def test_the_latest_events_come_first(shop):
    told = shop("profile", "ana").stdout
    assert told.endswith("""\
event at             name              properties
2026-05-01 09:30:00  Product Viewed    {"product_id":"p01","price":289}
2026-05-01 09:09:00  Demo Watched
2026-05-01 09:05:00  Demo Watched
2026-05-01 09:01:00  Demo Watched
2026-05-01 09:00:00  an identify call
""")


def test_pages_follow_each_other(shop):
    found, before = [], ()
    for _ in range(3):
        (page,) = documents(shop("profile", "ana", "--json", "--limit", 2, *before))
        found += [event["message_id"] for event in page["events"]]
        before = ("--before", page["older"])
    assert found == ["m5", "m4", "m3", "m2", "m1"]
    assert page["older"] is None
    (first,) = documents(shop("profile", "ana", "--json", "--limit", 1))
    assert first["events"][0] == {
        "at": "2026-05-01T09:30:00.000Z", "known": "2026-05-01T09:30:00.000Z", "type": "track",
        "name": "Product Viewed", "message_id": "m5", "source": "import", "traits": {},
        "properties": {"product_id": "p01", "price": 289}, "context": {}, "log_offset": 2,
    }  # fmt: skip
    told = shop("profile", "ana", "--limit", 1)
    assert f"there are older ones: --before {first['older']}" in told.stderr
    assert "is no place" in shop("profile", "ana", "--before", "yesterday", code=2).stderr


@pytest.mark.parametrize(
    ("at", "events"), [("2026-05-01T09:06:00Z", ["m3", "m2", "m1"]), ("2026-05-01T09:30:00Z", None)]
)
def test_at_an_instant_only_what_was_known(shop, at, events):
    (page,) = documents(shop("profile", "ana", "--json", "--at", at))
    wanted = events or ["m5", "m4", "m3", "m2", "m1"]
    assert [event["message_id"] for event in page["events"]] == wanted


def test_no_events_are_shown_when_none_are_asked_for(shop):
    assert "event at" not in shop("profile", "ana", "--limit", 0).stdout


def test_a_csv_is_imported_with_the_bad_rows_named(shell):
    shell("init", "shop")
    rows = ["event,userId,receivedAt", "Demo Watched,ana,2026-05-01T09:00:00Z", "Demo Watched,ana"]
    (shell.folder / "calls.csv").write_text("\n".join(rows), "utf-8")
    told = shell("import", "calls.csv", "--clock", "events", "-p", "shop")
    assert told.stdout.startswith("1 event taken in, 1 refused")
    assert "row 3: wrong_cells: the row has 2 cells, the header 3" in told.stderr
    db = apsw.Connection(str(shell.folder / "shop/.ebbline/data/log.db"))
    assert db.execute("SELECT where_path, body FROM quarantine").fetchall() == [
        ("row 3", b"Demo Watched,ana")
    ]
