"""Secrets on their way in: a prompt that shows nothing, or stdin; never an argument."""

from __future__ import annotations

import getpass
import sys

import typer

from ebbline.errors import Refused


def refuse_argument(name: str) -> None:
    """Ends a command that was given a secret as an argument; what was given is not repeated."""
    clean = name.partition("=")[0]
    message = (
        "a value is never an argument: lists of processes and the shell's history show it."
        f" Take what you have typed for known, make a new one, and give it to the prompt of"
        f" `ebbline secret set {clean}` or, with --stdin, to its stdin."
    )
    raise typer.BadParameter(message, param_hint="NAME")


def from_stdin() -> str:
    """A secret from stdin, without spaces and ends of lines around it. Refused for bytes."""
    from ebbline.hosts.embedded.secrets.limits import SECRET_BYTES_MAX  # noqa: PLC0415 - heavy

    content = sys.stdin.buffer.read(SECRET_BYTES_MAX + 2)
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        message = "What came by stdin is no text; encode it in base64 if it has to be bytes."
        raise Refused(message) from None


def from_prompt(name: str) -> str:
    """A secret typed twice at a terminal that does not show it. Refused without a terminal."""
    if not sys.stdin.isatty():
        message = "There is no terminal to ask at: give the value to stdin, and say --stdin."
        raise Refused(message)
    first = getpass.getpass(f"Value of {name} (not shown): ").strip()
    if getpass.getpass("Once more: ").strip() != first:
        message = "The two are not the same; nothing was stored."
        raise Refused(message)
    return first
