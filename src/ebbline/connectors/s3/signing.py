"""AWS Signature Version 4 for one request with a body, as S3 wants it.

Source: "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API reference.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec

from ebbline.connectors.instants import iso

ALGORITHM = "AWS4-HMAC-SHA256"
_SAFE = "-_.~"


class Key(msgspec.Struct, frozen=True):
    """Who signs, and for where."""

    id: str
    secret: str
    region: str


def stamp_of(at_ms: int) -> str:
    """The instant as a signature has it.

    >>> stamp_of(1_369_353_600_000)
    '20130524T000000Z'
    """
    return iso(at_ms)[:19].replace("-", "").replace(":", "") + "Z"


def host_of(url: str) -> str:
    """The Host header that goes with an address: no port where it is the usual one."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def hash_of(body: bytes) -> str:
    """The hash of a body in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def authorization(key: Key, method: str, url: str, headers: Mapping[str, str]) -> str:
    """The Authorization header for a request whose `headers`, all of them, are to be signed;
    host, x-amz-date and x-amz-content-sha256 must be among them. Names are in lower case."""
    stamp = headers["x-amz-date"]
    scope = f"{stamp[:8]}/{key.region}/s3/aws4_request"
    names = ";".join(sorted(headers))
    wanted = "\n".join([ALGORITHM, stamp, scope, hash_of(_canonical(method, url, headers))])
    signing = f"AWS4{key.secret}".encode()
    for part in (stamp[:8], key.region, "s3", "aws4_request"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, wanted.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key.id}/{scope},SignedHeaders={names},Signature={signature}"


def _canonical(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    path = quote(unquote(parts.path), safe="/" + _SAFE) or "/"
    asked = sorted(
        (quote(name, safe=_SAFE), quote(value, safe=_SAFE))
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    query = "&".join(f"{name}={value}" for name, value in asked)
    listed = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    names = ";".join(sorted(headers))
    lines = (method, path, query, listed, names, headers["x-amz-content-sha256"])
    return "\n".join(lines).encode()
