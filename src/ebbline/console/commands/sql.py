"""`ebbline sql`: an audience as a query for a warehouse."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.output import iso, show, show_json
from ebbline.console.place import JsonOption, Place, ProjectOption, instant


def sql(
    audience: Annotated[str, typer.Argument(metavar="AUDIENCE", help="An audience's name")],
    dialect: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="duckdb, snowflake, bigquery, spark, databricks, clickhouse, postgres, redshift",
        ),
    ] = "duckdb",
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Who was in it at this instant, as known then; else now"),
    ] = None,
    effective: Annotated[
        bool, typer.Option(help="Leave out people for whom a priority group suppresses it")
    ] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print an audience as SQL over a table of events."""
    from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415 - heavy
    from ebbline.warehouse import members  # noqa: PLC0415

    given = instant(at, "--at")
    now_ms = SystemClock().now_ms() if given is None else given
    query = members(Place(project).plan(), audience, now_ms, dialect, effective=effective)
    text = query.sql(pretty=True)
    if as_json:
        show_json({"audience": audience, "dialect": dialect, "at": iso(now_ms), "sql": text})
        return
    (columns,) = query.audiences
    show(f"-- Who is in {audience} at {iso(now_ms)}, in the SQL of {dialect}.")
    show(f"-- {columns.effective} is false where a priority group suppresses it.")
    show(f"{text};")
