"""What a project says about a webhook."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.connectors.webhook.limits import (
    BATCH_CHANGES,
    BODY_BYTES_MAX,
    CHANGES,
    CHANGES_MAX,
    CONCURRENT_REQUESTS,
    HEADERS_MAX,
    LINGER_MS,
    REQUEST_MS_MAX,
    REQUESTS,
    SECRETS_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.webhook.samples import body_problem, header_problem
from ebbline.connectors.webhook.signing import key_of
from ebbline.delivery import Limits

MERGE = "merge:"
NDJSON = "ndjson"
ARRAY = "array"
SEGMENT = "segment"

_OWN_HEADERS = frozenset(
    ["host", "content-length", "content-type", "transfer-encoding", "connection", "x-signature"]
)


class WebhookSettings(msgspec.Struct, frozen=True):
    """`secret` signs; `secrets` are two while one replaces the other. `headers` are added to
    every request; `fence_seconds` is how long a request that got no answer may still be applied.

    `body` is a Liquid template for each change, or for each person with all their changes (`per`);
    without one the messages are those of Standard Webhooks. `batch` says how several make one
    body: "array", "ndjson", or "merge:<key>", which joins the arrays under a key; a `batch_size`
    above 1 alone means an array. `compatibility: segment` adds X-Signature, made with
    `shared_secret`.
    """

    url: str
    secret: str | None = None
    secrets: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=CHANGES_MAX)] | None = None
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=10_000)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    content_type: str = ""
    body: str = ""
    per: Literal["change", "person"] = "change"
    batch: str = ""
    compatibility: Literal["", "segment"] = ""
    shared_secret: str | None = None

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """All secrets that sign by Standard Webhooks."""
        return (self.secret, *self.secrets) if self.secret else self.secrets

    @property
    def objects(self) -> int:
        """Changes, or people, in one request."""
        return self.batch_size or (BATCH_CHANGES if self.batch else CHANGES)

    @property
    def joining(self) -> str:
        """How several bodies make one; "" where each goes alone."""
        return self.batch or (ARRAY if self.objects > 1 else "")

    @property
    def merge_key(self) -> str:
        """The key under which arrays are joined; "" where none are."""
        return self.batch.removeprefix(MERGE) if self.batch.startswith(MERGE) else ""

    @property
    def media_type(self) -> str:
        """The Content-Type of a request."""
        usual = "application/x-ndjson" if self.joining == NDJSON else "application/json"
        return self.content_type or usual

    @property
    def is_json(self) -> bool:
        """Whether every single body is JSON."""
        return bool(self.joining) or "json" in self.media_type.lower()


def read_settings(raw: dict[str, Any]) -> WebhookSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, WebhookSettings)
    if isinstance(settings, tuple):
        return settings
    problems = (
        *address_problem("url", settings.url),
        *_secret_problems(settings),
        *_header_problems(settings.headers),
        *_batch_problems(settings),
    )
    return problems or _body_problems(settings) or settings


def field_problem(field: str, mode: str) -> str:
    """Any name will do: it is a value in the message, not a key."""
    del mode
    return "" if field else "A field needs a name."


def limits(settings: WebhookSettings) -> Limits:
    """How this webhook is treated."""
    rate = settings.requests_per_second
    return Limits(
        objects_max=settings.objects,
        counts="people" if settings.per == "person" else "fields",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS if rate is None else max(1, math.ceil(rate)),
        window_ms=WINDOW_MS if rate is None else round(max(1, math.ceil(rate)) * 1000 / rate),
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=LINGER_MS if settings.objects > 1 else 0,
    )


def _secret_problems(settings: WebhookSettings) -> tuple[Problem, ...]:
    if (settings.compatibility == SEGMENT) != bool(settings.shared_secret):
        return (Problem("shared_secret", "compatibility: segment needs it, and nothing else."),)
    secrets = settings.signing_secrets
    if len(secrets) > SECRETS_MAX:
        return (Problem("secrets", f"At most {SECRETS_MAX} secrets can sign at a time."),)
    if any(key_of(secret) is None for secret in secrets):
        message = "A signing secret is whsec_ and 24 to 64 random bytes in base64."
        return (Problem("secret" if settings.secret else "secrets", message),)
    return ()


def _header_problems(headers: dict[str, str]) -> tuple[Problem, ...]:
    if len(headers) > HEADERS_MAX:
        return (Problem("headers", f"There can be at most {HEADERS_MAX} headers."),)
    for name, value in headers.items():
        where = f"headers.{name}"
        plain = name.replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum()):
            return (Problem(where, f'"{name}" cannot be the name of a header.'),)
        if name.lower() in _OWN_HEADERS or name.lower().startswith("webhook-"):
            hint = " (setting: content_type)" if name.lower() == "content-type" else ""
            return (Problem(where, f'"{name}" is set by Ebbline itself{hint}.'),)
        if wrong := header_problem(value):
            return (Problem(where, wrong),)
    return ()


def _batch_problems(settings: WebhookSettings) -> tuple[Problem, ...]:
    batch, kind = settings.batch, settings.content_type
    merges = batch.startswith(MERGE) and batch != MERGE
    if batch not in ("", ARRAY, NDJSON) and not merges:
        message = f'"{batch}" is no way to batch; there is array, ndjson and merge:KEY.'
        return (Problem("batch", message),)
    if not (kind.isascii() and kind.isprintable()):
        return (Problem("content_type", "A content type is printable ASCII on one line."),)
    if not kind or "json" in kind.lower():
        return ()
    if settings.joining:
        message = "Only JSON can be batched; leave out batch and batch_size."
        return (Problem("content_type", message),)
    if not settings.body:
        return (Problem("content_type", "What is not JSON needs a template: set body as well."),)
    return ()


def _body_problems(settings: WebhookSettings) -> tuple[Problem, ...]:
    if not settings.body:
        return ()
    wrong = body_problem(settings.body, per_person=settings.per == "person",
                         as_json=settings.is_json, key=settings.merge_key)  # fmt: skip
    return (Problem("body", wrong),) if wrong else ()
