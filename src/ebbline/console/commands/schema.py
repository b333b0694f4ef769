"""`ebbline schema`: JSON Schemas of the project files, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ebbline.console.output import plural, say, show, show_json
from ebbline.console.place import DryRunOption, JsonOption
from ebbline.errors import NotFound, SetupError


def schema(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="ebbline.yml, audiences, traits, …; else all"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a file for each kind there")
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print JSON Schemas of the project files, for completion in editors."""
    import msgspec  # noqa: PLC0415 - heavy

    from ebbline.definitions.schema import schemas  # noqa: PLC0415

    made = schemas()
    if kind is not None and kind not in made:
        message = f'There is no kind "{kind}"; there are: {", ".join(sorted(made))}.'
        raise NotFound(message)
    chosen = {name: value for name, value in made.items() if kind in (None, name)}
    if out is None:
        value = chosen[kind] if kind is not None else chosen
        if as_json:
            show_json(value)
        else:
            show(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
        return
    for name, value in chosen.items():
        file = out / f"{name.removesuffix('.yml')}.schema.json"
        show(str(file))
        if not dry_run:
            _write(file, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    would = " would be" if dry_run else ""
    say(f"{plural(len(chosen), 'file')}{would} written. An editor's YAML extension maps them.")


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}."
        raise SetupError(message) from error
