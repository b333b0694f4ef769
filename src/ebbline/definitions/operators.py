"""Which of Python's operators rules have, and what to say of the rest of its grammar."""

from __future__ import annotations

import ast

from ebbline.definitions.tree import ArithOp, CompareOp

ARITHMETIC: dict[type[ast.operator], ArithOp] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
}
COMPARISONS: dict[type[ast.cmpop], CompareOp] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.IfExp: ("x if y else z is not part of rules", ""),
    ast.Lambda: ("lambda is not part of rules", ""),
    ast.NamedExpr: ("assignment is not part of rules", "write == to compare"),
    ast.JoinedStr: ("f-texts are not part of rules", "write a plain text"),
    ast.Subscript: ("x[...] is not part of rules", "write a dotted path: address.city"),
    ast.Dict: ("{...} is not part of rules", ""),
    ast.Set: ("{...} is not part of rules", "write a list: [...]"),
    ast.Starred: ("* is not part of rules", ""),
    ast.Await: ("await is not part of rules", ""),
    ast.Yield: ("yield is not part of rules", ""),
    ast.YieldFrom: ("yield is not part of rules", ""),
}
_REFUSED_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.BitAnd: ("& is not part of rules", "write and"),
    ast.BitOr: ("| is not part of rules", "write or"),
    ast.Pow: ("** is not part of rules", ""),
    ast.FloorDiv: ("// is not part of rules", "write / and round(...)"),
}


def refusal(node: ast.expr) -> tuple[str, str]:
    """Message and hint for a piece of Python that rules do not have."""
    if isinstance(node, ast.BinOp):
        fallback = ("this operator is not part of rules", "")
        return _REFUSED_OPERATORS.get(type(node.op), fallback)
    return _REFUSED.get(type(node), ("this is not part of rules", ""))
