"""The forms in which a secret turns up in texts: as it is, escaped, encoded, or in part.

Sources: RFC 8259 (JSON strings), RFC 3986 and the HTML form encoding (URLs), RFC 4648 (base64).
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from ebbline.hosts.embedded.secrets.limits import (
    FRAGMENT_CHARS_MIN,
    PART_CHARS_MIN,
    PART_OF_MANY_CHARS_MIN,
    PARTS_MAX,
    SECRET_CHARS_MIN,
)

_SEPARATORS = re.compile(r"[\s:,;]+")
# What JavaScript's encodeURIComponent leaves as it is, beyond what Python's quote does.
_JAVASCRIPT = "!~*'()"
# JSON within JSON within JSON: a body, quoted in an error's text, kept in an attempt.
_JSON_LEVELS = 3


def forms_of(secret: str) -> frozenset[str]:
    """Every text to look for in a secret's place."""
    texts = {secret, *_parts(secret)}
    found = {form for text in texts for form in _written(text)}
    return frozenset(form for form in found if len(form) >= SECRET_CHARS_MIN)


def fragments_of(secret: str) -> frozenset[str]:
    """Pieces of base64 that stand in the encoding of every text that holds the secret: three,
    by where in the text it begins (`Basic base64(user:secret)` holds one of them)."""
    content = secret.encode()
    found: set[str] = set()
    for before in range(3):
        # Characters of which every bit is the secret's own.
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            piece = encode(bytes(before) + content).decode()[first:last]
            if len(piece) >= FRAGMENT_CHARS_MIN:
                found |= {piece, *_in_urls(piece), piece.replace("/", "\\/")}
    return frozenset(found)


def _parts(secret: str) -> Iterable[str]:
    """Parts that are secrets by themselves: the token of "Bearer x", the lines of a key, what
    follows a prefix such as whsec_."""
    parts = [part for part in _SEPARATORS.split(secret) if part]
    least = PART_CHARS_MIN if len(parts) <= 2 else PART_OF_MANY_CHARS_MIN
    tail = secret.rpartition("_")[2]
    if len(tail) >= PART_OF_MANY_CHARS_MIN:
        parts.append(tail)
    return [part for part in parts[-PARTS_MAX:] if len(part) >= least]


def _written(text: str) -> Iterator[str]:
    content = text.encode()
    yield from _in_json(text)
    yield from _in_urls(text)
    yield from (html.escape(text), html.escape(text).replace("&#x27;", "&#39;"))
    yield from (content.hex(), content.hex().upper())
    encoded = base64.b64encode(content).decode().rstrip("=")
    if len(encoded) < FRAGMENT_CHARS_MIN:
        yield encoded


def _in_json(text: str) -> Iterator[str]:
    present = {text}
    for _ in range(_JSON_LEVELS + 1):
        yield from present
        # Some escape the solidus as well, and some what HTML could take for a tag.
        escaped = {escape(one) for one in present for escape in (_json, _json_ascii)}
        solidus = {one.replace("/", "\\/") for one in escaped}
        present = escaped | solidus | {_json_html(one) for one in escaped}


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_html(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _in_urls(text: str) -> Iterator[str]:
    quoted = [quote(text, safe=""), quote(text), quote_plus(text), quote(text, safe=_JAVASCRIPT)]
    for one in quoted:
        yield one
        yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), one)
    yield quote(quoted[0], safe="")  # an address within an address
