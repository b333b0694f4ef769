"""Hiding secrets in what is kept: known ones in all their forms, unknown ones by their places.

On the way of every delivery, so a text without any is only searched once, by a linear-time
engine (some 1.3 microseconds a kilobyte).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

from ebbline.hosts.embedded.secrets.forms import forms_of, fragments_of
from ebbline.hosts.embedded.secrets.limits import (
    HEAD_CHARS_MAX,
    HEAD_CHARS_MIN,
    PATTERNS_MAX,
    SECRET_CHARS_MIN,
)

HIDDEN = "***"

_HIDDEN_BYTES = HIDDEN.encode()
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_BASE64_END = _BASE64 | frozenset(b"=")
# Unknown secrets are known by what stands before them: a parameter of an address, a field of a
# token's answer, the scheme of an Authorization header. Texts are JSON at any depth.
_PARAMETER = (
    r"(?i:[\"?&;]|\\u0026|%26)(?i:[\w.-]{0,40}[_.-])?"
    r"(?i:key|apikey|hapikey|token|secret|password|passwd|signature|sig|auth|credential)="
)
_FIELD = (
    r'\\*"(?i:access_token|refresh_token|id_token|client_secret|api_?key|private_key|secret'
    r'|password)\\*"\s*:\s*\\*"'
)
_SCHEME = r"\b(?i:bearer|basic)\s+"
_UNKNOWN = (
    rf"({_PARAMETER})([^&\s\"'<>#\\]+)"
    rf'|({_FIELD})((?:[^"\\]|\\+[^"\\])+)'
    rf"|({_SCHEME})([A-Za-z0-9._~+/-]{{8,}}=*)"
)
# The pattern's groups by number: what is known, and what is hidden of the unknown.
_KNOWN, _AFTER, _SCHEME_AT = 1, (3, 5, 7), 7
_NEVER = r"\zx"


def mask(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret hidden, in whatever form it stands there.

    >>> mask("Bearer abcdef", ("abcdef",))
    'Bearer ***'
    >>> mask("GET /v1?user=ana&token=whatever", ())
    'GET /v1?user=ana&token=***'
    """
    return _hider(secrets)(text)


class Hider:
    """Hides one set of secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = [secret for secret in secrets if len(secret) >= SECRET_CHARS_MIN]
        forms = {form.encode() for secret in known for form in forms_of(secret)}
        self._fragments = {form.encode() for each in known for form in fragments_of(each)}
        self._by_head: dict[bytes, list[bytes]] = {}
        for form in forms | self._fragments:
            self._by_head.setdefault(_head(form), []).append(form)
        self._beginnings = {
            head[:length]
            for head in self._by_head
            for length in range(SECRET_CHARS_MIN, min(HEAD_CHARS_MIN, len(head)))
        }
        heads = sorted(self._by_head, key=lambda head: (-len(head), head))
        alternatives = "|".join(re2.escape(head.decode("latin-1")) for head in heads)
        pattern = f"({alternatives or _NEVER})|{_UNKNOWN}"
        self._pattern: Any = re2.compile(pattern.encode("latin-1"), _by_bytes())

    def __call__(self, text: str) -> str:
        """The text without its secrets."""
        content = text.encode("utf-8", "surrogatepass")
        found = self._pattern.search(content)
        cut = self._cut(content)
        if found is None and not cut:
            return text
        parts: list[bytes] = []
        done = 0
        while found is not None:
            start, end, shown = self._reach(content, found, done)
            parts += (content[done:start], shown)
            done = end
            found = self._pattern.search(content, done)
        parts.append(content[done:] if not cut else content[done : max(done, len(content) - cut)])
        parts.append(_HIDDEN_BYTES if cut and done < len(content) else b"")
        return b"".join(parts).decode("utf-8", "replace")

    def _cut(self, content: bytes) -> int:
        """How many bytes at the end are the beginning of a secret: the text was cut off there."""
        for length in range(HEAD_CHARS_MIN - 1, SECRET_CHARS_MIN - 1, -1):
            if content[-length:] in self._beginnings:
                return length
        return 0

    def _reach(self, content: bytes, found: Any, done: int) -> tuple[int, int, bytes]:
        """From where to where a secret is, and what is shown instead."""
        head = found.group(_KNOWN)
        if head is not None:
            return *self._known(content, found.start(), head, done), _HIDDEN_BYTES
        number = next(number for number in _AFTER if found.group(number) is not None)
        start, end = found.span(number)
        shown = found.group(number)
        # "Basic authentication required" names no credentials.
        words = number == _SCHEME_AT and shown.isalpha() and shown.islower()
        return start, end, shown if words else _HIDDEN_BYTES

    def _known(self, content: bytes, start: int, head: bytes, done: int) -> tuple[int, int]:
        """As much of the secret as is there: the text may have been cut off."""
        end = start
        within = False
        for form in self._by_head[head]:
            length = _common(content, start, form)
            end = max(end, start + length)
            within = within or form in self._fragments
        if within:
            while start > done and content[start - 1] in _BASE64:
                start -= 1
            while end < len(content) and content[end] in _BASE64_END:
                end += 1
        return start, end


@lru_cache(PATTERNS_MAX)
def _hider(secrets: tuple[str, ...]) -> Hider:
    return Hider(secrets)


def _by_bytes() -> Any:
    """Bytes are one character each: any text will do, and places need no translation. What the
    engine has to say about a pattern would show it."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def _head(form: bytes) -> bytes:
    """What is looked for: all of a short form, and of a long one enough to know it by."""
    return form[: min(HEAD_CHARS_MAX, max(HEAD_CHARS_MIN, len(form) // 4))]


def _common(content: bytes, start: int, form: bytes) -> int:
    """How many bytes of the form stand there."""
    there = content[start : start + len(form)]
    if there == form:
        return len(form)
    return next(at for at, (a, b) in enumerate(zip(there + b"\0", form, strict=False)) if a != b)
