"""Standard Webhooks 1.0.0: signing what we send, and checking it as a receiver does.

Source: the specification at github.com/standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from ebbline.connectors.limits import TIMESTAMP_TOLERANCE_SECONDS
from ebbline.connectors.webhook.limits import SECRET_BYTES_MAX, SECRET_BYTES_MIN

PREFIX = "whsec_"


def key_of(secret: str) -> bytes | None:
    """The bytes of a secret; None when it is not one."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX else None


def sign(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """One signature.

    >>> sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...      1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = key_of(secret) or b""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def segment_signature(secret: str, message: bytes) -> str:
    """Segment's X-Signature: HMAC-SHA1 in hexadecimal digits, over the body, or over the first
    message of a batch. Weak, and only for receivers that already check it.

    >>> segment_signature("key", b"The quick brown fox jumps over the lazy dog")
    'de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9'
    """
    return hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()


def is_genuine(secret: str, headers: dict[str, str], body: bytes, now_s: int) -> bool:
    """Whether one of the signatures was made with the secret, not long ago."""
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()):
        return False
    if abs(now_s - int(stamp)) > TIMESTAMP_TOLERANCE_SECONDS:
        return False
    expected = sign(secret, headers.get("webhook-id", ""), int(stamp), body)
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, one) for one in given)
