"""What S3 does with a signed PUT: check who asks, keep the object, or say why not."""

from __future__ import annotations

import hmac
import re
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from ebbline.connectors.files.sandbox.folder import contents
from ebbline.connectors.request import Request, Response
from ebbline.connectors.s3.limits import SKEW_MS_MAX
from ebbline.connectors.s3.signing import (
    ALGORITHM,
    Key,
    authorization,
    hash_of,
    host_of,
    stamp_of,
)

_GIVEN = re.compile(
    rf"{ALGORITHM} Credential=([^/]+)/(\d{{8}})/([^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_NEEDED = {"host", "x-amz-date", "x-amz-content-sha256"}
_CODES = {403: "AccessDenied", 404: "NoSuchBucket", 429: "SlowDown", 500: "InternalError",
          503: "SlowDown"}  # fmt: skip


class Bucket:
    """A `Vendor`: see `connectors.sandbox`. `objects` are contents by key; with `writable` off
    the key may not put anything. `host` is where it stands, for requests that do not say."""

    def __init__(self, key: Key, bucket: str, host: str = "") -> None:
        self.objects: dict[str, bytes] = {}
        self.writable = True
        self._key = key
        self._bucket = bucket
        self._host = host

    def answer(self, request: Request, now_ms: int) -> Response:
        """Check, then keep the object."""
        headers = {name.lower(): value for name, value in request.headers}
        headers.setdefault("host", self._host or host_of(request.url))
        if request.method != "PUT":
            return _error(405, "MethodNotAllowed", "The specified method is not allowed.")
        wrong = self._unsigned(request, headers, now_ms)
        if wrong is not None:
            return wrong
        path = unquote(urlsplit(request.url).path)
        name, _, key = path.removeprefix("/").partition("/")
        if headers["host"].startswith(f"{self._bucket}."):
            name, key = self._bucket, path.removeprefix("/")
        if name != self._bucket:
            return _error(404, "NoSuchBucket", "The specified bucket does not exist")
        if not self.writable:
            return _error(403, "AccessDenied", "Access Denied")
        self.objects[key] = request.body
        return Response(200, {"etag": f'"{hash_of(request.body)[:32]}"'}, b"")

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        del now_ms
        return _error(status, _CODES.get(status, "InvalidRequest"), message)

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`objects`: contents by key; of packed ones what is in them."""
        del query
        return contents(self.objects) if name == "objects" else None

    def reset(self) -> None:
        """Forget everything."""
        self.objects.clear()

    def _unsigned(self, request: Request, headers: dict[str, str], now_ms: int) -> Response | None:
        """Why the signature is none; None when it is."""
        given = _GIVEN.fullmatch(headers.get("authorization", ""))
        if given is None:
            return _error(403, "AccessDenied", "Access Denied")
        key_id, date, region, names, _ = given.groups()
        stamp = headers.get("x-amz-date", "")
        if key_id != self._key.id:
            message = "The AWS Access Key Id you provided does not exist in our records."
            return _error(403, "InvalidAccessKeyId", message)
        if region != self._key.region or date != stamp[:8]:
            message = f"the region '{region}' is wrong; expecting '{self._key.region}'"
            return _error(400, "AuthorizationHeaderMalformed", message)
        if not stamp_of(now_ms - SKEW_MS_MAX) <= stamp <= stamp_of(now_ms + SKEW_MS_MAX):
            message = "The difference between the request time and the current time is too large."
            return _error(403, "RequestTimeTooSkewed", message)
        signed = {name: headers[name] for name in names.split(";") if name in headers}
        if not set(signed) >= _NEEDED:
            return _error(403, "AccessDenied", "There were headers present which were not signed")
        expected = authorization(self._key, request.method, request.url, signed)
        if not hmac.compare_digest(expected, headers["authorization"]):
            message = "The signature we calculated does not match the signature you provided."
            return _error(403, "SignatureDoesNotMatch", message)
        if hash_of(request.body) != headers["x-amz-content-sha256"]:
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            return _error(400, "XAmzContentSHA256Mismatch", message)
        return None


def _error(status: int, code: str, message: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(status, {"content-type": "application/xml"}, body.encode())
