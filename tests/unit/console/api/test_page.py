"""docs/reference/api.md names every operation, scope and code, as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ebbline.console.api.app import framework
from ebbline.console.api.problems import CODES
from ebbline.hosts.embedded.access import ROLES, SCOPES

PAGE = (Path(__file__).resolve().parents[4] / "docs/reference/api.md").read_text("utf-8")


def test_every_operation_is_in_the_table_with_its_scope():
    rows = set(re.findall(r"^\| `(\w+ /\S+)` \| `(\w+)` \| `([\w:]+)` \|", PAGE, re.MULTILINE))
    assert rows == {
        (f"{verb.upper()} {path}", operation["operationId"], operation["x-scope"])
        for path, verbs in framework().state.document["paths"].items()
        for verb, operation in verbs.items()
    }


def test_every_code_has_its_heading_and_status():
    found = re.findall(r"^### `(\w+)`\n\n(\d+)\. \S", PAGE, re.MULTILINE)
    assert {code: int(status) for code, status in found} == {
        code: status for code, (status, _) in CODES.items()
    }


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_in_the_table_of_roles(scope):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{scope}` |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")][2:]
    assert cells == ["yes" if scope in scopes else "" for scopes in ROLES.values()]
