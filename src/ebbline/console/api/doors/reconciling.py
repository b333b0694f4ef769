"""Does a destination hold what it should: asking for a comparison, and reading what it found."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Path

from ebbline.client.shapes import deliveries as shapes
from ebbline.console.api.context import Api
from ebbline.console.api.doors.deliveries import known_destination
from ebbline.console.api.limits import ROWS_SHOWN
from ebbline.console.api.parameters import DestinationAsked, Limit
from ebbline.console.api.problems import Trip
from ebbline.console.api.routes import Routes, posted
from ebbline.console.api.shaping import iso
from ebbline.errors import NotFound, SetupError
from ebbline.hosts.embedded.deliver.reconcile import Report, asking

routes = Routes("reconciliation")


@routes.post(
    "/v1/reconciliations", scope="deliveries:write", takes=shapes.Reconcile,
    gives=shapes.Started, also=("not_found", "not_running"), status=202,
)  # fmt: skip
def reconcile(
    api: Api, body: Annotated[shapes.Reconcile, posted(shapes.Reconcile)]
) -> shapes.Started:
    """Read a destination back and compare it with the memberships.

    The delivering process does it, at the destination's pace; its report is there once it has
    begun. What differs counts when it still does a minute later.
    """
    known_destination(api, body.destination)
    try:
        name = asking.ask(api.folder.path, body.destination, sample=body.sample, heal=body.heal)
    except SetupError as error:
        raise Trip("not_running", f"{error}.") from error
    return shapes.Started(id=name)


@routes.get("/v1/reconciliations", scope="deliveries:read", gives=shapes.Reports)
def list_reconciliations(
    api: Api, destination: DestinationAsked = None, limit: Limit = ROWS_SHOWN
) -> shapes.Reports:
    """Reports, newest first."""
    found = asking.reports(api.folder.path, destination, limit)
    return shapes.Reports(reports=[_report(each) for each in found])


@routes.get(
    "/v1/reconciliations/{report}", scope="deliveries:raw", gives=shapes.ReportShown,
    also=("not_found",),
)  # fmt: skip
def show_reconciliation(
    api: Api,
    report: Annotated[
        str, Path(min_length=1, max_length=300, description="Its id, as it was given")
    ],
) -> shapes.ReportShown:
    """One report with its first drifts, one by one."""
    found = asking.report_of(api.folder.path, report)
    if found is None:
        raise NotFound(f'There is no report "{report}" (yet: it is there once it has begun).')
    drifts = [shapes.Drift(**msgspec.structs.asdict(each)) for each in found.examples]
    return shapes.ReportShown(report=_report(found), drifts=drifts)


def _report(each: Report) -> shapes.Report:
    return shapes.Report(
        id=each.id, destination=each.destination, started=iso(each.started_ms),
        ended=iso(each.ended_ms), state=each.state, problem=each.problem, method=each.method,
        sample=each.sample, people=each.people, compared=each.compared, moving=each.moving,
        drifts=each.drifts, healed=each.healed, kinds=each.kinds,
        counts=[shapes.SideBySide(**msgspec.structs.asdict(one)) for one in each.counts],
    )  # fmt: skip
