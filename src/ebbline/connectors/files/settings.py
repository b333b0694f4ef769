"""What a project says about a folder that changes are written to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, convert
from ebbline.connectors.files.limits import (
    BODY_BYTES_MAX,
    CHANGES,
    CHANGES_MAX,
    CONCURRENT_REQUESTS,
    EVERY_SECONDS,
    EVERY_SECONDS_MAX,
    PATH_BYTES_MAX,
    REQUEST_MS_MAX,
    REQUESTS,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.files.rows import NAME, Form, name_problem
from ebbline.delivery import Limits


class FilesSettings(msgspec.Struct, frozen=True):
    """`path` is a folder that is there. `format` is "ndjson" or "csv", `gzip` packs. `name` is
    the template of a file's name below the folder, without its ending. A file is written when it
    has `batch_size` changes, or `every_seconds` after its first."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    format: Literal["ndjson", "csv"] = "ndjson"
    gzip: bool = False
    name: str = NAME
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=CHANGES_MAX)] = CHANGES
    every_seconds: Annotated[float, msgspec.Meta(ge=0, le=EVERY_SECONDS_MAX)] = EVERY_SECONDS

    @property
    def form(self) -> Form:
        """How a file is written."""
        return Form(self.format, self.gzip, self.name)


def read_settings(raw: dict[str, Any]) -> FilesSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, FilesSettings)
    if isinstance(settings, tuple):
        return settings
    return (
        *_path_problem(settings.path),
        *name_problem("name", settings.name, needs_id=True),
    ) or settings


def field_problem(field: str, mode: str) -> str:
    """Any name will do: it is a value in a column."""
    del mode
    return "" if field else "A field needs a name."


def limits(settings: FilesSettings) -> Limits:
    """How this folder is treated."""
    return Limits(
        objects_max=settings.batch_size,
        counts="fields",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS,
        window_ms=WINDOW_MS,
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=REQUEST_MS_MAX,
        linger_ms=round(settings.every_seconds * 1000),
    )


def _path_problem(path: str) -> tuple[Problem, ...]:
    parts = path.removeprefix("/").removesuffix("/").split("/")
    if not path.startswith("/") or "\0" in path or {"", ".", ".."} & set(parts):
        message = "It is the whole path of a folder, such as /srv/exports, without . and .. in it."
        return (Problem("path", message),)
    if len(path.encode()) > PATH_BYTES_MAX:
        return (Problem("path", f"At most {PATH_BYTES_MAX} bytes."),)
    return ()
