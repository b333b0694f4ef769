"""What the fold says of identity in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ebbline.definitions import load_files
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

PROJECT = b"""\
name: fold
identity:
  identifiers:
    - {type: user_id, limit: 1}
    - {type: anonymous_id, limit: 100}
"""


def told(tmp_path: Path, *calls: tuple[int, str | None, str]) -> list[tuple[Any, ...]]:
    """(kind, profile, definition, value) of the ledger after calls of (ms, user, device)."""
    plan = load_files({"ebbline.yml": PROJECT}).plan
    assert plan is not None
    fold = Fold(StateStore(tmp_path / "state.db"), plan)
    for offset, (at_ms, user, device) in enumerate(calls, 1):
        event = Event(f"m{offset}", "track", "E", at_ms, at_ms, user, device, {}, {}, {})
        fold.take(Entry(offset, at_ms, "events", 1, b""), [event])
    fold.commit()
    rows: Any = fold.store._run("SELECT kind, profile, definition, value FROM ledger_entries")
    return list(rows)


def test_a_device_handed_over_is_told_of_both(tmp_path: Path) -> None:
    """Delivery learns that one person lost an address and the other gained it."""
    rows = told(tmp_path, (1, "ana", "phone"), (2, "ben", None), (3, "ben", "phone"))
    assert rows == [("linked", 2, "anonymous_id", "phone"), ("linked", 1, "anonymous_id", None)]


def test_a_login_merges_the_visitor(tmp_path: Path) -> None:
    """The visitor's profile goes into the user's, and says into which."""
    rows = told(tmp_path, (1, None, "phone"), (2, "ana", None), (3, "ana", "phone"))
    assert rows == [("merged", 1, "", 2)]


def test_the_first_identifiers_are_no_news(tmp_path: Path) -> None:
    """Who is new has no address yet that could change."""
    assert told(tmp_path, (1, "ana", "phone"), (2, "ana", "phone")) == []
