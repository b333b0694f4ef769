"""The quarantine, looked at from outside: what was refused, newest first.

It needs log.db alone, so it also answers before a first start, after an import that refused
everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.errors import NotFound, SetupError
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.quarantine import Refused, unpack_body
from ebbline.hosts.embedded.reading import queries

__all__ = ["Refused", "list_refused", "show_refused"]


def list_refused(
    path: Path,
    *,
    source: str | None = None,
    code: str | None = None,
    before: int | None = None,
    limit: int = -1,
) -> list[Refused]:
    """The latest refusals of a data folder, without their bodies; a negative limit is none."""
    with _log(path) as db:
        rows: Any = db.execute(queries.REFUSALS, (source, code, before, limit)).fetchall()
    return [Refused(*row) for row in rows]


def show_refused(path: Path, number: int) -> Refused:
    """One refusal with its body as it was sent; NotFound when it is not kept (any more)."""
    with _log(path) as db:
        rows: Any = db.execute(queries.REFUSAL, (number,)).fetchall()
    if not rows:
        message = f"There is no refusal {number} in the quarantine (any more)."
        raise NotFound(message)
    found = Refused(*rows[0])
    return msgspec.structs.replace(found, body=unpack_body(found.body))


@contextmanager
def _log(path: Path) -> Iterator[apsw.Connection]:
    folder = DataFolder(path.absolute())
    if not (folder.version.exists() and folder.log.exists()):
        message = (
            f"There is no data in {folder.path} yet. Start `ebbline run` or `ebbline import"
            " FILE`, or name the right folder with --data."
        )
        raise SetupError(message)
    open_folder(path)  # which refuses what this version cannot read
    try:
        db = apsw.Connection(str(folder.log), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        message = f"{folder.log} cannot be read ({error})."
        raise SetupError(message) from error
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        yield db
    except apsw.Error as error:
        message = f"{folder.log} cannot be read ({error})."
        raise SetupError(message) from error
    finally:
        db.close()
