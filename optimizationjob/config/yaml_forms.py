"""The forms in which values come: as text where a number or a boolean is meant, or as what YAML makes of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

_NUMBER: Final = re.compile(r"\d{1,20}(?:\.\d{0,20})?|\.\d{1,20}", re.ASCII)
# What YAML reads as a boolean where it has no quotes.
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ADVICE: Final = "put it in quotes, since YAML reads {} without them"
# The first kind that fits counts: to Python a boolean is a number, too.
_ADVICES: Final = (
    (bool, _ADVICE.format("a boolean")),
    (int | float, _ADVICE.format("a number")),
    (date, _ADVICE.format("a date")),
    (Mapping, "this is a mapping: put text with braces, or with a colon before a space, in quotes"),
    (list | tuple, "this is a list: put text that starts with a bracket in quotes"),
)


def as_number(value: object) -> int | float | None:
    """Return a number that is given as one or as text, such as from an environment variable; None for all else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def as_flag(value: object) -> bool | None:
    """Return a boolean that is given as one or as a word for one; None for all else."""
    if isinstance(value, str):
        return _FLAGS.get(value.lower())
    return value if isinstance(value, bool) else None


def in_quotes(value: object) -> str:
    """Return the advice to quote what YAML has not read as text, to be added to what is allowed; else nothing."""
    return next((f"; {advice}" for kind, advice in _ADVICES if isinstance(value, kind)), "")
