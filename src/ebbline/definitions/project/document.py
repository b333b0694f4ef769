"""YAML text to values that know where they stand. Reads; never judges what keys mean.

Works on the parser's node graph, so that every value keeps its place, duplicate keys are seen
and dates stay text. Merge keys and tags are refused rather than guessed at.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ebbline.definitions.findings import Finding, Problem, Severity, locate
from ebbline.definitions.limits import FILE_DEPTH_MAX, FILE_NODES_MAX

if TYPE_CHECKING:
    from ebbline.definitions.project.reading import Read


class Scalar(msgspec.Struct, frozen=True):
    """A single value; `text` is what stood there, before it became a number or boolean."""

    value: None | bool | int | float | str
    text: str
    start: int
    end: int


class Seq(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple[AnyValue, ...]
    start: int
    end: int


class Entry(msgspec.Struct, frozen=True):
    """A key and its value in a mapping."""

    key: Scalar
    value: AnyValue


class Map(msgspec.Struct, frozen=True):
    """A mapping with text keys."""

    entries: dict[str, Entry]
    start: int
    end: int


AnyValue = Scalar | Seq | Map


class Document:
    """One file's source and root value, and the findings about it."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self.source = source
        self.findings: list[Finding] = []
        self.root: AnyValue | None = None
        self.root_read: Read | None = None  # kept by whoever reads the root first

    def problem(
        self, at: Scalar | Seq | Map, code: str, message: str, hint: str = "",
        *, warning: bool = False,
    ) -> None:  # fmt: skip
        """Note a problem at a value; of a list or mapping its first line is marked."""
        end = self.source.find("\n", at.start, at.end)
        length = max(1, (at.end if end < 0 else end) - at.start)
        severity: Severity = "warning" if warning else "error"
        problem = Problem(at.start, length, code, message, hint, severity)
        self.findings.append(locate(problem, self.file, self.source))

    def rule_problem(self, rule: Scalar, problem: Problem) -> None:
        """Note a problem inside the text of a rule that is the scalar `rule`."""
        places = align(self.source, rule)

        def at(offset: int) -> int:
            return places[min(offset, len(places) - 1)] if places else rule.start

        self.findings.append(locate(problem, self.file, self.source, at))


def read_document(file: str, source: str) -> Document:
    """The values of a YAML file; whatever is wrong with it is in `findings`."""
    document = Document(file, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor may be given again; YAML takes the last
            root = YAML(typ="safe", pure=True).compose(source)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        start = min(mark.index, max(len(source) - 1, 0)) if mark else 0
        reason = " ".join(str(error.problem or error.context or error).split())
        problem = Problem(start, 1, "bad_yaml", f"this is not YAML: {reason}")
        document.findings.append(locate(problem, file, source))
        return document
    except (YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        problem = Problem(0, 1, "bad_yaml", f"this is not YAML: {reason}")
        document.findings.append(locate(problem, file, source))
        return document
    if root is not None:
        document.root = _Reader(document).value(root, 1)
    return document


class _Reader:
    """Turns nodes into values; anchors may repeat them, so it counts what it makes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = FILE_NODES_MAX

    def value(self, node: Node, depth: int) -> AnyValue:
        start, end = node.start_mark.index, node.end_mark.index
        self._left -= 1
        if self._left < 0 or depth > FILE_DEPTH_MAX:
            what = f"deeper than {FILE_DEPTH_MAX}" if self._left >= 0 else "too often repeated"
            place = Scalar(None, "", start, start + 1)
            self._document.problem(place, "bad_yaml", f"values are nested {what}")
            self._left = min(self._left, 0)
            return place
        match node:
            case ScalarNode():
                return self._scalar(node, start, end)
            case SequenceNode():
                return Seq(tuple(self.value(n, depth + 1) for n in node.value), start, end)
            case MappingNode():
                return Map(dict(self._entries(node, depth)), start, end)
            case _:
                return Scalar(None, "", start, end)

    def _entries(self, node: MappingNode, depth: int) -> Iterator[tuple[str, Entry]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if self._left < 0:
                return
            if not isinstance(key_node, ScalarNode):
                place = Scalar(None, "", key_node.start_mark.index, key_node.end_mark.index)
                self._document.problem(place, "bad_key", "a key is a name")
                continue
            key = self._scalar(key_node, key_node.start_mark.index, key_node.end_mark.index)
            if key.text == "<<":
                self._document.problem(key, "bad_key", "merge keys are not read")
            elif key.text in seen:
                message = f"{key.text} is given twice"
                self._document.problem(key, "duplicate_key", message)
            else:
                seen.add(key.text)
                yield key.text, Entry(key, self.value(value_node, depth + 1))

    def _scalar(self, node: ScalarNode, start: int, end: int) -> Scalar:
        if start == end:  # nothing stands there: point at the colon or dash before it
            start = max(0, len(self._document.source[:start].rstrip()) - 1)
        text = node.value
        tag = str(node.tag).rpartition(":")[2]
        if node.style is not None or tag not in ("null", "bool", "int", "float"):
            if str(node.tag).startswith("!"):
                place = Scalar(text, text, start, end)
                self._document.problem(place, "bad_yaml", "tags are not read")
            return Scalar(text, text, start, end)
        value: None | bool | int | float | str = text
        if tag == "null":
            value = None
        elif tag == "bool":
            value = text.lower() == "true"
        else:
            value = _number(text, tag)
        return Scalar(value, text, start, end)


def _number(text: str, tag: str) -> int | float | str:
    """The number as YAML 1.2 writes it; a text that only looks like one stays a text."""
    try:
        number = int(text, 0) if tag == "int" and text[:1] != "0" else float(text)
        if tag == "int":
            number = int(text, 0) if text[1:2] in ("x", "o") else int(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def align(source: str, scalar: Scalar) -> list[int]:
    """For each character of a scalar's text its offset in the source, whatever style it was
    written in: the same characters follow each other there, between quotes, escapes and
    indentation."""
    at = scalar.start
    head = source[at : at + 1]
    if head in ("|", ">"):
        at = source.find("\n", at) + 1
    elif head in ("'", '"'):
        at += 1
    places: list[int] = []
    for character in scalar.text:
        if not character.isspace():
            found = source.find(character, at, scalar.end)
            at = found if found >= 0 else at
        places.append(min(at, max(scalar.end - 1, scalar.start)))
        if not character.isspace() or source[at : at + 1].isspace():
            at += 1
    return places
