"""Changes as one object, put under a name that follows from them: a repeat overwrites it."""

from __future__ import annotations

from ebbline.connectors.connector import Setup
from ebbline.connectors.files.rows import content_of, name_of
from ebbline.connectors.request import Request
from ebbline.connectors.s3.settings import S3Settings
from ebbline.connectors.s3.signing import authorization, hash_of, host_of, stamp_of
from ebbline.delivery import Send


def encode(send: Send, setup: Setup) -> Request:
    """A signed PUT. Host is signed too; whoever makes the request sets it from the address."""
    settings: S3Settings = setup.settings
    prefix = settings.prefix.rstrip("/")
    name = name_of(send, settings.form)
    url = "/".join(filter(None, [settings.root, prefix, name]))
    body = content_of(send, settings.form)
    headers = {
        "content-type": settings.form.media_type,
        "x-amz-content-sha256": hash_of(body),
        "x-amz-date": stamp_of(send.at_ms),
    }
    if settings.session_token:
        headers["x-amz-security-token"] = settings.session_token
    signed = authorization(settings.key, "PUT", url, {**headers, "host": host_of(url)})
    return Request("PUT", url, (*headers.items(), ("Authorization", signed)), body)
