"""What to use in place of a table or a column that does not exist. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Final

_NO_TABLE: Final = re.compile(r"(.*?Table with name (\S+) does not exist)!")
_NO_COLUMN: Final = re.compile(
    r"(.*?(?:Referenced column \"(?P<bare>[^\"]+)\" not found|have a column named \"(?P<dotted>[^\"]+)\"))"
)
MOST: Final = 3
"""Names to suggest."""


def with_hint(message: str, tables: Mapping[str, Sequence[str]]) -> str:
    """Return a message of DuckDB, with names of ours in place of those that it suggests.

    Args:
        message: one line.
        tables: the columns of each table.
    """
    if found := _NO_TABLE.match(message):
        words = " and ".join(tables) or "none"
        return f"{found[1]}: the tables are {words}"
    if found := _NO_COLUMN.match(message):
        name = (found["bare"] or found["dotted"]).lower()
        return f"{found[1]}{_column_hint(name, tables)}; --schema lists all columns"
    return message


def _column_hint(name: str, tables: Mapping[str, Sequence[str]]) -> str:
    having = [table for table, columns in tables.items() if name in columns]
    if having:
        return f": it is a column of {' and '.join(having)}"
    known = {column: table for table, columns in reversed(list(tables.items())) for column in columns}
    close = difflib.get_close_matches(name, known, n=MOST)
    # `instance` or `job_name` is not close to the whole name by its letters, but a part of it.
    close += [column for column in known if name in column and column not in close]
    if not close:
        return ""
    return f": the nearest are {', '.join(f'{column} of {known[column]}' for column in close[:MOST])}"
