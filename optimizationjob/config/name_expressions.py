"""Regular expressions on job names. Those that could hang the Agent are refused: `re` holds the interpreter's lock."""

from __future__ import annotations

import re
from functools import lru_cache
from math import comb
from typing import Final

LONGEST_NAME: Final = 63  # AWS allows no longer name, and no more of one is searched
MOST_UNBOUNDED: Final = 3
MOST_WAYS: Final = 10_000_000  # to match a name, at about 10 ns each
ADVICE: Final = (
    "an expression that is quick on every name: repeat no group that repeats something or has alternatives itself, "
    "such as (a+)+ or (a|b)*, use * and + at most three times, refer to no group, and stay below 10,000 characters"
)
_ONE: Final = re.compile(r"\\[^1-9]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)  # an escape or a class: one character
_REFUSED: Final = re.compile(r"\\|\(\?(?:[#(]|P=)")  # a reference to a group, a comment, a condition
_OPENING: Final = re.compile(r"\(\?(?:P?<\w+>|<?[=!]|>|[\w-]*:|\w+(?=\)))")
_GROUP: Final = re.compile(r"\(([^()]*)\)")
_REPEAT: Final = re.compile(r"([*+?]|\{(\d*)(,?)(\d*)\})[+?]?")


class SlowExpression(ValueError):
    """A search for the pattern may take too long."""


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return the compiled pattern.

    Raises:
        re.error: it is not a regular expression.
        SlowExpression: it may be slow; the text has advice.
    """
    expression = re.compile(pattern, flags)
    plain = _OPENING.sub("(", _ONE.sub("x", pattern))
    unbounded, ways = 0, 1
    for sign, low, comma, high in _REPEAT.findall(plain):
        is_unbounded = sign in "*+" or (comma and not high)
        unbounded += bool(is_unbounded)
        ways *= 1 if is_unbounded else 2 if sign == "?" else int(high or low or 0) - int(low or 0) + 1
    is_refused = bool(len(pattern) > 10_000 or expression.flags & re.VERBOSE or _REFUSED.search(plain))
    while not is_refused and (group := _GROUP.search(plain)):  # an innermost group becomes NUL if it can vary, else x
        ways *= 2 ** group[1].count("|")
        plain = plain[: group.start()] + ("\0" if re.search(r"[*+?{|\0]", group[1]) else "x") + plain[group.end() :]
        is_refused = re.search(r"\0[*+{]", plain) is not None
    if is_refused or unbounded > MOST_UNBOUNDED or ways * comb(LONGEST_NAME + unbounded + 1, unbounded + 1) > MOST_WAYS:
        raise SlowExpression(ADVICE)
    return expression


def found(expression: re.Pattern[str], name: str) -> bool:
    """Return whether an expression is found in a name, of which at most as many characters count as AWS allows."""
    return expression.search(name, 0, LONGEST_NAME) is not None
