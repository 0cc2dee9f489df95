"""Patterns in which `*` stands for anything and every other character for itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Return whether the text fits one of the patterns; upper and lower case differ."""
    return any(_compiled(pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # A run of stars means what one star means; kept, it would make the match slow.
    return re.compile(".*".join(map(re.escape, re.sub(r"\*+", "*", pattern).split("*"))), re.DOTALL)
