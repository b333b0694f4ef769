"""`destinations/*.yml` and `sources/*.yml`: where changes go and where events come from.

Knows no connector: a connector's own keys are kept as written, only secrets are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.known import Known
from ebbline.definitions.plan import DestinationDef, ReconcileDef, SourceDef, SyncDef
from ebbline.definitions.project.document import AnyValue, Document, Entry, Map, Scalar, Seq
from ebbline.definitions.project.fields import DESTINATIONS, SOURCES
from ebbline.definitions.project.reading import Named, Read, plain, read
from ebbline.definitions.project.slo import read_probe

_SECRET = re.compile(
    r"(?:^|_)(?:key|token|secret|password|passphrase|credentials?|authorization|cookie)$"
)
_REFERENCE = re.compile(r"(?:env|file|store):.+")


CheckDestination = Callable[[DestinationDef], Sequence[tuple[str, str, bool]]]
"""What a connector minds in a destination: (where, a sentence, whether a secret stands there).
Where is a setting's key, with what is inside it after dots, or `sync.` and a field."""


def read_destinations(
    documents: list[Document],
    known: Known,
    types: Collection[str] | None,
    check: CheckDestination | None = None,
) -> tuple[DestinationDef, ...]:
    """The destinations; `types` are the connectors there are, None when not known."""
    made: dict[str, DestinationDef] = {}
    for document, name, one in _all(documents, DESTINATIONS, "destinations"):
        if name in made:
            message = f'destination "{name}" is defined twice'
            document.problem(one.key, "duplicate_name", message)
            continue
        row: Read | None = one.value
        if row is None:
            continue
        told = len(document.findings)
        for key, entry in row.free.items():
            _no_literal_secret(document, key, entry)
        literal = len(document.findings) > told
        type_ = row.get("type", "")
        if types is not None and type_ and type_ not in types:
            hint = did_you_mean(type_, types, quoted=False) or "there is " + ", ".join(types)
            row.problem("type", "unknown_connector", f"unknown connector {type_}", hint)
        settings = {key: plain(entry.value) for key, entry in row.free.items()}
        sync = _syncs(row.get("sync") or [], known)
        purposes, probe = tuple(row.get("purposes") or ()), read_probe(row.get("probe"), sync)
        reconcile = _reconcile(row.get("reconcile"))
        one_made = DestinationDef(name, type_, settings, sync, purposes, reconcile, probe)
        made[name] = one_made
        if check is not None and type_ in (types or ()):
            for where, message, hidden in check(one_made):
                if hidden and literal:
                    continue  # said already
                place = one.key if hidden else _place(row, where) or one.key
                document.problem(place, "bad_destination", message)
    return tuple(made.values())


def _place(row: Read, where: str) -> AnyValue | None:
    """Where in the file a connector's finding belongs; None for the destination itself."""
    key, _, rest = where.partition(".")
    if key == "sync":
        for each in row.get("sync") or []:
            if rest in (each.get("as"), each.get("audience"), each.get("trait")):
                found: AnyValue = each.at
                return found
    entry = row.free.get(key)
    return None if entry is None else entry.value


def _reconcile(row: Read | None) -> ReconcileDef:
    if row is None:
        return ReconcileDef()
    heal = row.get("heal")
    return ReconcileDef(
        row.get("every") or 0, int(row.get("sample") or 0), heal is None or bool(heal)
    )


def _all(documents: list[Document], shape: Any, key: str) -> list[tuple[Document, str, Named]]:
    found: list[tuple[Document, str, Named]] = []
    for document in documents:
        made = None if document.root is None else read(document, shape, document.root)
        named = made.get(key) if made is not None else None
        found += [(document, name, one) for name, one in (named or {}).items()]
    return found


def _no_literal_secret(document: Document, key: str, entry: Entry) -> None:
    match entry.value:
        case Map(entries=entries):
            for inner, value in entries.items():
                _no_literal_secret(document, inner, value)
        case Seq(items=items):
            for item in items:
                _no_literal_secret(document, key, Entry(entry.key, item))
        case Scalar(value=value, text=text) as scalar:
            secret = _SECRET.search(key.casefold().replace("-", "_"))
            if secret and value is not None and not _REFERENCE.fullmatch(text):
                message = f"{key} is a secret and must not stand in a file of the project"
                hint = "write env:NAME, file:PATH or store:NAME"
                hidden = Document(document.file, _masked(document.source, scalar))
                hidden.problem(scalar, "literal_secret", message, hint)
                document.findings += hidden.findings


def _masked(source: str, scalar: Scalar) -> str:
    """The source with the secret's characters replaced, as findings are printed and logged."""
    held = source[scalar.start : scalar.end]
    hidden = "".join(char if char in "\r\n" else "*" for char in held)
    return source[: scalar.start] + hidden + source[scalar.end :]


def _syncs(rows: list[Read], known: Known) -> tuple[SyncDef, ...]:
    made: dict[str, SyncDef] = {}
    for row in rows:
        audience, trait = row.get("audience", ""), row.get("trait", "")
        if bool(audience) == bool(trait):
            if not row.broken:
                row.problem("as", "bad_sync", "a sync names an audience or a trait, one of them")
            continue
        _check_names(row, audience, trait, known)
        field = row.get("as") or audience or trait
        if field in made:
            row.problem("as", "duplicate_name", f"{field} is sent twice", "give it another as:")
        least = row.get("min_change")
        if audience and least is not None:
            row.problem("min_change", "bad_sync", "min_change is for traits")
        if trait and row.get("only"):
            row.problem("only", "bad_sync", "only: is for audiences: entries or exits")
        made[field] = SyncDef(
            field,
            audience,
            trait,
            None if least is None else float(least),
            row.get("mode") or "",
            row.get("changes") or "net",
            row.get("only") or "",
            row.get("priority") or "",
            tuple(row.get("purposes") or ()),
        )
    return tuple(made.values())


def _check_names(row: Read, audience: str, trait: str, known: Known) -> None:
    if audience in known.archived:
        row.problem("audience", "archived_audience", f'audience "{audience}" is archived')
    elif audience and audience not in known.audiences:
        hint = did_you_mean(audience, known.audiences)
        row.problem("audience", "unknown_audience", f'unknown audience "{audience}"', hint)
    if trait and trait not in known.computed:
        near = did_you_mean(trait, known.computed, quoted=False)
        message = f"no computed trait is called {trait}, and only computed ones are sent"
        hint = near or f"for a sent trait, compute one: value: {trait}"
        row.problem("trait", "unknown_trait", message, hint)


def read_sources(documents: list[Document]) -> tuple[SourceDef, ...]:
    """The sources. A write key is public (browsers hold it), so it may be written out."""
    made: dict[str, SourceDef] = {}
    keys: dict[str, str] = {}
    for document, name, one in _all(documents, SOURCES, "sources"):
        if name in made:
            message = f'source "{name}" is defined twice'
            document.problem(one.key, "duplicate_name", message)
            continue
        row: Read | None = one.value
        key = row.get("write_key") if row is not None else None
        if row is None or key is None:
            continue
        if keys.setdefault(key, name) != name:
            message = f'source "{keys[key]}" has the same write key'
            row.problem("write_key", "duplicate_name", message)
        made[name] = SourceDef(name, key)
    return tuple(made.values())
