"""Liquid templates, bounded and without a way out: no files, no clock, no object's inside.

The language is that of python-liquid without `include` and `render`, with a `json` filter, with
`elif` for `elsif`, and with a `date` filter that knows no time zone but UTC and no present day.
The package is imported where a template is first parsed, so that processes without templates do
not pay a tenth of a second for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from ebbline.connectors.webhook.limits import TEMPLATE_CHARACTERS_MAX, TEMPLATES_KEPT


class Unrendered(msgspec.Struct, frozen=True):
    """A sentence about why a template gave nothing."""

    reason: str


def template_problem(text: str, variables: Iterable[str]) -> str:
    """What is wrong with a template that may name these variables; "" for nothing.

    >>> template_problem("{{ persn.value | json }}", ["person", "value"])
    'There is no variable "persn"; did you mean "person"?'
    """
    if len(text) > TEMPLATE_CHARACTERS_MAX:
        return f"A template has at most {TEMPLATE_CHARACTERS_MAX} characters."
    template = _parsed(text)
    if isinstance(template, Unrendered):
        return template.reason
    known = list(variables)
    for name in names_of(text):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f'did you mean "{close[0]}"?' if close else f"there are {', '.join(known)}."
            return f'There is no variable "{name}"; {hint}'
    return _filter_problem(template)


def names_of(text: str) -> frozenset[str]:
    """The variables a template reads that it does not make itself; none of a broken one."""
    template = _parsed(text)
    if isinstance(template, Unrendered):
        return frozenset()
    return frozenset(template.analyze(include_partials=False).globals)


def render(text: str, data: Mapping[str, Any]) -> str | Unrendered:
    """What a template writes with these variables, or why it wrote nothing."""
    template = _parsed(text)
    if isinstance(template, Unrendered):
        return template
    from liquid.exceptions import LiquidError  # noqa: PLC0415 - heavy

    try:
        # The two names python-liquid would otherwise answer from the machine's clock.
        return str(template.render(**{"now": None, "today": None, **data}))
    except LiquidError as error:
        return Unrendered(_located(error))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError) as error:  # fmt: skip
        return Unrendered(f"{type(error).__name__}: {error}.")


def _filter_problem(template: Any) -> str:
    known = list(template.env.filters)
    for name in template.analyze(include_partials=False).filters:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f'; did you mean "{close[0]}"?' if close else "."
            return f'There is no filter "{name}"{hint}'
    return ""


@lru_cache(TEMPLATES_KEPT)
def _parsed(text: str) -> Any:
    """A template of python-liquid's, or why the text is none."""
    from liquid.exceptions import LiquidError  # noqa: PLC0415 - heavy

    try:
        return _environment().from_string(text)
    except LiquidError as error:
        return Unrendered(_located(error))
    except RecursionError:
        return Unrendered("It is nested too deeply.")


@lru_cache(1)
def _environment() -> Any:
    from ebbline.connectors.webhook.liquid_environment import BoundedEnvironment  # noqa: PLC0415

    return BoundedEnvironment()


def _located(error: Any) -> str:
    """python-liquid's message with the place it means.

    It knows a column from 0; people count from 1.
    """
    said = str(error.message or type(error).__name__).rstrip(".")
    if "unexpected tag 'include'" in said or "unexpected tag 'render'" in said:
        said = "a template cannot take in another one"
    place = error.context()
    said = said.replace("found end of expression", "but the template ends")
    if place is None:
        return f"{said[:1].upper()}{said[1:]}."
    return f"Line {place[0]}, column {place[1] + 1}: {said}."
