"""A data folder into one file, while its system runs or when it is stopped.

The copies of the databases lie beside the file until they are packed; the file appears whole,
under its name, or not at all. No key of the secrets store is ever read here.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import apsw
import msgspec
import zstandard

from ebbline import __version__
from ebbline.errors import Refused, SetupError
from ebbline.hosts.embedded import folder as folders
from ebbline.hosts.embedded.backup import manifest as manifests
from ebbline.hosts.embedded.backup.limits import (
    BLOCK_BYTES,
    FORMAT,
    SECRETS_BYTES_MAX,
    ZSTD_LEVEL,
)
from ebbline.hosts.embedded.backup.manifest import Manifest, Member
from ebbline.hosts.embedded.backup.snapshots import ORDER, Snapshot, snapshots
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder, open_folder

Progress = Callable[[int, int], object]  # called with the bytes done, and all of them

_SECRETS = "secrets.json"
_MODE = 0o600
_HISTORY_FILES = "SELECT path FROM files ORDER BY day, id"


class Foreseen(msgspec.Struct, frozen=True):
    """What a backup would take in: (name, bytes) as they lie there now, and the room there is."""

    members: tuple[tuple[str, int], ...]
    bytes: int
    free_bytes: int


class BackedUp(msgspec.Struct, frozen=True):
    """A backup that was made: what is in it, and the bytes of the file."""

    manifest: Manifest
    bytes: int


def foresee(data: Path, file: Path, *, with_history: bool = False) -> Foreseen:
    """What `back_up` would do, with nothing written. Raises as it does."""
    folder = _checked(data, file)
    names = [name for name in ORDER if with_history or name != "history.db"]
    paths = [folder.path / name for name in [folders.DataFolder(data).version.name, *names]]
    paths.append(folder.path / _SECRETS)
    members = [(path.name, path.stat().st_size) for path in paths if path.is_file()]
    if with_history and folder.history.is_dir():
        sizes = [path.stat().st_size for path in folder.history.rglob("*.parquet")]
        members.append(("history/", sum(sizes)))
    whole = sum(size for _, size in members)
    return Foreseen(tuple(members), whole, shutil.disk_usage(file.absolute().parent).free)


def back_up(
    data: Path, file: Path, clock: Clock, *, with_history: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> BackedUp:  # fmt: skip
    """Write a backup of the data folder to `file`, readable by its owner alone.

    Raises SetupError for a folder that is none or damaged and for a disk without room, Refused
    for a file that is there already or would lie inside the folder.
    """
    folder = _checked(data, file)
    try:
        with tempfile.TemporaryDirectory(
            prefix=".ebbline-backup-", dir=file.absolute().parent
        ) as aside:
            return _Making(folder, Path(aside), progress).make(file, clock, with_history)
    except (OSError, apsw.Error) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        message = f"{file} cannot be written: {why}. Nothing was left behind."
        raise SetupError(message) from error


class _Making:
    """One backup on its way."""

    def __init__(self, folder: DataFolder, aside: Path, progress: Progress) -> None:
        self._folder, self._aside, self._progress = folder, aside, progress
        self._done = self._all = 0

    def make(self, file: Path, clock: Clock, with_history: bool) -> BackedUp:
        """Copy at one moment, then pack."""
        with snapshots(self._folder.path, with_history=with_history) as opened:
            instant_ms = clock.now_ms()
            offset = opened["log.db"].one("SELECT max(offset) FROM log")
            ledger = 0
            if "state.db" in opened:
                ledger = opened["state.db"].one("SELECT max(seq) FROM ledger")
            self._measure(opened, file)
            if "history.db" in opened:  # first: files that no longer count are deleted in time
                self._keep_history(opened["history.db"])
            self._keep_small()
            for snapshot in opened.values():
                snapshot.copy(self._aside / snapshot.name, self._advance)
        members = tuple(self._member(path) for path in self._kept())
        folder_format = int((self._aside / manifests.VERSION_FILE).read_text("ascii"))
        manifest = Manifest(
            manifests.KIND, FORMAT, __version__, folder_format, instant_ms, offset, ledger, members
        )
        draft = self._aside / "draft"
        self._pack(manifest, draft)
        size = draft.stat().st_size
        draft.rename(file)
        _sync(file.absolute().parent)
        return BackedUp(manifest, size)

    def _measure(self, opened: dict[str, Snapshot], file: Path) -> None:
        """Know how much there is to do; SetupError when it does not fit on the disk."""
        whole = sum(snapshot.bytes for snapshot in opened.values())
        free = shutil.disk_usage(self._aside).free
        if whole > free:
            message = (
                f"The disk of {file} has {free >> 20:,} MB free, and the copies take"
                f" {whole >> 20:,} MB while they are packed. Make room, or name a file on another"
                " disk."
            )
            raise SetupError(message)
        self._all = 3 * whole  # copied, read for the checksum, packed

    def _keep_history(self, index: Snapshot) -> None:
        """The Parquet files that count: as links where they lie on the same disk."""
        for (name,) in index.rows(_HISTORY_FILES):
            source = self._folder.history / str(name)
            target = self._aside / "history" / str(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:
                shutil.copyfile(source, target)

    def _keep_small(self) -> None:
        shutil.copyfile(self._folder.version, self._aside / manifests.VERSION_FILE)
        try:
            with (self._folder.path / _SECRETS).open("rb") as source:
                content = source.read(SECRETS_BYTES_MAX)
        except FileNotFoundError:
            return
        (self._aside / _SECRETS).write_bytes(content)

    def _kept(self) -> list[Path]:
        """The files in the order they are packed in: the small ones first."""
        found = [path for path in self._aside.rglob("*") if path.is_file()]
        sizes = {path: path.stat().st_size for path in found}
        self._all = self._done + 2 * sum(sizes.values())
        return sorted(found, key=lambda path: (sizes[path], path.name))

    def _member(self, path: Path) -> Member:
        digest = hashlib.sha256()
        size = 0
        with path.open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                size += len(block)
                self._advance(len(block))
        name = path.relative_to(self._aside).as_posix()
        return Member(name, size, digest.hexdigest())

    def _pack(self, manifest: Manifest, draft: Path) -> None:
        packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        with os.fdopen(fd, "wb") as file:
            with (
                packer.stream_writer(file, closefd=False) as stream,
                tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
            ):
                head = manifests.encode(manifest)
                seconds = manifest.instant_ms // 1000
                archive.addfile(_entry(manifests.NAME, len(head), seconds), io.BytesIO(head))
                for member in manifest.members:
                    with (self._aside / member.name).open("rb") as source:
                        entry = _entry(member.name, member.bytes, seconds)
                        archive.addfile(entry, _Counted(source, self._advance))
            file.flush()
            os.fsync(fd)

    def _advance(self, done: int) -> None:
        self._done += done
        self._progress(self._done, max(self._all, self._done))


class _Counted(io.RawIOBase):
    """A file that tells how much of it has been read."""

    def __init__(self, source: BinaryIO, advanced: Callable[[int], object]) -> None:
        self._source, self._advanced = source, advanced

    def read(self, size: int = -1, /) -> bytes:
        """As the file."""
        block = self._source.read(size)
        self._advanced(len(block))
        return block


def _entry(name: str, size: int, seconds: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, _MODE, seconds
    return entry


def _checked(data: Path, file: Path) -> DataFolder:
    """The folder, once it is clear that there is something to back up and a place for it."""
    folder = open_folder(data, create=False)
    if not folder.log.is_file():
        message = f"There is no log.db in {folder.path}, so there is nothing to back up yet."
        raise SetupError(message)
    parent = file.absolute().parent
    if file.exists():
        raise Refused(f"{file} is there already; nothing was written. Name a new file.")
    if not parent.is_dir():
        raise SetupError(f"There is no folder {parent} to write {file.name} to; make it first.")
    if parent.resolve().is_relative_to(folder.path.resolve()):
        message = (
            f"{file} lies inside the data folder and would be lost with it. Name a file elsewhere,"
            " best on another disk."
        )
        raise Refused(message)
    return folder


def _sync(folder: Path) -> None:
    """What was renamed in a folder is so after a power cut as well."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
