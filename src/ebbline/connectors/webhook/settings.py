"""What a project says about a webhook."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec

from ebbline.connectors.connector import Problem, address_problem, convert
from ebbline.connectors.limits import FENCE_SECONDS_MAX
from ebbline.connectors.webhook.limits import (
    BODY_BYTES_MAX,
    CHANGES,
    CHANGES_MAX,
    CONCURRENT_REQUESTS,
    LINGER_MS,
    REQUEST_MS_MAX,
    REQUESTS,
    SECRETS_MAX,
    TIMEOUT_MS,
    WINDOW_MS,
)
from ebbline.connectors.webhook.signing import key_of
from ebbline.delivery import Limits

_OWN_HEADERS = frozenset(["host", "content-length", "content-type", "transfer-encoding"])


class WebhookSettings(msgspec.Struct, frozen=True):
    """`secret` signs; `secrets` are two while one replaces the other. `batch_size` above 1
    makes the body an array. `headers` are added to every request; `fence_seconds` is how long a
    request that got no answer may still be applied."""

    url: str
    secret: str | None = None
    secrets: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=CHANGES_MAX)] = CHANGES
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=10_000)] | None = None
    fence_seconds: Annotated[float, msgspec.Meta(ge=0, le=FENCE_SECONDS_MAX)] = (
        REQUEST_MS_MAX / 1000
    )

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """All secrets that sign."""
        return (self.secret, *self.secrets) if self.secret else self.secrets


def read_settings(raw: dict[str, Any]) -> WebhookSettings | tuple[Problem, ...]:
    """Settings as written, checked."""
    settings = convert(raw, WebhookSettings)
    if isinstance(settings, tuple):
        return settings
    problems = (
        *address_problem("url", settings.url),
        *_secret_problems(settings),
        *_header_problems(settings.headers),
    )
    return problems or settings


def field_problem(field: str) -> str:
    """Any name will do: it is a value in the message, not a key."""
    return "" if field else "A field needs a name."


def limits(settings: WebhookSettings) -> Limits:
    """How this webhook is treated."""
    rate = settings.requests_per_second
    return Limits(
        objects_max=settings.batch_size,
        counts="fields",
        bytes_max=BODY_BYTES_MAX,
        requests=REQUESTS if rate is None else max(1, math.ceil(rate)),
        window_ms=WINDOW_MS if rate is None else round(max(1, math.ceil(rate)) * 1000 / rate),
        concurrency=CONCURRENT_REQUESTS,
        timeout_ms=TIMEOUT_MS,
        request_ms_max=round(settings.fence_seconds * 1000),
        linger_ms=LINGER_MS if settings.batch_size > 1 else 0,
    )


def _secret_problems(settings: WebhookSettings) -> tuple[Problem, ...]:
    secrets = settings.signing_secrets
    if len(secrets) > SECRETS_MAX:
        return (Problem("secrets", f"At most {SECRETS_MAX} secrets can sign at a time."),)
    if any(key_of(secret) is None for secret in secrets):
        message = "A signing secret is whsec_ and 24 to 64 random bytes in base64."
        return (Problem("secret" if settings.secret else "secrets", message),)
    return ()


def _header_problems(headers: dict[str, str]) -> tuple[Problem, ...]:
    for name, value in headers.items():
        where = f"headers.{name}"
        plain = name.replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum()):
            return (Problem(where, f'"{name}" cannot be the name of a header.'),)
        if name.lower() in _OWN_HEADERS or name.lower().startswith("webhook-"):
            return (Problem(where, f'"{name}" is set by Ebbline itself.'),)
        if not (value.isascii() and value.isprintable()):
            return (Problem(where, "A header's value is printable ASCII on one line."),)
    return ()
