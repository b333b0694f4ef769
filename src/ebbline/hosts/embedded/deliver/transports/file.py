"""Requests that are files to write: each appears as a whole under its name, or not at all.

The name must lie below the folder that the header `root` names. That folder has to be there;
below it folders are made, and symbolic links are not followed, so nothing leads out of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.transports.limits import FILE_MODE, FOLDER_MODE, LEVELS_MAX

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE])
_FORBIDDEN = frozenset(
    [errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR]
)
_TOO_LONG = frozenset([errno.ENAMETOOLONG, errno.EFBIG])


class FileTransport:
    """A `Transport`. `keep_out` are folders that no project may have files written into, such
    as that of the running system itself."""

    def __init__(self, keep_out: Iterable[Path] = ()) -> None:
        self._keep_out = tuple(path.resolve() for path in keep_out)

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport`: 201 or 200 for a file that is new or was replaced, 403 where we may
        not write, 507 where there is no room."""
        del limits  # a disk has no patience to lose: what is begun is brought to its end
        try:
            return await asyncio.shield(asyncio.to_thread(self._write, request))
        except OSError as error:
            return _refused(error)

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, request: Request) -> Result:
        root = dict(request.headers).get("root", "")
        parts = _below(root, unquote(urlsplit(request.url).path))
        if parts is None:
            return Response(403, {}, b"The file would lie outside the folder it belongs in.")
        real = Path(root).resolve()
        if any(real == kept or kept in real.parents or real in kept.parents
               for kept in self._keep_out):  # fmt: skip
            return Response(403, {}, b"Ebbline keeps its own files in that folder.")
        with _opened(root, parts[:-1]) as folder:
            is_new = _replace(folder, parts[-1], request.body)
        return Response(201 if is_new else 200, {}, b"")


def _below(root: str, path: str) -> list[str] | None:
    """The parts of a path below its root; None when it is not below it."""
    if not root.startswith("/") or "\0" in path or not path.startswith(root.rstrip("/") + "/"):
        return None
    parts = path.removeprefix(root.rstrip("/") + "/").split("/")
    wrong = any(part in ("", ".", "..") for part in parts) or len(parts) > LEVELS_MAX
    return None if wrong else parts


@contextlib.contextmanager
def _opened(root: str, parts: list[str]) -> Iterator[int]:
    """The folder below the root, made where it is missing, without following a link."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            try:
                os.mkdir(part, FOLDER_MODE, dir_fd=folder)
                os.fsync(folder)
            except FileExistsError:
                pass
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _replace(folder: int, name: str, content: bytes) -> bool:
    """Write aside, make it last, then give it its name; whether the name is new."""
    aside = f".{name}.part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(aside, dir_fd=folder)
    file = os.open(aside, _NEW, FILE_MODE, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        is_new = name not in os.listdir(folder)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside, dir_fd=folder)
        raise
    os.fsync(folder)
    return is_new


def _refused(error: OSError) -> Result:
    words = f"{error.strerror or type(error).__name__}: {error.filename or ''}".strip(": ").encode()
    if error.errno in _FULL:
        return Response(507, {}, words)
    if error.errno in _FORBIDDEN:
        return Response(403, {}, words)
    if error.errno in _TOO_LONG:
        return Response(400, {}, words)
    return Failure("broken", words.decode())
