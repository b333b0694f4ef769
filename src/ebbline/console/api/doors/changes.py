"""Changes of definitions: check, foretell, apply, go back, and how a build does."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ebbline.client.shapes import definitions as shapes
from ebbline.console.api.context import Api, Caller, Context
from ebbline.console.api.parameters import Number
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import iso, since
from ebbline.console.checking import check_files, check_folder
from ebbline.definitions import Loaded
from ebbline.definitions.differences import Difference, differences
from ebbline.definitions.plan import Plan
from ebbline.hosts.embedded.applying import Conduct
from ebbline.hosts.embedded.builder import Progress, read_progress
from ebbline.hosts.embedded.reading.running import is_running
from ebbline.hosts.embedded.versions import Version, Versions, plan_of

routes = Routes("changes")


@routes.post(
    "/v1/validate", scope="definitions:plan", takes=shapes.Project, gives=shapes.Validated,
    also=("not_found",), heavy=True, records=False,
)  # fmt: skip
def validate(api: Api, body: Annotated[shapes.Project, posted(shapes.Project)]) -> shapes.Validated:
    """Check a project.

    Every problem with its file, line and column. Nothing is stored.
    """
    loaded = _loaded(api, body.files)
    return shapes.Validated(valid=loaded.plan is not None, findings=_findings(loaded))


@routes.post(
    "/v1/plan", scope="definitions:plan", takes=shapes.Project, gives=shapes.Planned,
    also=("not_found",), heavy=True, records=False,
)  # fmt: skip
def plan(api: Api, body: Annotated[shapes.Project, posted(shapes.Project)]) -> shapes.Planned:
    """Compare a project with what is live.

    Definitions that differ and, with `counts`, who would enter and leave and what destinations
    would be sent. Nothing is stored.
    """
    loaded = _loaded(api, body.files)
    if loaded.plan is None:
        return shapes.Planned(valid=False, findings=_findings(loaded), changes=[], preview=None)
    with api.reader() as reader:
        found, folder = differences(reader.plan(), loaded.plan), reader.folder
    foretold = None
    if found and body.counts:
        from ebbline.hosts.embedded.preview import preview  # noqa: PLC0415 - heavy

        with api.heavy():
            foretold = _foretold(preview(folder, loaded.plan))
    return shapes.Planned(
        valid=True, findings=_findings(loaded), changes=_differing(found), preview=foretold
    )


@routes.post(
    "/v1/apply", scope="definitions:apply", takes=shapes.Apply, gives=shapes.Proposed,
    also=("not_found", "bad_project"), heavy=True, status=202,
)  # fmt: skip
def apply(
    api: Api, caller: Caller, body: Annotated[shapes.Apply, posted(shapes.Apply)]
) -> shapes.Proposed:
    """Make a project live.

    The old version serves until the new one is built; `/v1/versions` tells how far that is.
    """
    loaded = _loaded(api, body.files)
    if loaded.plan is None:
        first = _findings(loaded)[0]
        raise Trip(
            "bad_project", f"The project has {len(loaded.errors)} errors, the first in"
            f" {first.file}:{first.line}: {first.message}. `/v1/validate` lists them.",
        )  # fmt: skip
    return _propose(api, caller.name, loaded.plan, body.note)


@routes.post(
    "/v1/rollback", scope="definitions:apply", takes=shapes.Rollback, gives=shapes.Proposed,
    also=("not_found",), status=202,
)  # fmt: skip
def rollback(
    api: Api, caller: Caller, body: Annotated[shapes.Rollback, posted(shapes.Rollback)]
) -> shapes.Proposed:
    """Make an older version live again."""
    with api.reader() as reader:
        known = reader.versions()
    wanted = known.numbered(body.version) if body.version is not None else known.former()
    note = body.note or f"rollback to version {wanted.number}"
    return _propose(api, caller.name, plan_of(wanted), note, wanted.number)


@routes.delete("/v1/build", scope="definitions:apply", gives=shapes.Proposed)
def give_up_build(api: Api, caller: Caller) -> shapes.Proposed:
    """Give up the version that is being built.

    `version` is the one that was given up, null when nothing was being built.
    """
    with Conduct(_there(api)) as conduct:
        was = conduct.withdraw(caller.name)
    return shapes.Proposed(
        version=None if was is None else _version(was, 0), changes=[],
        running=is_running(api.folder),
    )  # fmt: skip


@routes.get("/v1/versions", scope="definitions:read", gives=shapes.Versions)
def list_versions(api: Api) -> shapes.Versions:
    """Every version of the definitions there has been, the newest last."""
    with api.reader() as reader:
        known, progress = reader.versions(), read_progress(reader.folder)
    found = [_version(version, len(made)) for version, made in known.with_differences()]
    return shapes.Versions(versions=found, build=build_of(known, progress))


@routes.get(
    "/v1/versions/{number}", scope="definitions:read", gives=shapes.VersionShown,
    also=("not_found",),
)  # fmt: skip
def show_version(api: Api, number: Number) -> shapes.VersionShown:
    """One version, with what differs from the one that was live before it."""
    with api.reader() as reader:
        known = reader.versions()
    wanted = known.numbered(number)
    made = next(each for version, each in known.with_differences() if version is wanted)
    return shapes.VersionShown(version=_version(wanted, len(made)), differences=_differing(made))


def build_of(known: Versions, progress: Progress | None) -> shapes.Build | None:
    """How the open version's build does; None when there is none."""
    if known.open is None:
        return None
    mine = progress if progress and progress.version == known.open.number else None
    return shapes.Build(
        version=known.open.number, state="waiting" if mine is None else mine.state,
        events=mine.events if mine else 0, events_all=mine.events_all if mine else None,
        left_ms=mine.left_ms() if mine else None, error=mine.error if mine else "",
    )  # fmt: skip


def _loaded(api: Context, files: dict[str, str] | None) -> Loaded:
    """A posted project, or the one in the folder that the system was started with."""
    today_ms = api.clock.now_ms()
    if files is None and api.project is None:
        raise Trip("not_found", "This API was started without a project folder; post `files`.")
    with api.heavy():
        if files is not None:
            return check_files({path: text.encode() for path, text in files.items()}, today_ms)
        assert api.project is not None
        return check_folder(api.project, today_ms)


def _propose(api: Context, who: str, wanted: Plan, note: str, of: int = 0) -> shapes.Proposed:
    with api.reader() as reader:
        found = differences(reader.plan(), wanted)
    with Conduct(_there(api)) as conduct:
        version = conduct.propose(wanted, who, note, of)
    return shapes.Proposed(
        version=None if version is None else _version(version, len(found)),
        changes=_differing(found), running=is_running(api.folder),
    )  # fmt: skip


def _there(api: Context) -> Any:
    with api.reader() as reader:  # says what is wrong when there is no data yet
        return reader.folder


def _version(version: Version, changes: int) -> shapes.Version:
    return shapes.Version(
        version=version.number, state=version.standing, proposed=since(version.proposed_ms),
        live=since(version.live_ms), by=version.who, note=version.note,
        rollback_to=version.of or None, changes=changes,
    )  # fmt: skip


def _findings(loaded: Loaded) -> list[shapes.Found]:
    return [shapes.Found(**msgspec.structs.asdict(each)) for each in loaded.findings]


def _differing(found: tuple[Difference, ...]) -> list[shapes.Differing]:
    return [shapes.Differing(**msgspec.structs.asdict(each)) for each in found]


def _foretold(found: Any) -> shapes.Foretold:
    return shapes.Foretold(
        at=iso(found.at_ms), people=found.people,
        effects=[msgspec.convert(each, shapes.Effect, from_attributes=True)
                 for each in found.effects],
        traits=[msgspec.convert(each, shapes.TraitEffect, from_attributes=True)
                for each in found.traits],
        costs=[msgspec.convert(each, shapes.Cost, from_attributes=True) for each in found.costs],
        how=found.how, seconds=found.seconds,
    )  # fmt: skip
