"""A project folder to a checked `Plan`: every file read, every problem reported together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.definitions.findings import Finding, Problem, in_order, whole_file
from ebbline.definitions.kinds import of_literal
from ebbline.definitions.known import Known, planned_kind
from ebbline.definitions.limits import AUDIENCES_MAX, FINDINGS_MAX, TRAITS_MAX
from ebbline.definitions.naming import event_aliases
from ebbline.definitions.plan import (
    AudienceDef,
    DestinationDef,
    GroupDef,
    Plan,
    SourceDef,
    TrackingPlan,
    TraitDef,
    consent_trait,
)
from ebbline.definitions.project.document import Document, read_document
from ebbline.definitions.project.examples import Example, read_example
from ebbline.definitions.project.fields import AUDIENCES, TRAITS
from ebbline.definitions.project.files import read_folder
from ebbline.definitions.project.governance import govern
from ebbline.definitions.project.groups import read_groups
from ebbline.definitions.project.lists import list_name, read_list
from ebbline.definitions.project.options import purposes
from ebbline.definitions.project.outputs import CheckDestination, read_destinations, read_sources
from ebbline.definitions.project.rules import Draft, read_drafts, resolve
from ebbline.definitions.project.settings import Settings, missing_settings, read_settings
from ebbline.definitions.project.tracking import read_tracking
from ebbline.events.names import Names

CheckSql = Callable[[str, Collection[str]], Sequence[Problem]]
"""What is wrong with a statement, given the types of identifiers there are."""


class Loaded(msgspec.Struct, frozen=True):
    """A project as loaded: no plan when any finding is an error. `system` holds the
    `settings` of `ebbline.yml` as written, and `retention` as whole days."""

    plan: Plan | None
    examples: tuple[Example, ...] = ()
    findings: tuple[Finding, ...] = ()
    system: dict[str, Any] = {}

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep the project from running."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def load_project(
    folder: str | Path,
    *,
    today: str | None = None,
    destination_types: Collection[str] | None = None,
    check_sql: CheckSql | None = None,
    check_destination: CheckDestination | None = None,
) -> Loaded:
    """Load a project folder. Nothing a user writes raises; see `load_files`."""
    files, findings = read_folder(Path(folder))
    if any(finding.code == "missing_folder" for finding in findings):
        return Loaded(None, (), tuple(findings))
    loaded = load_files(
        files,
        today=today,
        destination_types=destination_types,
        check_sql=check_sql,
        check_destination=check_destination,
    )
    together = _limited(in_order((*findings, *loaded.findings)))
    failed = any(finding.severity == "error" for finding in findings)
    return msgspec.structs.replace(loaded, plan=None if failed else loaded.plan, findings=together)


def load_files(
    files: Mapping[str, bytes],
    *,
    today: str | None = None,
    destination_types: Collection[str] | None = None,
    check_sql: CheckSql | None = None,
    check_destination: CheckDestination | None = None,
) -> Loaded:
    """Load a project from its files' bytes by path inside the folder.

    `today` (an ISO date) decides which reviews are overdue; `destination_types` are the
    connectors there are, `check_sql` finds what is wrong with a statement and
    `check_destination` what a connector minds in a destination; None when that is
    not to be checked.
    """
    return _Load(files, today, destination_types, check_sql, check_destination).loaded()


class _Load:
    """The steps of one load, in the order in which they need each other."""

    def __init__(
        self, files: Mapping[str, bytes], today: str | None, types: Collection[str] | None,
        check_sql: CheckSql | None, check_destination: CheckDestination | None,
    ) -> None:  # fmt: skip
        self._findings: list[Finding] = []
        self._documents: dict[str, list[Document]] = {}
        self._today = today
        self._types = types
        self._check_sql = check_sql
        self._check_destination = check_destination
        for path in sorted(files):
            self._open(path, files[path])

    def _open(self, path: str, data: bytes) -> None:
        kind = path.split("/", 1)[0]
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"the file is not UTF-8 (line {line})"
            document = Document(path, "")
            document.findings.append(whole_file(path, "not_utf8", message, "save it as UTF-8"))
        else:
            document = Document(path, text) if kind == "lists" else read_document(path, text)
        self._documents.setdefault(kind, []).append(document)

    def _of(self, kind: str) -> list[Document]:
        return self._documents.get(kind, [])

    def loaded(self) -> Loaded:
        """The project."""
        settings = self._settings()
        tracking = read_tracking(self._of("tracking-plan"))
        lists = self._lists(settings)
        traits = read_drafts(self._of("traits"), TRAITS, "trait", {})
        audiences = read_drafts(self._of("audiences"), AUDIENCES, "audience", traits)
        self._limit(len(traits), TRAITS_MAX, "computed traits")
        self._limit(len(audiences), AUDIENCES_MAX, "audiences")
        names = Names(event_aliases(tracking))
        known = _known(tracking, traits, audiences, lists, names)
        ordered = resolve(traits, audiences, known, names)
        self._shadows(traits, tracking)
        self._hidden(lists, known)
        self._statements(audiences, settings)
        govern(audiences, self._today)
        groups = read_groups(self._of("audiences"), known)
        destinations = read_destinations(
            self._of("destinations"), known, self._types, self._check_destination
        )
        sources = read_sources(self._of("sources"))
        examples = _examples(audiences, known)
        findings = self._all_findings()
        if any(finding.severity == "error" for finding in findings):
            return Loaded(None, examples, _limited(findings), settings.system)
        plan = _plan(settings, tracking, lists, ordered, groups, destinations, sources)
        return Loaded(plan, examples, _limited(findings), settings.system)

    def _settings(self) -> Settings:
        documents = self._of("ebbline.yml")
        if not documents:
            self._findings.append(missing_settings())
            return Settings()
        return read_settings(documents[0])

    def _lists(self, settings: Settings) -> dict[str, tuple[Any, ...]]:
        lists = dict(settings.lists)
        for document in self._of("lists"):
            name = list_name(document.file)
            if name in lists:
                message = f'list "{name}" is defined twice'
                document.findings.append(whole_file(document.file, "duplicate_name", message))
            lists[name] = read_list(document)
        return lists

    def _statements(self, audiences: dict[str, Draft], settings: Settings) -> None:
        """Note what is wrong with the SQL of audiences."""
        types, check = [rule.type for rule in settings.identifiers], self._check_sql
        for draft in audiences.values():
            written = draft.row.get("sql")
            if written is not None and check is not None:
                for problem in check(written.text, types):
                    draft.document.rule_problem(written, problem)

    def _limit(self, number: int, most: int, what: str) -> None:
        if number > most:
            message = f"a project has at most {most:,} {what}, not {number:,}"
            self._findings.append(whole_file("ebbline.yml", "too_many", message))

    def _shadows(self, traits: dict[str, Draft], tracking: TrackingPlan) -> None:
        for name, draft in traits.items():
            if name in tracking.traits:
                message = f"computed trait {name} hides the sent trait of that name"
                draft.document.problem(draft.key, "shadowed_trait", message, warning=True)

    def _hidden(self, lists: Mapping[str, Any], known: Known) -> None:
        """Warn of traits that their name does not mean where a list may stand."""
        files = {list_name(document.file): document for document in self._of("lists")}
        written = [d.root_read.get("lists") or {} for d in self._of("ebbline.yml") if d.root_read]
        for name in known.traits:
            if name not in lists:
                continue
            message = f"the list {name} hides the trait of that name after in"
            if name in files:
                found = whole_file(files[name].file, "shadowed_trait", message)
                files[name].findings.append(msgspec.structs.replace(found, severity="warning"))
            else:
                key = written[0][name].key
                document = self._of("ebbline.yml")[0]
                document.problem(key, "shadowed_trait", message, warning=True)

    def _all_findings(self) -> tuple[Finding, ...]:
        documents = [document for kind in self._documents.values() for document in kind]
        noted = [finding for document in documents for finding in document.findings]
        return in_order((*self._findings, *noted))


def _limited(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if len(findings) <= FINDINGS_MAX:
        return findings
    more = len(findings) - FINDINGS_MAX
    last = whole_file("", "too_many_findings", f"and {more:,} more findings")
    return (*findings[:FINDINGS_MAX], last)


def _known(
    tracking: TrackingPlan,
    traits: dict[str, Draft],
    audiences: dict[str, Draft],
    lists: Mapping[str, tuple[Any, ...]],
    names: Names,
) -> Known:
    archived = frozenset(name for name, draft in audiences.items() if draft.row.get("archived"))
    kinds = {name: planned_kind(rule.type) for name, rule in tracking.traits.items()}
    return Known(
        kinds | dict.fromkeys(traits, "any"),
        frozenset(traits),
        frozenset(audiences) - archived,
        archived,
        {name: frozenset(map(of_literal, values)) for name, values in lists.items()},
        {names.canonical(name): rule for name, rule in tracking.events.items()},
        bool(tracking.events) and tracking.unplanned != "allow",
    )


def _examples(audiences: dict[str, Draft], known: Known) -> tuple[Example, ...]:
    made: list[Example | None] = []
    for name, draft in audiences.items():
        if name in known.audiences:
            rows = draft.row.get("examples") or []
            made += [read_example(name, row, known.audiences) for row in rows]
    return tuple(example for example in made if example is not None)


def _plan(
    settings: Settings,
    tracking: TrackingPlan,
    lists: dict[str, tuple[Any, ...]],
    ordered: list[Draft],
    groups: tuple[GroupDef, ...],
    destinations: tuple[DestinationDef, ...],
    sources: tuple[SourceDef, ...],
) -> Plan:
    traits = tuple(_trait(draft) for draft in ordered if draft.what == "trait")
    traits += _consents(destinations)
    audiences = tuple(
        _audience(draft)
        for draft in ordered
        if draft.what == "audience" and not draft.row.get("archived")
    )
    return Plan(
        settings.name, settings.identifiers, traits, audiences, groups, destinations, sources,
        tracking, lists, settings.time_zone, settings.lateness_ms, settings.memory_bytes,
        settings.slo,
    )  # fmt: skip


def _consents(destinations: tuple[DestinationDef, ...]) -> tuple[TraitDef, ...]:
    """What people consented to, for the purposes for which destinations use their data."""
    purposes = {
        purpose
        for destination in destinations
        for named in (destination.purposes, *(sync.purposes for sync in destination.sync))
        for purpose in named
    }
    return tuple(
        TraitDef(
            consent_trait(purpose), tree.Call("consented", (tree.Literal(purpose),)), "boolean"
        )
        for purpose in sorted(purposes)
    )


def _trait(draft: Draft) -> TraitDef:
    assert draft.tree is not None  # no plan is made while a rule has errors
    kind = "any" if draft.kind == "null" else draft.kind
    return TraitDef(draft.name, draft.tree, kind, draft.row.get("description") or "")


def _audience(draft: Draft) -> AudienceDef:
    assert draft.tree is not None  # no plan is made while a rule has errors
    row = draft.row
    return AudienceDef(
        draft.name, draft.tree, row.get("description") or "", row.get("owner") or "",
        tuple(row.get("tags") or ()), row.get("review_by") or "", draft.parent, draft.exit_tree,
        row.get("hold") or 0, row.get("cooldown") or 0, purposes(row),
        row.get("sql").text if row.get("sql") is not None else "", row.get("refresh") or "",
    )  # fmt: skip
