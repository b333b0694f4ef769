"""A project checked as a whole: its files, the connectors' settings, the SQL of audiences.

For every door: the command line checks folders, the API also projects that are posted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ebbline.connectors.registry import CONNECTORS, check
from ebbline.definitions import Loaded, load_files, load_project
from ebbline.definitions.findings import Problem
from ebbline.definitions.plan import DestinationDef
from ebbline.definitions.project.files import FOLDERS

PROJECT_FILE = "ebbline.yml"


def check_folder(folder: Path, now_ms: int) -> Loaded:
    """The project in a folder with everything found in it."""
    return load_project(
        folder, today=_day(now_ms), destination_types=list(CONNECTORS), check_sql=_check_sql,
        check_destination=_check_destination,
    )  # fmt: skip


def check_files(files: Mapping[str, bytes], now_ms: int) -> Loaded:
    """The same for a project's files by their paths inside its folder; what a folder would not
    be read for (a README) is left out."""
    wanted = {path: data for path, data in files.items() if _is_read(path)}
    return load_files(
        wanted, today=_day(now_ms), destination_types=list(CONNECTORS), check_sql=_check_sql,
        check_destination=_check_destination,
    )  # fmt: skip


def _is_read(path: str) -> bool:
    folder, _, rest = path.partition("/")
    if not rest:
        return path == PROJECT_FILE
    return folder in FOLDERS and rest.endswith(".csv" if folder == "lists" else (".yml", ".yaml"))


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()


def _check_sql(text: str, types: Collection[str]) -> Sequence[Problem]:
    """What is wrong with the SQL of an audience; loaded where there is any."""
    from ebbline.warehouse.statement import check_statement  # noqa: PLC0415 - heavy

    return check_statement(text, types)


def _check_destination(destination: DestinationDef) -> Sequence[tuple[str, str, bool]]:
    """What its connector finds wrong in a destination, and where."""
    found = check(destination.type, destination.settings, destination.sync)
    return [(problem.where, problem.message, problem.hidden) for problem in found]
