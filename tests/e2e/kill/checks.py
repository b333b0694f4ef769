"""What must hold after the storm, each check independent of the processes that were killed."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from ebbline.definitions import load_project
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.history import History
from ebbline.hosts.embedded.log import Log
from ebbline.testing import START_MS, VirtualClock
from tests.e2e.kill.load import Call, owner
from tests.e2e.whole.door import Door
from tests.e2e.whole.system import query
from tests.simulation.system import dump

EXTERNAL = "external_id"
ALIAS = "user_alias"
Person = tuple[str, str]  # how Braze knows somebody: the kind of identifier and its value


def plan_at(project: Path) -> Plan:
    """The project's plan."""
    plan = load_project(project).plan
    assert plan is not None
    return plan


def lost(data: Path, acknowledged: dict[str, Call]) -> list[str]:
    """MessageIds that were acknowledged but are not in the log as they were sent."""
    log = Log(data / "log.db", SystemClock(), read_only=True)
    entries = (entry for entry in log.read(0) if entry.kind == "events")
    kept: dict[str, list[Event]] = defaultdict(list)
    for entry in entries:
        for event in log.events(entry):
            kept[event.message_id].append(event)
    log.close()
    return [
        message_id
        for message_id, call in acknowledged.items()
        if not kept[message_id] or not all(is_same(event, call) for event in kept[message_id])
    ]


def is_same(event: Event, call: Call) -> bool:
    """Whether the log holds a call as it was sent."""
    return (
        (event.user_id or None) == call.get("userId")
        and (event.anonymous_id or None) == call.get("anonymousId")
        and (call["type"] != "track" or event.name == call["event"])
        and (event.properties or {}) == call.get("properties", {})
        and (event.traits or {}) == call.get("traits", {})
    )


def refolded(data: Path, again: Path, plan: Plan) -> list[str]:
    """Differences between the state and a fold of a copy of its log, in one go from nothing."""
    again.mkdir()
    for name in ("log.db", "version"):
        shutil.copy(data / name, again / name)
    loop = EngineLoop(open_folder(again), plan, VirtualClock(START_MS))
    loop.step()
    loop.close()
    return dump.differences(dump.state(data), dump.state(again))


def views(acknowledged: dict[str, Call]) -> Counter[str]:
    """Products viewed by person, counted from what was sent: each messageId once."""
    calls = acknowledged.values()
    return Counter(owner(call) for call in calls if call.get("event") == "Product Viewed")


def history_differs(data: Path) -> list[str]:
    """Events of the log that history and tail do not hold exactly once, or not as the events of
    whom the state says they are."""
    log = Log(data / "log.db", SystemClock(), read_only=True)
    entries = (entry for entry in log.read(0) if entry.kind == "events")
    first = {event.message_id: event for entry in entries for event in log.events(entry)}
    log.close()
    owners = {
        (kind, value): profile
        for kind, value, profile in query(
            data / "state.db", "SELECT type, value, profile FROM identifiers"
        )
    }
    with History(DataFolder(data)) as history, history.events() as db:
        rows = db.execute("SELECT message_id, profile FROM events").fetchall()
    held = Counter(message_id for message_id, _ in rows)
    found = [f"{each}: {held[each]} times" for each in first.keys() | held if held[each] != 1]
    for message_id, profile in rows:
        event = first[message_id]
        if event.user_id is not None and owners["user_id", event.user_id] != profile:
            found.append(f"{message_id}: of {profile}, not of {event.user_id}")
    return found


def wanted(data: Path, plan: Plan) -> dict[Person, set[str]]:
    """By person as Braze knows them: the fields of the audiences they are effectively in."""
    fields = {sync.audience: sync.field for sync in plan.destinations[0].sync if sync.audience}
    names = dict(query(data / "state.db", "SELECT id, name FROM definitions"))
    found: dict[int, set[str]] = defaultdict(set)
    for definition, profile in query(
        data / "state.db", "SELECT definition, profile FROM memberships WHERE effective"
    ):
        found[profile].add(fields[names[definition]])
    people = query(data / "state.db", "SELECT id, identifiers FROM profiles")
    return {address(json.loads(identifiers)): found[profile] for profile, identifiers in people}


def address(identifiers: list[list[Any]]) -> Person:
    """The user id, else the first device."""
    users = [value for kind, value, *_ in identifiers if kind == "user_id"]
    devices = [value for kind, value, *_ in identifiers if kind == "anonymous_id"]
    return (EXTERNAL, users[0]) if users else (ALIAS, devices[0])


def person_of(item: dict[str, Any]) -> Person:
    """Whom an attributes object, or a user of the sandbox, is about."""
    if EXTERNAL in item:
        return EXTERNAL, item[EXTERNAL]
    return ALIAS, item[ALIAS]["alias_name"]


def all_of(braze: Door) -> list[dict[str, Any]]:
    """Everybody the Braze sandbox knows."""
    users: list[dict[str, Any]] = braze.ask("GET", "/sandbox/users").json()["users"]
    return users


def differing(users: list[dict[str, Any]], should: dict[Person, set[str]]) -> list[str]:
    """People of whom Braze has another idea than the memberships, in any audience."""
    held = {
        person_of(user): {
            name for name, value in user["custom_attributes"].items() if value is True
        }
        for user in users
    }
    return [
        f"{person}: has {held.get(person)}, should have {should.get(person)}"
        for person in sorted(held.keys() | should.keys())
        if held.get(person, set()) != should.get(person, set())
    ]


def stale(applied: list[tuple[int, dict[str, Any]]], data: Path, plan: Plan) -> list[str]:
    """Values that Braze applied although it had newer ones of the same person already.

    What a person's field was given must be the ledger's values for it in the ledger's order,
    each not before it was true; repeats and values passed over are allowed.
    """
    history = _history(data, plan)
    found = []
    places: dict[tuple[str, str], int] = {}
    for now_ms, item in applied:
        kind, name = person_of(item)
        if kind != EXTERNAL:
            continue
        for field, value in item.items():
            if field == EXTERNAL:
                continue
            absent = (0, None if field == "views" else False)
            rows = [absent, *history[name, field]]
            place = places.get((name, field), 0)
            while place < len(rows) and rows[place][1] != value:
                place += 1
            if place == len(rows) or rows[place][0] > now_ms:
                found.append(f"{name}: {field} = {value} at {now_ms} is not the newest")
            else:
                places[name, field] = place
    return found


def _history(data: Path, plan: Plan) -> dict[tuple[str, str], list[tuple[int, Any]]]:
    """(instant, value) of each field of each user id, in the order of the ledger."""
    fields: dict[str, str] = {}
    for sync in plan.destinations[0].sync:
        fields[sync.audience or sync.trait] = sync.field
    people = query(data / "state.db", "SELECT id, identifiers FROM profiles")
    names = {profile: address(json.loads(found))[1] for profile, found in people}
    found: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
    for kind, profile, definition, at_ms, value in query(
        data / "state.db",
        "SELECT kind, profile, definition, at_ms, value FROM ledger_entries ORDER BY seq",
    ):
        if definition in fields and profile in names and kind not in ("linked", "merged"):
            held = json.loads(value) if kind == "trait" else bool(value)
            if kind == "exited":
                held = False
            found[names[profile], fields[definition]].append((at_ms, held))
    return found
