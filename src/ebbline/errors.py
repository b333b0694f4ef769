"""The errors Ebbline raises, named by what the caller does about them.

Bad user data is never an exception (see `Rejection` and `Finding`); these are for broken
set-ups, refused commands and bugs.
"""

from __future__ import annotations


class EbblineError(Exception):
    """Root of every error raised on purpose; `str()` is a sentence for a person."""


class SetupError(EbblineError):
    """The operator mends a setting, a file or the machine and starts again (exit code 1)."""


class ProjectError(EbblineError):
    """The project folder has findings of severity error (exit code 3)."""


class FolderInUse(SetupError):
    """Another process holds the data folder: stop it, or choose another folder."""


class FolderTooNew(SetupError):
    """The data folder was written by a newer Ebbline: upgrade before opening it."""


class NotFound(EbblineError):
    """The named person, audience, trait or delivery does not exist."""


class Refused(EbblineError):
    """A command that does not fit how things stand: nothing was changed (exit code 1)."""


class NotInSql(EbblineError):
    """A definition that no query can say, or not in the asked dialect: ask the engine instead."""


class Invariant(EbblineError):
    """A bug: a state that must not occur; the process stops instead of guessing."""
