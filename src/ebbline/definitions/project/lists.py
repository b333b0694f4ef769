"""`lists/*.csv`: fixed lists that rules name, one value a row, in the first column.

The first row is a heading. The values are texts exactly as written, unless every one of them
is a JSON number; then they are numbers. Under the heading `text` they are texts in any case.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from typing import Any

from ebbline.definitions.findings import whole_file
from ebbline.definitions.limits import LIST_ITEMS_MAX
from ebbline.definitions.project.document import Document

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_INT64 = 2**63
_INT64_LENGTH = 20  # characters of the longest whole number that may fit


def list_name(file: str) -> str:
    """The list's name: the file's, without folder and ending."""
    return file.rpartition("/")[2].removesuffix(".csv")


def read_list(document: Document) -> tuple[Any, ...]:
    """The values of a list, each once; problems are noted in the document."""
    rows = csv.reader(document.source.splitlines())
    heading, cells = "", []
    try:
        for line, row in enumerate(rows, 1):
            cell = row[0].strip() if row else ""
            if line == 1:
                heading = cell
            elif cell:
                cells.append(cell)
            if len(cells) > LIST_ITEMS_MAX:
                break
    except csv.Error as error:
        document.findings.append(whole_file(document.file, "bad_csv", f"this is not CSV: {error}"))
    if len(cells) > LIST_ITEMS_MAX:
        message = f"a list has at most {LIST_ITEMS_MAX:,} values"
        document.findings.append(whole_file(document.file, "list_too_long", message))
    numbers = [] if heading == "text" else [_number(cell) for cell in cells]
    return distinct(cells if None in numbers or not numbers else numbers)


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values, each once; true and 1 are two."""
    return tuple(value for _, value in dict.fromkeys((type(value), value) for value in values))


def _number(cell: str) -> int | float | None:
    """The cell as a JSON number that a plan can hold, or None."""
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return None
    if not any(found.groups()):
        whole = int(cell) if len(cell) <= _INT64_LENGTH else _INT64
        return whole if -_INT64 <= whole < _INT64 else None
    number = float(cell)
    return number if math.isfinite(number) else None
