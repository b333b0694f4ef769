"""The data folder: what lies where, and whether this version may touch it.

It opens no database and holds no lock (see `lock`).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ebbline.errors import FolderTooNew, SetupError

FORMAT = 2  # raised when an older Ebbline could no longer read what this one writes

_PRIVATE = 0o700  # the folder holds personal data


class DataFolder(msgspec.Struct, frozen=True):
    """Paths of everything a running system keeps."""

    path: Path

    @property
    def log(self) -> Path:
        """What came in, in order: the truth."""
        return self.path / "log.db"

    @property
    def state(self) -> Path:
        """What follows from the log, written by the engine."""
        return self.path / "state.db"

    @property
    def delivery(self) -> Path:
        """What destinations have been told, written by deliver."""
        return self.path / "delivery.db"

    @property
    def history(self) -> Path:
        """The events of everybody as Parquet files, a folder for each day."""
        return self.path / "history"

    @property
    def history_index(self) -> Path:
        """Which of those files count, and how far the log is in them."""
        return self.path / "history.db"

    @property
    def lock(self) -> Path:
        """Held by the processes that have the folder open."""
        return self.path / "lock"

    @property
    def engine_bell(self) -> Path:
        """A named pipe: rung by who appended to the log from outside the running system."""
        return self.path / "engine.bell"

    @property
    def builder_bell(self) -> Path:
        """A named pipe: rung by who proposed, withdrew or took over a version."""
        return self.path / "builder.bell"

    @property
    def collect_bell(self) -> Path:
        """A named pipe: rung when another version has become live."""
        return self.path / "collect.bell"

    @property
    def shadow(self) -> Path:
        """The state of a version that is being built, written by the builder."""
        return self.path / "state.next.db"

    @property
    def rebuilt(self) -> Path:
        """The same, made by the engine itself where no builder has."""
        return self.path / "state.again.db"

    @property
    def ready(self) -> Path:
        """The builder's note that the shadow is the engine's from now on."""
        return self.path / "state.ready"

    @property
    def build(self) -> Path:
        """How the present build stands."""
        return self.path / "build.json"

    @property
    def listed(self) -> Path:
        """Why the SQL of audiences came to nothing, where it did."""
        return self.path / "listed.json"

    @property
    def bookmark(self) -> Path:
        """How far the last import of a file has got."""
        return self.path / "import.json"

    @property
    def version(self) -> Path:
        """The format of the folder, a whole number."""
        return self.path / "version"


def open_folder(path: Path, *, create: bool = True) -> DataFolder:
    """The data folder at `path`, created when there is none, unless `create` is false.

    Raises FolderTooNew for a folder of a later format, SetupError for a path that is no data
    folder or cannot be written.
    """
    folder = DataFolder(path.absolute())
    if not create and not folder.version.is_file():
        message = f"There is no Ebbline data folder at {folder.path}."
        raise SetupError(message)
    try:
        path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if folder.version.exists():
            _check(folder, folder.version.read_text("utf-8", "replace"))
        else:
            _create(folder)
    except OSError as error:
        message = f"The data folder {folder.path} cannot be used: {error.strerror or error}."
        raise SetupError(message) from error
    return folder


def _check(folder: DataFolder, text: str) -> None:
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        message = (
            f"{folder.version} should hold the folder's format number but says {text[:40]!r};"
            " restore the folder from a backup or choose another one."
        )
        raise SetupError(message)
    if int(text) > FORMAT:
        message = (
            f"The data folder {folder.path} has format {text}; this Ebbline reads up to {FORMAT}."
            " Upgrade Ebbline before opening it."
        )
        raise FolderTooNew(message)
    if int(text) < FORMAT:
        # Each file is brought up to date by who opens it; from here on no older one may.
        _write_format(folder)


def _create(folder: DataFolder) -> None:
    """Write the version file; a crash at any point leaves a folder that opens again."""
    draft = folder.path / "version.new"
    own = {draft.name, folder.lock.name}
    strange = sorted(entry.name for entry in folder.path.iterdir() if entry.name not in own)
    if strange:
        message = (
            f"{folder.path} is not an Ebbline data folder and is not empty (it holds"
            f" {strange[0]!r}); choose an empty or a new folder."
        )
        raise SetupError(message)
    folder.path.chmod(_PRIVATE)  # whoever made it; others may be let in again on purpose
    _write_format(folder)


def _write_format(folder: DataFolder) -> None:
    draft = folder.path / "version.new"
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{FORMAT}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder.version)
    directory = os.open(folder.path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
