"""Shapes of project files: what keys exist and what their values look like, as data.

The reader (`reading`) checks files by them and `schema` prints them as JSON Schema.
"""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True):
    """A text; numbers and booleans written bare count as text when `loose`."""

    choices: tuple[str, ...] = ()
    loose: bool = False
    empty: bool = False


class Single(msgspec.Struct, frozen=True):
    """A text, number or boolean, read as what it is."""


class Rule(msgspec.Struct, frozen=True):
    """A rule's text; the reader hands over the scalar, so that its place stays known."""


class Length(msgspec.Struct, frozen=True):
    """A length of time such as `24h10m`; read as milliseconds."""


class Size(msgspec.Struct, frozen=True):
    """An amount of bytes such as `1.5GB`; read as bytes."""


class Day(msgspec.Struct, frozen=True):
    """A date such as `2027-06-30`; read as that text."""


class Number(msgspec.Struct, frozen=True):
    """A number; `least` and `whole` bound it."""

    whole: bool = False
    least: float | None = None


class Flag(msgspec.Struct, frozen=True):
    """True or false."""


class Anything(msgspec.Struct, frozen=True):
    """Any YAML value; read as plain data."""


class Mapping(msgspec.Struct, frozen=True):
    """A mapping of free keys to any values; read as plain data."""


class ListOf(msgspec.Struct, frozen=True):
    """A list of one shape."""

    item: AnyShape


class NamedOf(msgspec.Struct, frozen=True):
    """A mapping from names the user chooses to one shape."""

    item: AnyShape
    what: str = "name"


class Field(msgspec.Struct, frozen=True):
    """One key of a record."""

    name: str
    shape: AnyShape
    help: str = ""
    required: bool = False


class Record(msgspec.Struct, frozen=True):
    """A mapping with known keys. `free`: other keys are the connector's own; `short`: a bare
    scalar stands for the record with only that key; `either`: all keys of just one of these
    alternatives are there."""

    fields: tuple[Field, ...]
    free: bool = False
    short: str = ""
    either: tuple[tuple[str, ...], ...] = ()


AnyShape = (
    Text | Single | Rule | Length | Size | Day | Number | Flag | Anything | Mapping | ListOf
    | NamedOf | Record
)  # fmt: skip
