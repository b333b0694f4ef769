"""`ebbline init`: a working project to begin with."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from ebbline.console.output import plural, say, show, show_json
from ebbline.console.place import DATA_DEFAULT, PROJECT_FILE, DryRunOption, JsonOption
from ebbline.errors import SetupError

IGNORED = f"# What a running system keeps, no part of the project.\n/{DATA_DEFAULT.parts[0]}/\n"


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder")],
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a working project with examples in a new folder."""
    _refuse_used(folder)
    made = project_files(folder)
    if not dry_run:
        write_files(folder, made)
    names = sorted(made)
    if as_json:
        show_json({"folder": str(folder), "files": names, "written": not dry_run})
        return
    for name in names:
        show(f"{folder / name}")
    if dry_run:
        say(f"\n{plural(len(names), 'file')} would be written (--dry-run).")
        return
    say(f"\n{plural(len(names), 'file')} written. Next:\n")
    if folder.resolve() != Path.cwd():
        say(f"  cd {folder}")
    say("  ebbline validate      every problem, with file, line and column")
    say("  ebbline test          the examples under each audience")
    say("  ebbline run           take in events and keep the audiences true")


def project_files(folder: Path) -> dict[str, bytes]:
    """The template's files by path inside the project, which is named after its folder."""
    template = files("ebbline.console") / "templates" / "shop"
    made = dict(_walk(template, ""))
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_") or "shop"
    text = made[PROJECT_FILE].decode()
    made[PROJECT_FILE] = re.sub(r"(?m)^name:.*$", f"name: {name}", text, count=1).encode()
    made.setdefault(".gitignore", IGNORED.encode())
    return made


def write_files(folder: Path, made: dict[str, bytes]) -> None:
    """Write a project's files into a folder."""
    try:
        for name, data in made.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except OSError as error:
        message = f"{error.filename or folder} cannot be written: {error.strerror}."
        raise SetupError(message) from error


def _refuse_used(folder: Path) -> None:
    try:
        used = next(iter(sorted(folder.iterdir())), None) if folder.exists() else None
    except NotADirectoryError as error:
        message = f"{folder} is a file; name a new folder."
        raise SetupError(message) from error
    except OSError as error:
        message = f"{folder} cannot be looked into: {error.strerror}."
        raise SetupError(message) from error
    if used is not None:
        message = f"{folder} is not empty (it holds {used.name}); name a new or an empty folder."
        raise SetupError(message)


def _walk(node: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for child in node.iterdir():
        if child.name == "__pycache__":
            continue
        if child.is_dir():
            found += _walk(child, f"{prefix}{child.name}/")
        else:
            found.append((prefix + child.name, child.read_bytes()))
    return found
