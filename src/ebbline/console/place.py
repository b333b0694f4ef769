"""Where a command works: the project folder, the data folder, and settings of the project.

A value comes from the flag, then from the environment (Typer reads both), then from
`settings:` in `ebbline.yml`, then from the default.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import plural, say
from ebbline.errors import ProjectError, SetupError

if TYPE_CHECKING:
    from ebbline.definitions import Loaded, Plan
    from ebbline.hosts.embedded.reading import Reader

PROJECT_FILE = "ebbline.yml"
DATA_DEFAULT = Path(".ebbline/data")

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project", "-p", envvar="EBBLINE_PROJECT", metavar="DIR", show_default=False,
        help="The project folder; else the one you are in, or around it",
    ),
]  # fmt: skip
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", envvar="EBBLINE_DATA", metavar="DIR", show_default=False,
        help="The data folder; else .ebbline/data in the project",
    ),
]  # fmt: skip
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, only")]


class Place:
    """The folders of one command."""

    def __init__(self, project: Path | None = None, data: Path | None = None) -> None:
        self._project_given = project
        self._data_given = data
        self._settings: dict[str, Any] | None = None

    @property
    def project(self) -> Path:
        """The project folder: as given, or the nearest one around here, or the only one in
        here. Without any, the folder we are in (and loading it will say what is missing)."""
        if self._project_given is not None:
            return self._project_given
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / PROJECT_FILE).is_file():
                return folder if folder != here else Path()
        inside = [file.parent for file in sorted(Path().glob(f"*/{PROJECT_FILE}"))]
        return inside[0] if len(inside) == 1 else Path()

    @property
    def data(self) -> Path:
        """The data folder; need not exist yet."""
        if self._data_given is not None:
            return self._data_given
        named = self.setting("data")
        if named is not None:
            return self.project / str(named)
        return self.project / DATA_DEFAULT

    def setting(self, name: str) -> Any:
        """A key of `settings:` in the project file, None when it is not there."""
        if self._settings is None:
            self._settings = _settings(self.project / PROJECT_FILE)
        return self._settings.get(name)

    def loaded(self) -> Loaded:
        """The project with everything found in it."""
        from ebbline.console.checking import check_folder  # noqa: PLC0415 - heavy
        from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415

        return check_folder(self.project, SystemClock().now_ms())

    def plan(self) -> Plan:
        """The checked plan; see `checked`."""
        return self.checked()[0]

    def checked(self) -> tuple[Plan, Loaded]:
        """The project without errors; with some, they are told and ProjectError ends the
        command."""
        from ebbline.definitions import render_all  # noqa: PLC0415

        loaded = self.loaded()
        if loaded.plan is None:
            say(render_all(loaded.errors))
            message = (
                f"The project {self.where} has {plural(len(loaded.errors), 'error')};"
                " nothing was done. Mend what is listed above and try again."
            )
            raise ProjectError(message)
        return loaded.plan, loaded

    @property
    def where(self) -> str:
        """The project folder as people would write it."""
        return str(self.project) if self.project != Path() else str(Path.cwd())

    def reader(self) -> Reader:
        """The data folder, open for reading."""
        from ebbline.hosts.embedded.reading import Reader  # noqa: PLC0415

        return Reader(self.data)


def _settings(file: Path) -> dict[str, Any]:
    """`settings:` of a project file; a broken file has none, and `validate` says why."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    if "settings" not in text:  # reading YAML is slow, and most projects set nothing
        return {}
    from ebbline.definitions.project.document import read_document  # noqa: PLC0415
    from ebbline.definitions.project.settings import read_settings  # noqa: PLC0415

    settings = read_settings(read_document(PROJECT_FILE, text)).system.get("settings")
    return settings if isinstance(settings, dict) else {}


def instant(text: str | None, option: str) -> int | None:
    """UTC milliseconds of an option's text; a usage error when it is no instant."""
    if text is None:
        return None
    from ebbline.definitions.moments import parse_moment  # noqa: PLC0415

    found = parse_moment(text.strip())
    if found is None:
        message = (
            f'"{text}" is no instant; write one like 2026-05-01T12:00:00Z or 2026-05-01'
            " (without a zone it is UTC)."
        )
        raise typer.BadParameter(message, param_hint=option)
    return found


def whole(value: Any, name: str) -> int:
    """A setting that must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"`settings: {name}:` in {PROJECT_FILE} must be a whole number, not {value!r}."
        raise SetupError(message)
    return value
