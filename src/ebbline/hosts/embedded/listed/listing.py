"""The schedule: which audience's SQL is due, what it says now, and the difference as commands.

When it ran last stands in the state, as an outcome of its own commands: a system that starts
again goes on where it was, and one that slept through a refresh makes up for it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import apsw
import msgspec
import structlog

from ebbline.definitions.plan import AudienceDef, Plan, decode_plan
from ebbline.definitions.refresh import listed_trait, next_refresh
from ebbline.engine.standing import Standing
from ebbline.errors import EbblineError
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.listed.limits import LISTING_PEOPLE_MAX
from ebbline.hosts.embedded.listed.sandbox import named_by
from ebbline.profiles.commands import Listing, decode_command
from ebbline.profiles.graph import Identifier
from ebbline.profiles.identifiers import Pair

_LAST = """
SELECT at_ms, command FROM commands
WHERE json_extract(command, '$.type') = 'listing' AND json_extract(command, '$.audience') = ?
ORDER BY log_offset DESC LIMIT 1
"""
_META = "SELECT value FROM meta WHERE key = ?"
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class Listed(msgspec.Struct, frozen=True):
    """When the SQL of an audience ran last (None: never yet), when it runs next, and why the
    last try failed, if it did."""

    audience: str
    last_ms: int | None
    next_ms: int
    failed_ms: int | None = None
    error: str = ""


class Failure(msgspec.Struct, frozen=True):
    """A try that came to nothing; `digest` is that of the statement."""

    at_ms: int
    error: str
    digest: str


_failures = msgspec.json.Decoder(dict[str, Failure])


def listed(folder: DataFolder, plan: Plan) -> tuple[Listed, ...]:
    """How the audiences with SQL of a plan stand."""
    state = _open(folder)
    try:
        failures = _read_failures(folder)
        audiences = [each for each in plan.audiences if each.sql]
        return tuple(_standing(state, plan, each, failures) for each in audiences)
    finally:
        state.close()


class Lists:
    """Runs what is due. One process does, beside a system that runs."""

    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._written = 0  # the last entry of ours: nothing runs before the engine has it

    def step(self) -> int | None:
        """Run everything that is due; when to look again, in UTC milliseconds, None when no
        audience has SQL or the engine has still to take in what was said last."""
        plan = self._plan()
        if plan is None:
            return None
        while True:
            now_ms = self._clock.now_ms()
            waiting = listed(self._folder, plan)
            due = [each for each in waiting if each.next_ms <= now_ms]
            if not due:
                return min((each.next_ms for each in waiting), default=None)
            if self._meta("offset") < self._written:
                return None
            for each in due:
                self._run(plan, each.audience)

    def _run(self, plan: Plan, name: str) -> None:
        (audience,) = [each for each in plan.audiences if each.name == name]
        failures, at_ms = _read_failures(self._folder), self._clock.now_ms()
        try:
            now = named_by(self._folder, plan, audience.sql)
        except EbblineError as error:
            failures[name] = Failure(at_ms, str(error), _digest(audience))
            structlog.get_logger().error("sql failed", audience=name, reason=str(error))
        else:
            failures.pop(name, None)
            for listing in self._differences(audience, now, at_ms):
                self._written = commands.append(self._folder, listing, self._clock)
        _write_failures(self._folder, failures)

    def _differences(self, audience: AudienceDef, now: set[int], at_ms: int) -> Iterator[Listing]:
        """What the result says that the state does not; one listing at least, to say that and
        when it was asked."""
        entering, leaving = _changed(self._folder, listed_trait(audience.name), now)
        size, digest = LISTING_PEOPLE_MAX, _digest(audience)
        many = max(1, -(-max(len(entering), len(leaving)) // size))
        for part in range(many):
            some = slice(part * size, (part + 1) * size)
            yield Listing(
                id=commands.new_id("listing"), audience=audience.name, at_ms=at_ms, digest=digest,
                entering=tuple(entering[some]), leaving=tuple(leaving[some]),
                reason=f"{len(entering)} named, {len(leaving)} not any more",
            )  # fmt: skip

    def _plan(self) -> Plan | None:
        if not self._folder.state.exists():
            return None
        encoded = self._meta("plan")
        return None if not encoded else decode_plan(bytes(encoded))

    def _meta(self, key: str) -> Any:
        state = _open(self._folder)
        try:
            row = state.execute(_META, (key,)).fetchone()
            return 0 if row is None else row[0]
        finally:
            state.close()


def _standing(
    state: apsw.Connection, plan: Plan, audience: AudienceDef, failures: dict[str, Failure]
) -> Listed:
    row: Any = state.execute(_LAST, (audience.name,)).fetchone()
    last_ms, digest = None, _digest(audience)
    next_ms = 0  # never, or by another statement: at once
    if row is not None:
        said = decode_command(row[1].encode())
        if isinstance(said, Listing) and said.digest == digest:
            last_ms = said.at_ms
            next_ms = next_refresh(audience.refresh, said.at_ms, plan.time_zone)
    failure = failures.get(audience.name)
    if failure is None or failure.digest != digest or failure.at_ms < (last_ms or 0):
        return Listed(audience.name, last_ms, next_ms)
    again_ms = next_refresh(audience.refresh, failure.at_ms, plan.time_zone)
    return Listed(audience.name, last_ms, again_ms, failure.at_ms, failure.error)


def _changed(folder: DataFolder, trait: str, now: set[int]) -> tuple[list[Pair], list[Pair]]:
    """The strongest identifiers of those who are named and were not, and the other way."""
    entering: list[Pair] = []
    leaving: list[Pair] = []
    state = _open(folder)
    try:
        rows: Any = state.execute("SELECT id, state, identifiers FROM profiles ORDER BY id")
        for profile, packed, identifiers in rows:
            was = Standing(packed).sent(trait) is True
            if was != (profile in now):
                best = _identifiers.decode(identifiers)[0]
                (leaving if was else entering).append((best.type, best.value))
    finally:
        state.close()
    return entering, leaving


def _digest(audience: AudienceDef) -> str:
    return hashlib.blake2b(audience.sql.encode(), digest_size=8).hexdigest()


def _open(folder: DataFolder) -> apsw.Connection:
    state = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
    state.set_busy_timeout(BUSY_MS_MAX)
    return state


def _read_failures(folder: DataFolder) -> dict[str, Failure]:
    try:
        return _failures.decode(folder.listed.read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}


def _write_failures(folder: DataFolder, failures: dict[str, Failure]) -> None:
    draft = folder.listed.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(failures))
    draft.replace(folder.listed)
