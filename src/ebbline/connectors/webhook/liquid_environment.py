"""What python-liquid may do here. Only `templates` imports this, and late: see there."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from liquid import Environment
from liquid.exceptions import FilterArgumentError, ResourceLimitError
from liquid.token import TOKEN_TAG, Token

from ebbline.connectors.webhook.limits import (
    FILTERED_CHARACTERS_MAX,
    LOOP_TIMES_MAX,
    RENDERED_BYTES_MAX,
    VARIABLES_BYTES_MAX,
)

Filter = Callable[..., Any]

_ELSE_IF = {"elif": "elsif"}
_OUTSIDE = ("include", "render")
# The directives of strftime that write the same on every machine, and nothing wide.
_DIRECTIVES = re.compile(r"%[aAbBdFHIjmMpSTyYzZ%]")


class BoundedEnvironment(Environment):
    """python-liquid with limits on output, loops, variables and filters."""

    loop_iteration_limit = LOOP_TIMES_MAX
    local_namespace_limit = VARIABLES_BYTES_MAX
    output_stream_limit = RENDERED_BYTES_MAX

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """The usual tags and filters but those that reach outside; each filter bounded."""
        super().setup_tags_and_filters(extra=extra)
        for name in _OUTSIDE:
            del self.tags[name]
        self.filters |= {"date": date, "json": json}
        self.filters = {name: _bounded(name, made) for name, made in self.filters.items()}

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        """Tokens as usual, with `elif` read as `elsif`."""
        plain = super().tokenizer()

        def tokens(source: str) -> Iterator[Token]:
            for token in plain(source):
                if token.kind == TOKEN_TAG and token.value in _ELSE_IF:
                    yield token._replace(value=_ELSE_IF[token.value])
                else:
                    yield token

        return tokens


def json(value: object) -> str:
    """A value as JSON; what a template does not know is null.

    >>> json(["mugs", 81.5]), json(None)
    ('["mugs",81.5]', 'null')
    """
    value = value.__liquid__() if hasattr(value, "__liquid__") else value
    return msgspec.json.encode(value, enc_hook=str).decode()


def date(value: object, form: object = "%Y-%m-%d") -> object:
    """An ISO 8601 text or a number of seconds since 1970, in UTC, as strftime writes it; what is
    neither stays as it is.

    >>> date("2026-01-01T00:00:00.000Z", "%d.%m.%Y")
    '01.01.2026'
    """
    text = str(form)
    if "%" in _DIRECTIVES.sub("", text):
        known = " ".join(f"%{letter}" for letter in "aAbBdFHIjmMpSTyYzZ%")
        raise FilterArgumentError(f"date: of the directives there are {known}", token=None)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return value
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime(text)


def _bounded(name: str, made: Filter) -> Filter:
    """A filter that is not asked for more than it may write."""

    @functools.wraps(made)
    def checked(left: object, *arguments: object, **named: object) -> Any:
        longest = max((_size(one) for one in (*arguments, *named.values())), default=0)
        ranges = (one for one in (left, *arguments) if isinstance(one, range))
        if any(len(one) > LOOP_TIMES_MAX for one in ranges):
            raise ResourceLimitError(f"{name}: more than {LOOP_TIMES_MAX} entries", token=None)
        # At worst each character or entry is followed by, or becomes, an argument.
        if _size(left) * (1 + longest) > FILTERED_CHARACTERS_MAX:
            raise ResourceLimitError(f"{name}: would write too much", token=None)
        return made(left, *arguments, **named)

    return checked


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple | range) else 1
