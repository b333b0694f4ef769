"""Everything a data folder holds, as values that can be compared."""

from __future__ import annotations

from pathlib import Path

import apsw

TABLES = ("profiles", "identifiers", "definitions", "memberships", "ledger", "placements",
          "merged", "merges", "parted", "drops", "commands")  # fmt: skip


def state(folder: Path) -> dict[str, list]:
    """Every row of state.db but the messageIds in `seen`: those are written in chunks now and
    then, and the rest of them is read back from the log."""
    db = apsw.Connection(str(folder / "state.db"), flags=apsw.SQLITE_OPEN_READONLY)
    found = {
        table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES
    }
    meta = dict(db.execute("SELECT key, value FROM meta"))
    meta.pop("seen_offset", None)
    found["meta"] = sorted(meta.items())
    db.close()
    return found


def without_offsets(state: dict[str, list]) -> dict[str, list]:
    """The same without log offsets: an engine that starts anew needs fewer ticks, because it
    has forgotten the wakes that were overtaken."""
    ledger = [(*row[:7], row[8]) for row in state["ledger"]]
    merges = [(row[0], *row[2:]) for row in state["merges"]]
    parted = [row[:4] for row in state["parted"]]
    commands = [row[1:] for row in state["commands"]]
    meta = [(key, value) for key, value in state["meta"] if key not in ("offset", "now_ms")]
    placements = [row[1:] for row in state["placements"]]
    return {**state, "ledger": ledger, "meta": meta, "placements": placements, "merges": merges,
            "parted": parted, "commands": commands}  # fmt: skip


def differences(one: dict[str, list], other: dict[str, list]) -> list[str]:
    """The first differing row of each table."""
    found = []
    for table, rows in one.items():
        others = other[table]
        if rows != others:
            pairs = zip(rows, others, strict=False)
            first = next((pair for pair in pairs if pair[0] != pair[1]), None)
            found.append(f"{table}: {len(rows)} and {len(others)} rows; first: {first}")
    return found
