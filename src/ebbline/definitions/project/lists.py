"""`lists/*.csv`: fixed lists that rules name, one value a row, in the first column.

A first row that reads `value` or `number` is a heading; under `number` the values are numbers,
otherwise they are texts exactly as written.
"""

from __future__ import annotations

import csv
import math
from typing import Any

from ebbline.definitions.findings import Finding, whole_file
from ebbline.definitions.limits import LIST_ITEMS_MAX
from ebbline.definitions.project.document import Document


def list_name(file: str) -> str:
    """The list's name: the file's, without folder and ending."""
    return file.rpartition("/")[2].removesuffix(".csv")


def read_list(document: Document) -> tuple[Any, ...]:
    """The values of a list, each once; problems are noted in the document."""
    values: dict[tuple[type, Any], None] = {}
    numbers = False
    rows = csv.reader(document.source.splitlines())
    try:
        for line, row in enumerate(rows, 1):
            cell = row[0].strip() if row else ""
            if line == 1 and cell in ("value", "number"):
                numbers = cell == "number"
                continue
            if not cell:
                continue
            value: Any = _number(cell) if numbers else cell
            if value is None:
                message = f"{cell} is no number"
                document.findings.append(_at_line(document, line, "wrong_type", message, row[0]))
                continue
            values[type(value), value] = None
            if len(values) > LIST_ITEMS_MAX:
                message = f"a list has at most {LIST_ITEMS_MAX:,} values"
                document.findings.append(whole_file(document.file, "list_too_long", message))
                break
    except csv.Error as error:
        document.findings.append(whole_file(document.file, "bad_csv", f"this is not CSV: {error}"))
    return tuple(value for _, value in values)


def _number(cell: str) -> int | float | None:
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _at_line(document: Document, line: int, code: str, message: str, text: str) -> Finding:
    return Finding(document.file, line, 1, max(1, len(text)), "error", code, message, text)
