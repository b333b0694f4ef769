"""`ebbline.yml`: the project's name, time zone, identity and lists written in place."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ebbline.definitions.findings import Finding, whole_file
from ebbline.definitions.limits import (
    DAY_MS,
    LATENESS_MS_DEFAULT,
    MEMORY_BYTES_DEFAULT,
    MEMORY_BYTES_MIN,
    WINDOW_MS_MAX,
)
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, IdentifierRule, SloDef
from ebbline.definitions.project.document import Document
from ebbline.definitions.project.fields import PROJECT
from ebbline.definitions.project.lists import distinct
from ebbline.definitions.project.reading import Named, Read, read
from ebbline.definitions.project.slo import read_slo
from ebbline.definitions.sizes import format_size

_DAY_MS = 86_400_000


class Settings(msgspec.Struct, frozen=True):
    """What `ebbline.yml` says; `system` holds settings as written, and retention as whole
    days."""

    name: str = ""
    time_zone: str = "UTC"
    identifiers: tuple[IdentifierRule, ...] = DEFAULT_IDENTIFIERS
    lists: dict[str, tuple[Any, ...]] = {}
    system: dict[str, Any] = {}
    lateness_ms: int = LATENESS_MS_DEFAULT
    memory_bytes: int = MEMORY_BYTES_DEFAULT
    slo: SloDef = SloDef()


def missing_settings() -> Finding:
    """The finding for a folder without `ebbline.yml`."""
    return whole_file("ebbline.yml", "missing_file", "the file is missing", "it names the project")


def read_settings(document: Document) -> Settings:
    """The settings of the file; its problems are noted in the document."""
    if document.root is None:
        if not document.findings:
            document.findings.append(
                whole_file(document.file, "missing_key", "the file is empty", "write name: shop")
            )
        return Settings()
    made = read(document, PROJECT, document.root)
    if made is None:
        return Settings()
    document.root_read = made
    lists: dict[str, Named] = made.get("lists", {})
    system = {"settings": made.get("settings", {})}
    system["retention"] = _retention(made.get("retention"))
    return Settings(
        made.get("name", ""),
        _time_zone(made),
        _identifiers(made),
        {name: distinct(named.value or ()) for name, named in lists.items()},
        system,
        _lateness_ms(made),
        _memory_bytes(made.get("limits")),
        read_slo(made.get("slo")),
    )


def _lateness_ms(made: Read) -> int:
    wanted: int | None = made.get("lateness")
    if wanted is None:
        return LATENESS_MS_DEFAULT
    if wanted > WINDOW_MS_MAX:
        message = f"lateness is at most {WINDOW_MS_MAX // DAY_MS} days"
        made.problem("lateness", "window_too_long", message, "write 30d")
        return LATENESS_MS_DEFAULT
    return wanted


def _memory_bytes(made: Read | None) -> int:
    wanted: int | None = None if made is None else made.get("memory")
    if made is None or wanted is None:
        return MEMORY_BYTES_DEFAULT
    if wanted < MEMORY_BYTES_MIN:
        message = f"memory is at least {format_size(MEMORY_BYTES_MIN)}"
        made.problem("memory", "bad_limit", message, "write 1GB")
        return MEMORY_BYTES_DEFAULT
    return wanted


def _retention(made: Read | None) -> dict[str, int]:
    """How many days of what is kept, by its name."""
    events_ms = None if made is None else made.get("events")
    if made is None or events_ms is None:
        return {}
    if events_ms < _DAY_MS or events_ms % _DAY_MS:
        message = "events are kept for whole days, at least one"
        made.problem("events", "bad_retention", message, "write 400d")
        return {}
    return {"events": events_ms // _DAY_MS}


def _time_zone(made: Read) -> str:
    name: str = made.get("time_zone", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        message = f"unknown time zone {name}"
        made.problem("time_zone", "unknown_time_zone", message, "write one like Europe/Berlin")
        return "UTC"
    return name


def _identifiers(made: Read) -> tuple[IdentifierRule, ...]:
    identity: Read | None = made.get("identity")
    rows: list[Read] = identity.get("identifiers", []) if identity is not None else []
    rules: dict[str, IdentifierRule] = {}
    for row in rows:
        type_ = row.get("type")
        if type_ is None:
            continue
        if type_ in rules:
            row.problem("type", "duplicate_name", f"{type_} is listed twice")
        usual = next((rule for rule in DEFAULT_IDENTIFIERS if rule.type == type_), None)
        fallback = usual or IdentifierRule(type_)
        limit, pii = row.get("limit", fallback.limit), row.get("pii", fallback.pii)
        rules[type_] = IdentifierRule(type_, limit, pii)
    return tuple(rules.values()) or DEFAULT_IDENTIFIERS
