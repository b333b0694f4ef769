"""SQL that users write for audiences: one SELECT that reads the given views and nothing else.

What is let through is still run where nothing else could be reached; this is so that a mistake
is told with its place, before anything runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlglot
from sqlglot import exp

from ebbline.definitions.findings import Problem, did_you_mean

VIEWS = ("events", "profiles", "memberships")
PERSON = "profile"

_SETTINGS = frozenset({"getenv", "current_setting", "getvariable", "query", "query_table"})
_HINT = f"it reads the views {', '.join(VIEWS)}"


def check_statement(text: str, types: Collection[str]) -> tuple[Problem, ...]:
    """What is wrong with a statement; `types` are the project's types of identifiers."""
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except sqlglot.errors.SqlglotError as error:
        return (_syntax(text, error),)
    except RecursionError:
        return (Problem(0, 1, "bad_sql", "the SQL is nested too deeply"),)
    if len(trees) != 1:
        message = f"sql is one statement, not {len(trees)}"
        return (Problem(0, len(text), "bad_sql", message),)
    tree = trees[0]
    if not isinstance(tree, exp.Query):
        return (Problem(0, len(text), "bad_sql", "sql is one SELECT; nothing may be changed"),)
    return (*_reaches_out(text, tree), *_columns(text, tree, types))


def column_of(text: str, types: Collection[str]) -> str | None:
    """The column of a statement's result that says who: `profile`, or a type of identifier."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    names = tree.named_selects if isinstance(tree, exp.Query) else []
    return next((name for name in (PERSON, *types) if name in names), None)


def views_of(text: str) -> frozenset[str]:
    """The views that a statement reads."""
    tables = sqlglot.parse_one(text, dialect="duckdb").find_all(exp.Table)
    return frozenset(table.name for table in tables) & frozenset(VIEWS)


def _syntax(text: str, error: Exception) -> Problem:
    found = getattr(error, "errors", None) or [{}]
    line, column = found[0].get("line") or 1, found[0].get("col") or 1
    lines = text.splitlines(keepends=True)
    at = sum(map(len, lines[: line - 1])) + max(0, column - 1)
    said = found[0].get("description") or str(error).splitlines()[0]
    return Problem(min(at, max(0, len(text) - 1)), 1, "bad_sql", f"this is no SQL: {said}")


def _reaches_out(text: str, tree: exp.Query) -> Iterator[Problem]:
    """Tables that are none of the views, and functions that look elsewhere."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table, exp.Into, exp.DML, exp.DDL, exp.Command, exp.Func):
        if isinstance(node, exp.Table):
            name = node.name
            if not isinstance(node.this, exp.Identifier):
                called = _called(node.this)
                message = f"{called}() stands where a view may stand"
                yield _at(text, called, message, _HINT)
            elif node.db or node.catalog or (name not in VIEWS and name not in own):
                hint = did_you_mean(name, {*VIEWS, *own}) or _HINT
                yield _at(text, name, f'there is no view "{name}"', hint)
        elif isinstance(node, exp.Func):
            name = _called(node)
            if name in _SETTINGS:
                yield _at(text, name, f"{name}() is not allowed", "it reads what is no data")
        else:
            yield Problem(0, len(text), "bad_sql", "sql only reads: nothing may be changed")


def _called(node: exp.Expr) -> str:
    """The name of a function as it is written."""
    if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous):
        return str(node.sql_name()).lower()
    return node.name.lower()


def _columns(text: str, tree: exp.Query, types: Collection[str]) -> Iterator[Problem]:
    names = tree.named_selects
    if not any(name in names for name in (PERSON, *types)):
        wanted = ", ".join((PERSON, *types))
        message = f"the result has none of the columns that say who: {wanted}"
        yield Problem(0, len(text), "bad_sql", message, "name one, as in SELECT profile FROM …")


def _at(text: str, word: str, message: str, hint: str) -> Problem:
    place = text.lower().find(word.lower())
    return Problem(max(0, place), len(word) if place >= 0 else 1, "bad_sql", message, hint)
