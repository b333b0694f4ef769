"""A user's statement, run where it can read three views and reach nothing else."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.errors import EbblineError
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history import History, duck
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.listed.limits import (
    RESULT_PEOPLE_MAX,
    STATEMENT_MEMORY_BYTES,
    STATEMENT_SECONDS,
    STATEMENT_SPILL_BYTES,
)
from ebbline.profiles.graph import Identifier
from ebbline.profiles.normalise import identifier
from ebbline.warehouse.statement import PERSON, check_statement, column_of, views_of

if TYPE_CHECKING:
    import duckdb

_PROFILES = "SELECT id, state, identifiers FROM profiles"
_MEMBERSHIPS = """
SELECT d.name, m.profile, m.since_ms, m.effective FROM memberships m
JOIN definitions d ON d.id = m.definition
"""
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])
_encoder = msgspec.json.Encoder()


class StatementFailed(EbblineError):
    """A statement that could not be run to its end; `str()` says why."""


def named_by(
    folder: DataFolder, plan: Plan, statement: str, seconds: float = STATEMENT_SECONDS
) -> set[int]:
    """The people whom a statement names, by profile. StatementFailed says why there is no
    answer."""
    import duckdb  # noqa: PLC0415 - heavy

    types = [rule.type for rule in plan.identifiers]
    found = check_statement(statement, types)
    column = None if found else column_of(statement, types)
    if column is None:
        raise StatementFailed(found[0].message if found else "the result does not say who")
    with tempfile.TemporaryDirectory(prefix="ebbline-listed-") as name:
        spill = Path(name)
        with (
            History(folder, spill) as history,
            duck.connection(spill, STATEMENT_MEMORY_BYTES) as db,
        ):
            history.use(db)
            _views(db, folder, plan, spill, views_of(statement))
            _close_off(db, folder)
            timer = threading.Timer(seconds, db.interrupt)
            timer.start()
            try:
                # Bounded by a limit around it, so that no result fills the memory here.
                bare, most = statement.rstrip().rstrip(";"), RESULT_PEOPLE_MAX + 1
                text = f'SELECT DISTINCT "{column}" FROM ({bare}\n) LIMIT {most}'  # noqa: S608
                rows = db.execute(text).fetchall()
            except duckdb.InterruptException as error:
                message = f"it took more than {seconds:g} seconds"
                raise StatementFailed(message) from error
            except duckdb.Error as error:
                raise StatementFailed(str(error).splitlines()[0]) from error
            finally:
                timer.cancel()
    if len(rows) > RESULT_PEOPLE_MAX:
        message = f"it names more than {RESULT_PEOPLE_MAX:,} people"
        raise StatementFailed(message)
    return _people(folder, column, [row[0] for row in rows if row[0] is not None])


def _close_off(db: duckdb.DuckDBPyConnection, folder: DataFolder) -> None:
    """From here on only the files of the history can be read, and no setting can be changed."""
    db.execute(f"SET allowed_directories = [{duck.text(f'{folder.history}/')}]")
    db.execute(f"SET max_temp_directory_size = '{STATEMENT_SPILL_BYTES >> 20}MiB'")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")


def _views(
    db: duckdb.DuckDBPyConnection, folder: DataFolder, plan: Plan, spill: Path,
    wanted: frozenset[str],
) -> None:  # fmt: skip
    """`profiles` and `memberships` as the state has them, where the statement reads them."""
    state = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        state.set_busy_timeout(BUSY_MS_MAX)
        state.execute("BEGIN")
        if "profiles" in wanted:
            types = [rule.type for rule in plan.identifiers]
            columns = {"profile": "BIGINT", **dict.fromkeys(types, "VARCHAR"), "traits": "VARCHAR"}
            truth = engine.compile_plan(plan).default_truth
            rows: Any = state.execute(_PROFILES)
            people = (_person(*row, truth=truth) for row in rows)
            _load(db, "profiles", columns, people, spill)
        if "memberships" in wanted:
            columns = {"audience": "VARCHAR", "profile": "BIGINT", "since_ms": "BIGINT",
                       "effective": "BOOLEAN"}  # fmt: skip
            members: Any = state.execute(_MEMBERSHIPS)
            held = (dict(zip(columns, (*row[:3], bool(row[3])), strict=True)) for row in members)
            _load(db, "memberships", columns, held, spill)
    finally:
        state.close(True)


def _person(profile: int, state: bytes, identifiers: str, *, truth: bytearray) -> dict[str, Any]:
    """A row of `profiles`: the first identifier of each type, the traits as they were sent."""
    row: dict[str, Any] = {"profile": profile}
    for link in _identifiers.decode(identifiers):
        row.setdefault(link.type, link.value)
    traits = engine.decode_profile(state, truth).traits
    sent = {name: entry[0] for name, entry in traits.items()}
    row["traits"] = _encoder.encode(sent).decode()
    return row


def _load(
    db: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: Any, spill: Path
) -> None:
    file = spill / f"{name}.ndjson"
    with file.open("wb") as out:
        for row in rows:
            out.write(_encoder.encode(row) + b"\n")
    spec = ", ".join(f"{duck.text(key)}: '{kind}'" for key, kind in columns.items())
    source = f"read_ndjson({duck.text(str(file))}, columns={{{spec}}})"
    db.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {source}")  # noqa: S608 - our own words
    file.unlink()


def _people(folder: DataFolder, column: str, values: list[Any]) -> set[int]:
    """Whom the values of a result mean; what means nobody is passed over."""
    state = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        state.set_busy_timeout(BUSY_MS_MAX)
        known, wanted = "SELECT id FROM profiles WHERE id = ?", values
        if column != PERSON:
            kind = duck.text(column)
            known = f"SELECT profile FROM identifiers WHERE type = {kind}"  # noqa: S608
            known += " AND value = ?"
            wanted = [identifier(column, str(value)) for value in values]
        else:
            wanted = [value for value in values if type(value) is int]
        found = (state.execute(known, (value,)).fetchone() for value in wanted)
        return {int(row[0]) for row in found if row is not None}
    finally:
        state.close()
