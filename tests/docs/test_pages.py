"""The documentation and the code speak of the same things."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
import typer
from pydantic_settings import BaseSettings

import ebbline
from ebbline import errors
from ebbline.definitions.functions import FUNCTIONS
from ebbline.definitions.project.fields import AUDIENCE
from tests.docs.snippets import ROOT, headings, pages

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
SOURCE_PATH = re.compile(r"`((?:src|tests|docs|tools|benchmarks|examples)/[\w./-]+)`")
TARGET = re.compile(r"`?\bmake ([a-z]+)\b")


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    folder = (ROOT / page).parent
    missing = [link for link in LINK.findall(text) if not (folder / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", pages())
def test_named_files_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = [path for path in SOURCE_PATH.findall(text) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_named_targets_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    inside = "\n".join(re.findall(r"`[^`\n]+`|^```\n.*?^```$", text, re.MULTILINE | re.DOTALL))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(TARGET.findall(inside)) <= known


def test_every_error_has_its_heading():
    classes = inspect.getmembers(errors, inspect.isclass)
    own = {name for name, kind in classes if kind.__module__ == errors.__name__}
    assert own
    assert own == set(headings("docs/reference/errors.md")) - {"Errors"}


def test_every_word_of_the_language_has_its_heading():
    named = set(re.findall(r"`(\w+)`", " ".join(headings("docs/reference/language.md"))))
    assert named == set(FUNCTIONS)


def texts_in_source(pattern: str) -> set[str]:
    """The string constants of the source that have this form as a whole."""
    found = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(rf"^{pattern}$", node.value))
    return found


def named_in_headings(page: str) -> set[str]:
    """What a page's headings name between backticks."""
    return set(re.findall(r"`([\w-]+)`", " ".join(headings(page))))


def settings_fields() -> set[str]:
    """The environment variables of every settings class."""
    for info in pkgutil.walk_packages(ebbline.__path__, "ebbline."):
        importlib.import_module(info.name)
    classes = list(BaseSettings.__subclasses__())
    own = [kind for kind in classes if kind.__module__.startswith("ebbline.")]
    prefixed = [(kind.model_config.get("env_prefix", ""), kind.model_fields) for kind in own]
    return {(prefix + name).upper() for prefix, fields in prefixed for name in fields}


def test_every_metric_has_its_heading():
    metrics = texts_in_source(r"ebbline_[a-z_]+")
    assert metrics
    assert metrics == named_in_headings("docs/reference/metrics.md")


def test_every_setting_has_its_heading():
    variables = texts_in_source(r"EBBLINE_[A-Z_]+[A-Z]")
    # File descriptors are what the supervisor tells its children, no setting.
    told = {name for name in variables if name.endswith("_FD")}
    settings = (variables - told) | settings_fields()
    assert settings == named_in_headings("docs/reference/settings.md")


def test_every_key_of_an_audience_has_its_heading():
    keys = {field.name for field in AUDIENCE.fields}
    assert keys == named_in_headings("docs/reference/audiences.md")


def test_every_command_has_its_heading():
    app = importlib.import_module("ebbline.console.cli").app
    commands = set(getattr(typer.main.get_command(app), "commands", {}))
    assert commands
    assert commands == named_in_headings("docs/reference/commands.md")


def modules_with_examples() -> list[str]:
    """Modules whose docstrings show a session."""
    files = sorted((ROOT / "src").rglob("*.py"))
    chosen = [file for file in files if ">>> " in file.read_text(encoding="utf-8")]
    return [module_name(file) for file in chosen]


def module_name(file: Path) -> str:
    """The dotted name of a source file."""
    parts = file.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
