"""Templates tried out on made-up changes, so that mistakes show when settings are read."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from ebbline.connectors.webhook.limits import HEADER_CHARACTERS_MAX
from ebbline.connectors.webhook.templates import Unrendered, render, template_problem
from ebbline.connectors.webhook.variables import (
    IN_BODIES,
    IN_HEADERS,
    IN_PERSONS_BODIES,
    of_person,
    of_place,
    of_value,
)
from ebbline.delivery import Address, Value

# What breaks JSON that was put together without the filter `json`.
_AWKWARD = 'a "quoted"\nword\\'
_PERSON = Address("user_id", _AWKWARD)
_MEMBERSHIPS = (("audience", True), ("audience", False))
_TRAITS = (("text", _AWKWARD), ("number", 81.5), ("list", [_AWKWARD]), ("any", None))


def header_problem(value: str) -> str:
    """What is wrong with a header's value, which may be a template; "" for nothing."""
    if not (value.isascii() and value.isprintable()):
        return "A header's value is printable ASCII on one line."
    return template_problem(value, IN_HEADERS) if is_template(value) else ""


def is_template(text: str) -> bool:
    """Whether there is anything to fill in."""
    return "{{" in text or "{%" in text


def header_value(text: str, data: dict[str, Any]) -> str | Unrendered:
    """A header's value; a person's name cannot smuggle in another header."""
    value = render(text, data)
    if isinstance(value, Unrendered):
        return value
    if not (value.isascii() and value.isprintable()):
        return Unrendered("it is not printable ASCII on one line; the filter url_encode helps.")
    if len(value) > HEADER_CHARACTERS_MAX:
        return Unrendered(f"it has more than {HEADER_CHARACTERS_MAX} characters.")
    return value


def body_problem(text: str, *, per_person: bool, as_json: bool, key: str) -> str:
    """What is wrong with the template of a body; "" for nothing.

    A template may be made for memberships or for traits only, so it is enough if all samples
    of either work out. `key` is where an array must stand.
    """
    known = IN_PERSONS_BODIES if per_person else IN_BODIES
    if wrong := template_problem(text, known):
        return wrong
    tries = [
        [_sample_problem(text, kind, held, per_person, as_json, key) for kind, held in kinds]
        for kinds in (_MEMBERSHIPS, _TRAITS)
    ]
    if any(not any(problems) for problems in tries):
        return ""
    return next(filter(None, itertools.chain.from_iterable(tries)))


def _sample_problem(
    text: str, kind: str, held: Any, per_person: bool, as_json: bool, key: str
) -> str:
    value = Value("field", kind, held, 1, 0, 0)
    written = render(
        text,
        of_place(_PERSON, "destination") | (of_person((value,)) if per_person else of_value(value)),
    )
    if isinstance(written, Unrendered):
        return written.reason
    if not as_json or not written.strip():
        return ""
    if isinstance(found := read_json(written, key), Unrendered):
        what = f"a {kind} that is {msgspec.json.encode(held).decode()}"
        return f"For {what} {found.reason} Write values as {{{{ value | json }}}}."
    return ""


def read_json(text: str, key: str) -> Any:
    """A body's content, or why it is not what batching needs."""
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return Unrendered(f"the body is not JSON: {error}.")
    if key and not (isinstance(content, dict) and isinstance(content.get(key), list)):
        return Unrendered(f'the body has no array under "{key}".')
    return content
