"""`ebbline.yml`: the project's name, time zone, identity and lists written in place."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ebbline.definitions.findings import Finding, whole_file
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, IdentifierRule
from ebbline.definitions.project.document import Document
from ebbline.definitions.project.fields import PROJECT
from ebbline.definitions.project.reading import Named, Read, read


class Settings(msgspec.Struct, frozen=True):
    """What `ebbline.yml` says; `system` holds retention, limits and settings as written."""

    name: str = ""
    time_zone: str = "UTC"
    identifiers: tuple[IdentifierRule, ...] = DEFAULT_IDENTIFIERS
    lists: dict[str, tuple[Any, ...]] = {}
    system: dict[str, Any] = {}


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
    lists: dict[str, Named] = made.get("lists", {})
    for key in ("retention", "limits"):
        if key in made.values:
            made.not_enforced(key)
    system = {key: made.get(key, {}) for key in ("retention", "limits", "settings")}
    return Settings(
        made.get("name", ""),
        _time_zone(made),
        _identifiers(made),
        {name: tuple(named.value or ()) for name, named in lists.items()},
        system,
    )


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
