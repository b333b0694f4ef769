"""JSON tokens as values: the kind of what a document holds is known only row by row."""

from __future__ import annotations

from collections.abc import Sequence

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Value


def look_up(dialect: Dialect, document: Expr, path: str) -> Expr:
    """The token at a name, else at a dotted path."""
    flat = dialect.token(document, (path,))
    if "." not in path:
        return flat
    return sql.coalesce(flat, dialect.token(document, path.split(".")))


def value_of(dialect: Dialect, token: Expr) -> Value:
    """A token as a value of any kind; null and objects are no values."""
    first = sql.coalesce(dialect.prefix(token), sql.text("n"))

    def starting(mark: str, read: Expr) -> Expr:
        return sql.case((sql.compare("==", dialect.prefix(token), sql.text(mark)), read))

    return Value(
        {
            "text": lambda: starting('"', dialect.token_text(token)),
            "number": lambda: dialect.token_number(token),
            "boolean": lambda: sql.case(
                (sql.compare("==", token, sql.text("true")), sql.true()),
                (sql.compare("==", token, sql.text("false")), sql.false()),
            ),
            "list": lambda: starting("[", token),
        },
        sql.negate(sql.one_of(first, [sql.text("n"), sql.text("{")])),
    )


def token_of(dialect: Dialect, value: Value) -> Expr:
    """The token of a value of any kind; null for null."""
    tokens = []
    for kind in value.kinds:
        item = value.known(kind)
        match kind:
            case "text":
                tokens.append(dialect.text_token(item))
            case "number":
                tokens.append(dialect.number_token(item))
            case "boolean":
                words = sql.text("true"), sql.text("false")
                tokens.append(sql.case((item, words[0]), (sql.negate(item), words[1])))
            case "list":
                tokens.append(item)
            case _:
                tokens.append(sql.cast(item, dialect.text_type))
    return sql.coalesce(*tokens) if tokens else sql.cast(sql.null(), dialect.text_type)


def key_of(dialect: Dialect, value: Value, kinds: Sequence[str]) -> Expr:
    """A text that values of these kinds share exactly when they are equal; null for the rest."""
    keys = []
    for kind in value.kinds:
        if kind not in kinds:
            continue
        item = value.known(kind)
        match kind:
            case "text":
                keys.append(sql.joined(sql.text("t"), item))
            case "number":  # adding zero makes minus zero the same as zero
                written = sql.cast(sql.plus(item, sql.number(0)), dialect.text_type)
                keys.append(sql.joined(sql.text("n"), written))
            case "boolean":
                words = sql.text("b1"), sql.text("b0")
                keys.append(sql.case((item, words[0]), (sql.negate(item), words[1])))
            case "list":
                keys.append(sql.joined(sql.text("l"), dialect.list_key(item)))
            case "timestamp" | "duration":
                keys.append(sql.joined(sql.text("i"), sql.cast(item, dialect.text_type)))
    return sql.coalesce(*keys) if keys else sql.cast(sql.null(), dialect.text_type)
