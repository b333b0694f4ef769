"""A backup file into a new data folder: unpacked and verified aside, then renamed.

Until the last byte has been checked there is no folder of that name. Nothing of the file is
believed: names, sizes and kinds of its members are checked before anything is written.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import apsw
import zstandard

from ebbline.errors import FolderTooNew, Refused, SetupError
from ebbline.hosts.embedded.backup import manifest as manifests
from ebbline.hosts.embedded.backup.limits import BLOCK_BYTES, MANIFEST_BYTES_MAX
from ebbline.hosts.embedded.backup.manifest import Manifest, Member
from ebbline.hosts.embedded.deliver.schema import VERSION as DELIVERY_VERSION

Progress = Callable[[int, int], object]  # called with the bytes done, and all of them

_MODE_FILE, _MODE_FOLDER = 0o600, 0o700


def verify(file: Path, progress: Progress = lambda _done, _all: None) -> Manifest:
    """Read a whole backup and compare every checksum; nothing is written.

    Raises SetupError for a file that is none or damaged, FolderTooNew for a newer one.
    """
    return _walk(file, None, progress)


def restore(
    file: Path, data: Path, progress: Progress = lambda _done, _all: None
) -> Manifest:  # fmt: skip
    """Make `data` a data folder as the backup has it; it must be empty, or not there yet.

    Raises as `verify`, and Refused for a folder that holds something, SetupError for a disk
    without room. Whatever is raised, `data` is as it was.
    """
    target = data.absolute()
    _check_target(target)
    try:
        target.parent.mkdir(mode=_MODE_FOLDER, parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.restoring-", dir=target.parent))
        try:
            manifest = _walk(file, aside, progress)
            _check_formats(aside, file)
            _sync_tree(aside)
            aside.rename(target)  # over an empty folder as well
            _sync(target.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        message = (
            f"{target} cannot be made: {error.strerror or error}. Nothing was restored. Choose a"
            " folder on a disk with room, whose parent you may write to and which is no mount"
            " point itself."
        )
        raise SetupError(message) from error
    return manifest


def _check_target(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Refused(f"{target} is no folder; nothing was restored. Name an empty or a new one.")
    if target.is_dir() and (held := sorted(entry.name for entry in target.iterdir())):
        message = (
            f"{target} is not empty (it holds {held[0]!r}); nothing was restored. Name an empty"
            " or a new folder: a backup never replaces data."
        )
        raise Refused(message)


def _walk(file: Path, aside: Path | None, progress: Progress) -> Manifest:
    """Take the members one after another; each goes to `aside` where that is given."""
    with _opened(file) as archive:
        entries = iter(archive)
        first = next(entries, None)
        if first is None or first.name != manifests.NAME or not first.isreg():
            raise _damaged(file, "it does not begin with a manifest")
        if first.size > MANIFEST_BYTES_MAX:
            raise _damaged(file, "its manifest is too long")
        manifest = manifests.decode(_content(archive, first).read(), str(file))
        if aside is not None:
            _check_room(manifest, aside)
        wanted = {member.name: member for member in manifest.members}
        done = 0
        for entry in entries:
            member = wanted.pop(entry.name, None)
            if member is None or not entry.isreg() or entry.size != member.bytes:
                raise _damaged(file, f"{entry.name[:80]!r} is not what its manifest says")
            before = done

            def advance(taken: int, before: int = before) -> None:
                progress(before + taken, manifest.bytes)

            _take(_content(archive, entry), member, aside, file, advance)
            done += member.bytes
    if wanted:
        raise _damaged(file, f"it is cut off: {next(iter(wanted))} is missing")
    return manifest


def _take(
    source: IO[bytes], member: Member, aside: Path | None, file: Path,
    advance: Callable[[int], object],
) -> None:  # fmt: skip
    """One member: its checksum, and its bytes to the disk."""
    digest = hashlib.sha256()
    taken = 0
    target = _new_file(aside / member.name) if aside is not None else None
    try:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            if target is not None:
                target.write(block)
            taken += len(block)
            advance(taken)
        if taken != member.bytes or digest.hexdigest() != member.sha256:
            raise _damaged(file, f"the checksum of {member.name} is another one")
        if target is not None:
            target.flush()
            os.fsync(target.fileno())
    finally:
        if target is not None:
            target.close()


def _new_file(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=_MODE_FOLDER, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, _MODE_FILE), "wb")


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(entry)
    assert found is not None  # a regular file has content
    return found


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """The archive as a stream; what its libraries find wrong becomes a sentence."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise SetupError(f"{file} cannot be read: {error.strerror}.") from error
    with source:
        try:
            stream = zstandard.ZstdDecompressor().stream_reader(source)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive
        except (zstandard.ZstdError, tarfile.TarError, EOFError) as error:
            raise _damaged(file, _why(error)) from error


def _why(error: Exception) -> str:
    """What a library found wrong; of a file that ends too early they say little."""
    early = isinstance(error, EOFError) or str(error) in ("empty file", "unexpected end of data")
    return "it is cut off" if early else str(error)


def _check_room(manifest: Manifest, aside: Path) -> None:
    free = shutil.disk_usage(aside).free
    if manifest.bytes > free:
        message = (
            f"The disk of {aside.parent} has {free >> 20:,} MB free; the backup takes"
            f" {manifest.bytes >> 20:,} MB. Nothing was restored."
        )
        raise SetupError(message)


def _check_formats(aside: Path, file: Path) -> None:
    """What the databases say themselves: SQLite files, and none newer than we can read."""
    for path in sorted(aside.glob("*.db")):
        try:
            db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                version = int(db.pragma("user_version"))
                db.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            finally:
                db.close()
        except apsw.Error as error:
            raise _damaged(file, f"{path.name} is no database ({error})") from error
        if path.name == "delivery.db" and version > DELIVERY_VERSION:
            message = (
                f"delivery.db in {file} was written by a newer Ebbline (format {version}; this one"
                f" reads up to {DELIVERY_VERSION}). Upgrade Ebbline before restoring it."
            )
            raise FolderTooNew(message)


def _damaged(file: Path, why: str) -> SetupError:
    return SetupError(
        f"{file} is no backup of Ebbline, or a damaged one: {why}. Nothing was restored; take"
        " another backup."
    )


def _sync_tree(folder: Path) -> None:
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        _sync(path)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
