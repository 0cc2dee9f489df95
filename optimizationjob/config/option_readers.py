"""Readers of single options: each returns the typed value of a raw one, or refuses it."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from optimizationjob.config import name_expressions
from optimizationjob.config.yaml_forms import as_flag, as_number, in_quotes

Reader = Callable[[object], Any]

MASK: Final = "********"
A_DAY: Final = 86_400
A_CENTURY: Final = 36_525 * A_DAY
"""Longer durations, in seconds, are mistakes and would exceed the calendar."""
_LONGEST_URL: Final = 300  # of one that is shown; the pattern's time grows with the square of it
_LIST: Final = "a list, also for a single value: [value]"
_EMPTY_ITEM: Final = "a value in its place, or remove the item"
_BARE_URL: Final = re.compile(
    r"[a-z+.-]*:?/{0,2}(\*{8}@)?[\w.\[\]-]*(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII | re.IGNORECASE
)

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 100
# Of lists in lists, six of each, six deep are 50,000: aliases of YAML make them from a few lines.
_short.maxlevel = 2


class OptionRefused(ValueError):
    """A value that an option cannot take.

    Attributes:
        allowed: What could be given, as a phrase that follows "give".
        item: The element at fault where a list was given, in a tuple of one.
    """

    def __init__(self, allowed: str, *item: object) -> None:
        self.allowed = allowed
        self.item = item
        super().__init__(allowed)


def shown(value: object) -> str:
    """Return a value as one short line of ASCII, as a message quotes it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return str(value)
    if isinstance(value, tuple):
        value = list(value)
    try:
        return _short.repr(value).encode("ascii", "backslashreplace").decode("ascii")
    except ValueError:  # Python does not spell out integers of thousands of digits
        return "a number too long to show"


def shown_url(value: object) -> str:
    """Return a URL as a message quotes it: without user, password and query; masked whole if they are not found."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    before, at, after = value.rpartition("@")
    if at and re.search(r"[?#]", before):  # the "@" may be one of a query, and secret what follows it
        return MASK
    scheme, slashes, _ = before.partition("//")
    bare = f"{scheme}{slashes}{MASK}@{after}" if slashes else f"{MASK}@{after}" if at else value
    bare = re.split(r"[?#]", bare, maxsplit=1)[0]
    return shown(bare) if len(bare) <= _LONGEST_URL and _BARE_URL.fullmatch(bare) else MASK


def flag(value: object) -> bool:
    """Read true or false."""
    given = as_flag(value)
    if given is None:
        raise OptionRefused("true or false")
    return given


def text(
    pattern: str = r".+",
    allowed: str = "text, not empty and without spaces around it",
) -> Reader:
    """Make a reader of one line of text that fits a regular expression."""
    fits = re.compile(pattern, re.ASCII).fullmatch

    def read(value: object) -> str:
        if not isinstance(value, str) or value != value.strip() or not value.isprintable() or not fits(value):
            raise OptionRefused(allowed + in_quotes(value))
        return value

    return read


def whole(least: int) -> Reader:
    """Make a reader of whole numbers."""

    def read(value: object) -> int:
        given = as_number(value)
        if not isinstance(given, int) or given < least:
            raise OptionRefused(f"a whole number of at least {least}")
        return given

    return read


def number(unit: str, *, zero: bool = False, most: float | None = None) -> Reader:
    """Make a reader of finite numbers above zero, or from zero on."""
    allowed = f"a number of {unit} {'of at least' if zero else 'greater than'} 0"
    if most is not None:
        allowed += f" and at most {most:g}" if most < 1_000_000 else f" and at most {most:.0f}"

    def read(value: object) -> float:
        plain = as_number(value)
        if plain is None:
            raise OptionRefused(allowed)
        try:
            given = float(plain)
        except OverflowError:
            raise OptionRefused(allowed) from None
        if not math.isfinite(given) or given < 0 or (given == 0 and not zero) or (most is not None and given > most):
            raise OptionRefused(allowed)
        return given

    return read


def seconds(*, zero: bool = False, most: float = A_CENTURY) -> Reader:
    """Make a reader of seconds."""
    return number("seconds", zero=zero, most=most)


def duration(unit: str = "seconds", *, zero: bool = False) -> Reader:
    """Make a reader of durations given as a number of seconds or hours."""
    one = timedelta(**{unit: 1})
    count = number(unit, zero=zero, most=A_CENTURY / one.total_seconds())

    def read(value: object) -> timedelta:
        given: timedelta = one * count(value)
        if not given and not zero:  # less than the microsecond that a timedelta can hold
            raise OptionRefused("at least 0.000001")
        return given

    return read


def items(each: Reader, *, least: int = 0) -> Reader:
    """Make a reader of lists, which also drops duplicates."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise OptionRefused(_LIST if isinstance(value, Mapping) else _LIST + in_quotes(value))
        if len(value) < least:
            raise OptionRefused("at least one value, or leave the option out")
        read_items = []
        for item in value:
            if item is None:
                raise OptionRefused(_EMPTY_ITEM, item)
            try:
                read_items.append(each(item))
            except OptionRefused as refusal:
                raise OptionRefused(refusal.allowed, item) from None
        return tuple(dict.fromkeys(read_items))

    return read


def one_of(names: Collection[str]) -> Reader:
    """Make a reader of names from a closed set, spelled exactly so."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise OptionRefused(f"any of {', '.join(names)}{in_quotes(value)}")
        return value

    return read


def regular_expression(value: object) -> re.Pattern[str]:
    """Read a Python regular expression that is fast for every name."""
    if not isinstance(value, str):
        raise OptionRefused(f"a regular expression{in_quotes(value)}")
    if not value:  # found in each name, and seldom meant: a variable without a value
        raise OptionRefused("a regular expression that is not empty")
    try:
        return name_expressions.compiled(value)
    except name_expressions.SlowExpression as slow:
        raise OptionRefused(str(slow)) from None
    except (
        ValueError,
        re.error,
        OverflowError,
        RecursionError,
        Warning,
    ) as error:  # as errors
        raise OptionRefused(f"a regular expression that compiles ({error})".replace("\n", " ")) from None


def endpoint(value: object) -> str:
    """Read the URL of an endpoint: http(s), a host, and no user, password or query."""
    allowed = "an http or https URL with a host, without user, password and query"
    given: str = url(allowed)(value)
    parts = urlsplit(given)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise OptionRefused(allowed)
    return given


def url(allowed: str) -> Reader:
    """Make a reader of http(s) URLs with a host that botocore takes."""

    def read(value: object) -> str:
        given: str = text(r"\S+", allowed)(value)
        try:
            parts = urlsplit(given)
            good = parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
            good = good and (is_valid_endpoint_url(given) or is_valid_ipv6_endpoint_url(given))
        except ValueError:
            good = False
        if not good:
            raise OptionRefused(allowed)
        return given

    return read
