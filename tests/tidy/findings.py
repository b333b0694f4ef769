"""The rules of the house as pure functions: a file's path and text in, findings out.

They hold what neither ruff nor mypy nor import-linter can: sizes, names, comments, addresses.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100
MEDIAN_FILE_LINES_MAX = 180
ARCHITECTURE_LINES_MAX = 300
ERRORS_MAX = 15
DOCSTRING_CHARACTERS_MIN = 20
REASON_WORDS_MIN = 4

BANNED_NAMES = frozenset(
    [
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "manager",
        "managers",
        "service",
        "services",
        "base",
        "core",
        "misc",
    ]
)
BANNED_CLASS = re.compile(r"(Manager|Helper|Helpers|Util|Utils|Service|Impl)$")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SKIPPED = re.compile(r"pytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b")
ADDRESS = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com"
    r"|deb\.debian\.org|crates\.io)\b"
    r"|(?<![A-Za-z0-9_.$}])/(?:work|farm|root|tmp|home)/"
)
CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")
UNIT = re.compile(
    r"(?i)\b(milliseconds?|ms|seconds?|minutes?|hours?|days?|bytes?|[KMG]i?B|characters?|lines?"
    r"|columns?|events?|rows?|entries|nodes?|levels?|people|persons?|profiles?|identifiers?"
    r"|items?|requests?|attempts?|times?|digits?|units?|objects?|calls?|definitions?|names?|points?"
    r"|connections?|half-lives|nano\w*|files?|percent|batch(?:es)?|messages?|findings?|keys?"
    r"|windows?|audiences?|traits?|places|magnitude|ids|rules?"
    r"|workers?|processes|pages?|changes?|deliveries|words?)\b"
)
CORE_ROOMS = frozenset(["events", "definitions", "profiles", "engine", "delivery", "warehouse"])
VENDOR_FREE_ROOMS = frozenset({"profiles", "engine", "delivery"})
VENDOR = re.compile(r"(?i)\b(braze|hubspot|marketo|mailchimp|salesforce|klaviyo)\b")
# What a core room may import from outside: msgspec, and one or two named libraries by room.
OUTSIDE_ALLOWED = {"definitions": {"ruamel", "re2"}, "engine": {"re2"}, "warehouse": {"sqlglot"}}


def at(path: str, line: int, text: str) -> str:
    """A finding as an editor can open it."""
    return f"{path}:{line}: {text}"


def file_length(path: str, text: str) -> Iterator[str]:
    """A file says one thing."""
    lines = len(text.splitlines())
    if lines > FILE_LINES_MAX:
        yield at(path, lines, f"{lines} lines, at most {FILE_LINES_MAX}")


def line_length(path: str, text: str) -> Iterator[str]:
    """Two files fit beside each other on a screen."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield at(path, number, f"{len(line)} columns, at most {LINE_COLUMNS_MAX}")


def function_length(path: str, text: str) -> Iterator[str]:
    """A function fits on a screen, docstring included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                finding = f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"
                yield at(path, node.lineno, finding)


def banned_names(path: str, text: str) -> Iterator[str]:
    """A name says what is inside; these say nothing."""
    for part in PurePosixPath(path).with_suffix("").parts:
        if part.lower() in BANNED_NAMES:
            yield at(path, 1, f'"{part}" says nothing about what is inside')
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and BANNED_CLASS.search(node.name):
            yield at(path, node.lineno, f'"{node.name}" says nothing about what it is')


def module_docstring(path: str, text: str) -> Iterator[str]:
    """A module says what it is for; an empty one that only makes tests a package need not."""
    if not text.strip() and path.startswith("tests/"):
        return
    said = ast.get_docstring(ast.parse(text)) or ""
    if len(said) < DOCSTRING_CHARACTERS_MIN:
        yield at(path, 1, "the module does not say what it is for")


def unfinished(path: str, text: str) -> Iterator[str]:
    """What is open stands in an issue; what is skipped proves nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line) or (path.startswith("tests/") and SKIPPED.search(line)):
            yield at(path, number, "unfinished, or a test that is passed over")


def addresses(path: str, text: str) -> Iterator[str]:
    """A tracked file names no package registry and no folder of one machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := ADDRESS.search(line):
            yield at(path, number, f"names {found.group().strip()}")


def limits_explained(path: str, text: str) -> Iterator[str]:
    """Each constant of a limits.py has a comment of its own, with its unit and its reason."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        if not (isinstance(target, ast.Name) and CONSTANT.match(target.id)):
            continue
        said = comment_of(lines, node.lineno, node.end_lineno or node.lineno)
        if len(said.split()) < REASON_WORDS_MIN:
            yield at(path, node.lineno, f"{target.id} has no comment with its reason")
        elif not UNIT.search(said + " " + target.id.lower().replace("_", " ")):
            yield at(path, node.lineno, f"the comment of {target.id} names no unit")


def comment_of(lines: list[str], first: int, last: int) -> str:
    """The comments above, beside and, as a text of its own, below an assignment; constants
    that adjoin each other share the comment above the first of them."""
    said = [line.split("#", 1)[1] for line in lines[first - 1 : last] if "#" in line]
    above = first - 2
    while above >= 0 and lines[above].strip() and not lines[above].startswith(("#", '"')):
        above -= 1
    while above >= 0 and lines[above].startswith("#"):
        said.insert(0, lines[above].lstrip("# "))
        above -= 1
    below = lines[last].strip() if last < len(lines) else ""
    return " ".join([*said, below.strip('"')] if below.startswith('"') else said)


def private_imports(path: str, text: str) -> Iterator[str]:
    """What starts with an underscore is used only in its own room."""
    room = room_of(path)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("ebbline."):
            continue
        parts = (node.module or "").split(".")
        names = [*parts[2:], *(alias.name for alias in node.names)]
        private = [name for name in names if name.startswith("_") and not name.endswith("__")]
        if private and parts[1] != room:
            yield at(path, node.lineno, f"{private[0]} is private to {parts[1]}")


def outside_imports(path: str, text: str) -> Iterator[str]:
    """A core room's only outside package is msgspec, and what is named for it."""
    room = room_of(path)
    if room not in CORE_ROOMS:
        return
    allowed = {"ebbline", "msgspec", *sys.stdlib_module_names, *OUTSIDE_ALLOWED.get(room, ())}
    for node in ast.walk(ast.parse(text)):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            if module.split(".")[0] not in allowed:
                yield at(path, getattr(node, "lineno", 1), f"{room} may not import {module}")


def vendor_names(path: str, text: str) -> Iterator[str]:
    """What decides knows no vendor: a vendor is a folder of connectors."""
    if room_of(path) not in VENDOR_FREE_ROOMS:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if found := VENDOR.search(line):
            yield at(path, number, f"names {found.group()}, which belongs to connectors")


def room_of(path: str) -> str:
    """The room of a file below src/ebbline, or nothing."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[2] if parts[:2] == ("src", "ebbline") and len(parts) > 2 else ""


def errors_few(path: str, text: str) -> Iterator[str]:
    """The tree of errors can be drawn on one page."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    if len(classes) > ERRORS_MAX:
        yield at(path, classes[-1].lineno, f"{len(classes)} errors, at most {ERRORS_MAX}")


def median_size(sizes: dict[str, int]) -> Iterator[str]:
    """Files are small as a rule, not only at most."""
    median = statistics.median(sizes.values())
    if median > MEDIAN_FILE_LINES_MAX:
        largest = sorted(sizes, key=lambda path: -sizes[path])[:10]
        report = ", ".join(f"{path} {sizes[path]}" for path in largest)
        yield f"the median file has {median} lines, at most {MEDIAN_FILE_LINES_MAX}: {report}"


def decisions_numbered(names: list[str]) -> Iterator[str]:
    """Decisions are numbered from 0001 without a gap."""
    for number, name in enumerate(sorted(names), 1):
        if not re.fullmatch(rf"{number:04}-[a-z0-9-]+\.md", name):
            yield at(f"docs/adr/{name}", 1, f"expected the name {number:04}-some-words.md")


def decision_complete(path: str, text: str) -> Iterator[str]:
    """A decision says where it stands, why, what and what follows."""
    number = PurePosixPath(path).name[:4]
    if not text.startswith(f"# {number} "):
        yield at(path, 1, f'the title does not start with "# {number} "')
    for heading in ("Status", "Why", "Decision", "What follows"):
        if f"\n## {heading}\n" not in text:
            yield at(path, 1, f'no section "{heading}"')


def changelog_open(path: str, text: str) -> Iterator[str]:
    """What is not released yet has its place at the top."""
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    if not headings or headings[0] != "Unreleased":
        yield at(path, 1, 'the first section is not "Unreleased"')
    elif not re.search(r"^## Unreleased\n(?:\n|### .*\n)*- ", text, re.MULTILINE):
        yield at(path, 1, '"Unreleased" lists no change')


def architecture_short(path: str, text: str) -> Iterator[str]:
    """One read."""
    lines = len(text.splitlines())
    if lines > ARCHITECTURE_LINES_MAX:
        yield at(path, lines, f"{lines} lines, at most {ARCHITECTURE_LINES_MAX}")


def pins_complete(path: str, text: str, wanted: list[str]) -> Iterator[str]:
    """Every package is pinned by version and hash, and none by an address."""
    entries = {
        entry.split("==")[0]: entry
        for entry in re.split(r"\n(?=[a-z0-9])", text)
        if "==" in entry.split("\n")[0]
    }
    for name in wanted:
        if name not in entries:
            yield at(path, 1, f"{name} is not pinned: make pin")
    for name, entry in entries.items():
        if "--hash=sha256:" not in entry:
            yield at(path, 1, f"{name} has no hash: make pin")
    if "://" in text or " @ " in text or "index-url" in text:
        yield at(path, 1, "names an address")
