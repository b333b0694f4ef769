"""The command line: its commands in the order of a newcomer's way, and what exit codes mean.

Commands import what they need when they run; `ebbline --help` loads none of it.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ebbline import __version__
from ebbline.console.commands import (
    api,
    apply,
    backup,
    deliveries,
    demo,
    destination,
    doctor,
    events,
    examples,
    explain,
    identity,
    init,
    key,
    ledger,
    members,
    merge,
    override,
    plan,
    profile,
    quarantine,
    reconcile,
    restore,
    run,
    schema,
    secret,
    slo,
    sql,
    status,
    sweep,
    unmerge,
    validate,
    versions,
)
from ebbline.console.output import say
from ebbline.errors import EbblineError, ProjectError

EXIT_FAILED = 1
EXIT_PROJECT = 3


class Commands(TyperGroup):
    """The commands; errors meant for people become a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run one command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except ProjectError as error:
            say(f"ebbline: {error}")
            raise typer.Exit(EXIT_PROJECT) from error
        except EbblineError as error:
            say(f"ebbline: {error}")
            raise typer.Exit(EXIT_FAILED) from error
        except Exception as error:
            if (trouble := _passing(error)) is None:
                raise
            say(f"ebbline: {trouble}")
            raise typer.Exit(EXIT_FAILED) from error


def _passing(error: Exception) -> str | None:
    """A sentence about a full disk and its like, None for what is a bug."""
    from ebbline.hosts.embedded.processes.trouble import passing_trouble  # noqa: PLC0415 - heavy

    return passing_trouble(error)


def _version(value: bool) -> None:
    if value:
        print(f"ebbline {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    name="ebbline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Audiences that are true at every moment: events in, exact memberships out.",
    epilog="`ebbline demo` shows it at work; `ebbline init shop` makes a project of your own."
    " Every command takes --json and --help; most take --project and --data.",
)


@app.callback()
def root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """What stands before the commands."""
    del version
    if ctx.invoked_subcommand != "init":  # whose files are for everybody who works on the project
        os.umask(0o077)  # what is written into data folders is personal data


_WRITE, _RUN, _LOOK = "Write and check a project", "Run it", "Look inside"
_DECIDE = "Decide by hand"

app.command("init", rich_help_panel=_WRITE)(init.init)
app.command("validate", rich_help_panel=_WRITE)(validate.validate)
app.command("test", rich_help_panel=_WRITE)(examples.examples)
app.command("schema", rich_help_panel=_WRITE)(schema.schema)
app.command("sql", rich_help_panel=_WRITE)(sql.sql)
app.command("plan", rich_help_panel=_WRITE)(plan.plan)
app.command("sweep", rich_help_panel=_WRITE)(sweep.sweep)
app.command("demo", rich_help_panel=_RUN)(demo.demo)
app.command("run", rich_help_panel=_RUN)(run.run)
app.command("apply", rich_help_panel=_RUN)(apply.apply)
app.command("rollback", rich_help_panel=_RUN)(apply.rollback)
app.command("import", rich_help_panel=_RUN)(events.import_events)
app.command("backup", rich_help_panel=_RUN)(backup.backup)
app.command("restore", rich_help_panel=_RUN)(restore.restore)
app.command("doctor", rich_help_panel=_RUN)(doctor.doctor)
app.add_typer(secret.app, name="secret", rich_help_panel=_RUN)
app.add_typer(key.app, name="key", rich_help_panel=_RUN)
app.add_typer(api.app, name="api", rich_help_panel=_RUN)
app.command("explain", rich_help_panel=_LOOK)(explain.explain)
app.command("profile", rich_help_panel=_LOOK)(profile.profile)
app.command("identity", rich_help_panel=_LOOK)(identity.identity)
app.command("members", rich_help_panel=_LOOK)(members.members)
app.command("ledger", rich_help_panel=_LOOK)(ledger.ledger)
app.command("status", rich_help_panel=_LOOK)(status.status)
app.command("slo", rich_help_panel=_LOOK)(slo.slo)
app.command("versions", rich_help_panel=_LOOK)(versions.versions)
app.add_typer(deliveries.app, name="deliveries", rich_help_panel=_LOOK)
app.add_typer(destination.app, name="destination", rich_help_panel=_LOOK)
app.command("reconcile", rich_help_panel=_LOOK)(reconcile.reconcile)
app.add_typer(quarantine.app, name="quarantine", rich_help_panel=_LOOK)
app.command("merge", rich_help_panel=_DECIDE)(merge.merge)
app.command("unmerge", rich_help_panel=_DECIDE)(unmerge.unmerge)
app.add_typer(override.app, name="override", rich_help_panel=_DECIDE)


def main() -> None:
    """The entry point of the `ebbline` script."""
    app()


if __name__ == "__main__":
    main()
