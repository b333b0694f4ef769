"""Renders the part of Helm's template language that the chart uses, for where there is no Helm.

Anything else is an error here, so that the chart stays within what was tried.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

_TAG = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\(|\)|\||[^\s()|]+')
_OPENING = ("if", "with", "range", "define")

Node = tuple[str, Any, Any, Any]


class Chart:
    """Named templates and values; `render` gives one file's text."""

    def __init__(self, names: str, context: Mapping[str, Any]) -> None:
        self.context = dict(context)
        self.used: set[str] = set()  # paths below .Values that were asked for
        self._defined: dict[str, list[Node]] = {}
        self.render(names)

    def render(self, text: str) -> str:
        """The text of a template with everything filled in."""
        nodes, rest = _parse(_tokens(text))
        assert not rest
        return self._walk(nodes, self.context, {"$": self.context})

    def _walk(self, nodes: list[Node], dot: Any, names: dict[str, Any]) -> str:
        out = []
        for kind, head, body, other in nodes:
            if kind == "text":
                out.append(head)
            elif kind == "value":
                out.append(_shown(self._pipe(_words(head), dot, names)))
            elif kind == "define":
                self._defined[json.loads(head)] = body
            elif kind == "range":
                out.append(self._range(head, body, dot, names))
            else:
                found = self._pipe(_words(head), dot, names)
                inner = found if kind == "with" else dot
                out.append(self._walk(body if found else other, inner if found else dot, names))
        return "".join(out)

    def _range(self, head: str, body: list[Node], dot: Any, names: dict[str, Any]) -> str:
        if ":=" not in head:
            return "".join(
                self._walk(body, each, names) for each in self._pipe(_words(head), dot, names)
            )
        left, _, right = head.partition(":=")
        key, value = (name.strip() for name in left.split(","))
        found = self._pipe(_words(right), dot, names)
        return "".join(
            self._walk(body, found[each], names | {key: each, value: found[each]})
            for each in sorted(found)
        )

    def _pipe(self, words: list[str], dot: Any, names: dict[str, Any]) -> Any:
        parts: list[list[str]] = [[]]
        depth = 0
        for word in words:
            depth += (word == "(") - (word == ")")
            if word == "|" and not depth:
                parts.append([])
            else:
                parts[-1].append(word)
        value = self._call(parts[0], [], dot, names)
        for part in parts[1:]:
            value = self._call(part, [value], dot, names)
        return value

    def _call(self, words: list[str], last: list[Any], dot: Any, names: dict[str, Any]) -> Any:
        items: list[Any] = []
        at = 0
        while at < len(words):
            if words[at] == "(":
                end = _closing(words, at)
                items.append(self._pipe(words[at + 1 : end], dot, names))
                at = end
            elif at == 0 and words[0] in {*_FUNCTIONS, "include"}:
                items.append(words[0])
            else:
                items.append(self._term(words[at], dot, names))
            at += 1
        if words[0] == "include":
            return self._walk(self._defined[items[1]], items[2], {"$": items[2]})
        if words[0] in _FUNCTIONS:
            return _FUNCTIONS[words[0]](*items[1:], *last)
        assert len(items) == 1, words
        return items[0]

    def _term(self, word: str, dot: Any, names: dict[str, Any]) -> Any:
        if word.startswith('"'):
            return json.loads(word)
        if word.lstrip("-").isdigit():
            return int(word)
        if word == ".":
            return dot
        if word.startswith("$"):
            name, _, path = word.partition(".")
            return self._look(names[name], path)
        assert word.startswith("."), f"the chart uses {word}, which is not tried here"
        if word.startswith(".Values."):
            self.used.add(word.removeprefix(".Values."))
        return self._look(dot, word[1:])

    @staticmethod
    def _look(found: Any, path: str) -> Any:
        for part in path.split(".") if path else ():
            found = found[part]  # a value that values.yaml does not have is an error
        return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    end, strip = 0, False
    for tag in _TAG.finditer(text):
        before = text[end : tag.start()]
        before = before.lstrip() if strip else before
        found.append(("text", before.rstrip() if tag[1] else before))
        found.append(("tag", tag[2]))
        end, strip = tag.end(), bool(tag[3])
    rest = text[end:]
    found.append(("text", rest.lstrip() if strip else rest))
    return found


def _parse(tokens: list[tuple[str, str]]) -> tuple[list[Node], list[tuple[str, str]]]:
    """Nodes up to an `end` or `else`, and the tokens from there on."""
    nodes: list[Node] = []
    while tokens:
        kind, text = tokens[0]
        word, _, head = text.partition(" ")
        if kind == "tag" and word in ("end", "else"):
            return nodes, tokens
        tokens = tokens[1:]
        if kind == "tag" and word in _OPENING:
            body, tokens = _parse(tokens)
            other: list[Node] = []
            if tokens[0][1] == "else":
                other, tokens = _parse(tokens[1:])
            assert tokens[0][1] == "end"
            tokens = tokens[1:]
            nodes.append((word, head.strip(), body, other))
        else:
            nodes.append(("text" if kind == "text" else "value", text, None, None))
    return nodes, tokens


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _closing(words: list[str], at: int) -> int:
    depth = 0
    for place in range(at, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if not depth:
            return place
    raise AssertionError(words)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _to_yaml(value: Any) -> str:
    out = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.dump(value, out)
    return out.getvalue().removesuffix("...\n").rstrip("\n")


_FUNCTIONS: dict[str, Any] = {
    "quote": json.dumps,
    "toYaml": _to_yaml,
    "nindent": lambda width, text: "\n" + "\n".join(
        " " * width + line if line else line for line in text.split("\n")
    ),
    "replace": lambda old, new, text: text.replace(old, new),
    "default": lambda other, value: value or other,
    "not": lambda value: not value,
    "trunc": lambda size, text: text[:size],
    "trimSuffix": lambda end, text: text.removesuffix(end),
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
}  # fmt: skip
