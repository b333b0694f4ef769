"""`ebbline api`: the management API's own description."""

from __future__ import annotations

import typer

from ebbline.console.output import show

app = typer.Typer(
    help="The management API: its OpenAPI document.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def group() -> None:
    """What stands before its commands."""


@app.command("openapi")
def openapi() -> None:
    """Print the OpenAPI 3.1 document: every operation, shape, reply and error."""
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    from ebbline.console.api.app import framework  # noqa: PLC0415 - heavy

    document = msgspec.json.encode(framework().state.document)
    show(msgspec.json.format(document, indent=2).decode())
