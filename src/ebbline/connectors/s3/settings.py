"""What a project says about a bucket of S3, or of what speaks like it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.files.limits import (
    BODY_BYTES_MAX,
    CHANGES,
    CHANGES_MAX,
    EVERY_SECONDS,
    EVERY_SECONDS_MAX,
    REQUESTS,
    WINDOW_MS,
)
from ebbline.connectors.files.rows import NAME, Form, name_problem
from ebbline.connectors.s3.limits import (
    BUCKET_CHARACTERS_MAX,
    BUCKET_CHARACTERS_MIN,
    CONCURRENT_REQUESTS,
    REQUEST_MS_MAX,
    TIMEOUT_MS,
)
from ebbline.connectors.s3.signing import Key
from ebbline.delivery import Limits

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_REGION = re.compile(r"[a-z0-9-]+")


class S3Settings(msgspec.Struct, frozen=True):
    """`endpoint` is the store's address, AWS's of the `region` where there is none. `addressing`
    "host" puts the bucket before the host's name, "path" behind it; "auto" is "host" at AWS.
    `prefix` stands before every name; the rest is as in `files`."""

    bucket: str
    key_id: Annotated[str, msgspec.Meta(min_length=1)]
    secret: Annotated[str, msgspec.Meta(min_length=1)]
    session_token: str = ""
    region: str = "us-east-1"
    endpoint: str = ""
    addressing: Literal["auto", "host", "path"] = "auto"
    prefix: str = ""
    format: Literal["ndjson", "csv"] = "ndjson"
    gzip: bool = False
    name: str = NAME
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=CHANGES_MAX)] = CHANGES
    every_seconds: Annotated[float, msgspec.Meta(ge=0, le=EVERY_SECONDS_MAX)] = EVERY_SECONDS

    @property
    def form(self) -> Form:
        """How an object is written."""
        return Form(self.format, self.gzip, self.name)

    @property
    def key(self) -> Key:
        """Who signs."""
        return Key(self.key_id, self.secret, self.region)

    @property
    def root(self) -> str:
        """The address of the bucket, without a slash at its end."""
        endpoint = (self.endpoint or f"https://s3.{self.region}.amazonaws.com").rstrip("/")
        # A dot in the name would not match the certificate of *.s3.amazonaws.com.
        at_host = not self.endpoint and "." not in self.bucket
        if self.addressing == "host" or (self.addressing == "auto" and at_host):
            scheme, _, host = endpoint.partition("://")
            return f"{scheme}://{self.bucket}.{host}"
        return f"{endpoint}/{self.bucket}"


def read_settings(raw: dict[str, Any]) -> S3Settings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, S3Settings)
    if isinstance(settings, tuple):
        return settings
    problems: list[Problem] = []
    length = len(settings.bucket)
    if not (BUCKET_CHARACTERS_MIN <= length <= BUCKET_CHARACTERS_MAX
            and _BUCKET.fullmatch(settings.bucket)):  # fmt: skip
        message = "A bucket's name has 3 to 63 lower case letters, digits, hyphens and dots."
        problems.append(Problem("bucket", message))
    if not _REGION.fullmatch(settings.region):
        problems.append(Problem("region", "A region is written like eu-central-1."))
    if settings.endpoint:
        problems += address_problem("endpoint", settings.endpoint)
    if "?" in settings.endpoint or "#" in settings.endpoint:
        problems.append(Problem("endpoint", "It is an address such as https://s3.example.org."))
    problems += name_problem("prefix", settings.prefix.rstrip("/"), needs_id=False)
    problems += name_problem("name", settings.name, needs_id=True)
    return tuple(problems) or settings


def limits(settings: S3Settings) -> Limits:
    """How this bucket is treated."""
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
