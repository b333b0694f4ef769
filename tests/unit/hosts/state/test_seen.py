"""MessageIds count once within the horizon, also across a restart."""

from __future__ import annotations

from pathlib import Path

from ebbline.hosts.embedded.state.limits import DEDUPE_HORIZON_MS
from ebbline.hosts.embedded.state.seen import Seen
from ebbline.hosts.embedded.state.store import StateStore

NOON_MS = DEDUPE_HORIZON_MS // 2


def test_once_within_a_horizon_and_again_after_two(tmp_path: Path) -> None:
    """An id is held for one horizon at least and forgotten after two."""
    seen = Seen(StateStore(tmp_path / "state.db"), NOON_MS)
    assert seen.add("a", NOON_MS)
    assert not seen.add("a", NOON_MS + 1)
    assert not seen.add("a", NOON_MS + DEDUPE_HORIZON_MS)
    assert seen.add("a", NOON_MS + 2 * DEDUPE_HORIZON_MS)


def test_chunks_survive_a_restart(tmp_path: Path) -> None:
    """What was written is known to the next process; what was not is the log's to tell."""
    store = StateStore(tmp_path / "state.db")
    seen = Seen(store, NOON_MS)
    seen.add("a", NOON_MS)
    assert not seen.flush(), "one id is no chunk's worth yet"
    assert seen.flush(everything=True)
    seen.add("b", NOON_MS)
    store.close()
    again = Seen(StateStore(tmp_path / "state.db"), NOON_MS)
    assert not again.add("a", NOON_MS)
    assert again.add("b", NOON_MS)


def test_generations_past_the_horizon_are_dropped(tmp_path: Path) -> None:
    """The store does not grow for ever."""
    store = StateStore(tmp_path / "state.db")
    seen = Seen(store, NOON_MS)
    for day in range(6):
        seen.add(f"m{day}", NOON_MS + day * DEDUPE_HORIZON_MS)
        seen.flush(everything=True)
    assert [generation for generation, _ in store.seen(0)] == [4, 5]
