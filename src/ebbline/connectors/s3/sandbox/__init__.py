"""A bucket in memory that checks signatures as S3 does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ebbline.connectors.s3.sandbox.bucket import Bucket
from ebbline.connectors.s3.signing import Key
from ebbline.connectors.sandbox import SandboxApp


def s3_sandbox(
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
    *,
    key: Key,
    bucket: str,
    host: str = "",
) -> SandboxApp:
    """An ASGI app that takes objects into one bucket, named in the path or in the host; `host` is
    its own, where requests come without one."""
    return SandboxApp(Bucket(key, bucket, host), now_ms, sleep)


__all__ = ["Bucket", "s3_sandbox"]
