"""Users' regular expressions, held to a bound: how long can the worst name make a search take?

Python's `re` tries one way after the other and holds the interpreter's lock meanwhile, so `(a+)+$` on a name of 63
letters would halt the whole Agent. The bound is counted from the parsed pattern, before it meets any name. A part is
decided where the next character alone tells how to go on: such a part is walked once. All else is counted in full:
the ways to match each number of characters, and the steps to try them. It errs towards refusing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from types import ModuleType
from typing import Any, Final

_parser: ModuleType | None
try:  # private, yet the only thing that reads a pattern as `re` does; tests hold it for each Python that is supported
    from re import _parser  # type: ignore[attr-defined,no-redef]
except ImportError:
    _parser = None

#: The longest name that AWS allows, and the longest that a search is made in.
LONGEST_NAME: Final = 63
#: A step takes some 10 ns on a machine of 2026, so the slowest search of all ends within a tenth of a second.
MOST_STEPS: Final = 10_000_000
#: Judging a pattern takes time, too: half a second for so many repetitions, less for so many characters without.
MOST_REPETITIONS: Final = 100
LONGEST_PATTERN: Final = 10_000
#: What a user can do about a pattern that is refused, as a phrase that follows "give".
ADVICE: Final = (
    "an expression that is quick on every name: repeat no group that can match the same text in two ways, such as "
    "(a+)+, repeat at most three times in all, and begin with ^ where you can"
)

_ENOUGH: Final = 10**12  # no need to count further
_OTHER: Final = 128  # stands for every character that is not ASCII
_ALL: Final = frozenset(range(_OTHER + 1))
_Counts = tuple[int, ...]


class SlowExpression(ValueError):
    """A search for the pattern may take too long."""


class _Unbounded(Exception):
    """The pattern has a part for which no bound is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What a part of a pattern can do; counts are by number of characters, from 0 to LONGEST_NAME."""

    first: frozenset[int]
    """Characters that can come first."""
    more: frozenset[int]
    """Characters that can continue what is a match already."""
    is_empty: bool
    """Whether it can match no character."""
    is_sure: bool
    """Whether it matches always, be it no character."""
    is_decided: bool
    """Whether the next character alone tells how to go on."""
    ways: _Counts
    """The most ways to match so many characters."""
    steps: _Counts
    """The most steps to try all ways on so many characters that are left."""
    size: int
    """The number of its nodes: the most steps to see that no way begins with a character."""


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern for which no name of LONGEST_NAME characters can make a search take more than MOST_STEPS.

    Raises:
        SlowExpression: it has no such bound; ADVICE says what to do.
        re.error: it is no regular expression.
    """
    if len(pattern) > LONGEST_PATTERN or len(re.findall(r"[*+?{]", pattern)) > MOST_REPETITIONS:
        words = f"at most {LONGEST_PATTERN:,} characters and {MOST_REPETITIONS} repetitions, or several expressions"
        raise SlowExpression(words)
    expression = re.compile(pattern, flags)
    if not _is_quick(pattern, expression.flags):
        raise SlowExpression(ADVICE)
    return expression


def found(expression: re.Pattern[str], name: str) -> bool:
    """Return whether an expression is found in a name, or in its begin where it is longer than AWS allows."""
    return expression.search(name, 0, LONGEST_NAME) is not None


def _is_quick(pattern: str, flags: int) -> bool:
    if _parser is None:
        return _is_plain(pattern)
    try:
        items = list(_parser.parse(pattern, flags))
        parts = [_part(item, flags) for item in items]
    except (_Unbounded, RecursionError):
        return False
    last = 0
    while parts and parts[-1].is_sure:  # it is tried once: with it the search ends well
        last += parts.pop().steps[-1]
    starts = 1 if _is_anchored(items, flags) else LONGEST_NAME + 1
    return sum(_row(parts).steps[-starts:]) + last <= MOST_STEPS


def _is_plain(pattern: str) -> bool:
    """Judge without a parser: two repetitions at most, none of a group, and nothing that looks around or back."""
    bare = re.sub(r"\\[^0-9]", "x", pattern)
    return len(re.findall(r"[*+{]", bare)) <= 2 and not re.search(r"\)[*+{?]|\(\?|\\", bare)


def _is_anchored(items: Sequence[Any], flags: int) -> bool:
    if not items or str(items[0][0]) != "AT":
        return False
    where = str(items[0][1])
    return where == "AT_BEGINNING_STRING" or (where == "AT_BEGINNING" and not flags & re.MULTILINE)


def _part(item: Any, flags: int) -> _Part:  # noqa: ANN401, PLR0911 - the parser has no types; a return for each node
    name, value = str(item[0]), item[1]
    match name:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN" | "RANGE" | "CATEGORY":
            return _one(_characters(name, value, flags))
        case "AT":
            return _nothing()
        case "SUBPATTERN":
            _, added, dropped, inner = value
            return _sequence(inner, (flags | added) & ~dropped)
        case "ATOMIC_GROUP":
            return _once(_sequence(value, flags))
        case "BRANCH":
            return _branch([_sequence(inner, flags) for inner in value[1]])
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            return _repeat(_sequence(inner, flags), int(least), int(most))
        case "POSSESSIVE_REPEAT":
            least, most, inner = value
            return _once(_repeat(_sequence(inner, flags), int(least), int(most)))
        case "ASSERT" | "ASSERT_NOT":
            looked = _sequence(value[1], flags)
            return _nothing(steps=looked.steps[-1], size=looked.size + 1)
        case _:
            raise _Unbounded(name)


def _characters(name: str, value: Any, flags: int) -> frozenset[int]:  # noqa: ANN401, PLR0911 - as above
    """Return what one character may be; too much rather than too little."""
    match name:
        case "LITERAL":
            return _both_cases(range(value, value + 1), flags)
        case "RANGE":
            return _both_cases(range(value[0], value[1] + 1), flags)
        case "IN" if str(value[0][0]) != "NEGATE":
            return frozenset().union(*(_characters(str(kind), what, flags) for kind, what in value))
        case "CATEGORY":
            pattern = re.compile({"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s"}[str(value).rpartition("_")[2]])
            is_not = "_NOT_" in str(value)
            return frozenset(c for c in range(_OTHER) if (pattern.match(chr(c)) is None) == is_not) | {_OTHER}
        case "NOT_LITERAL":
            return _ALL - (frozenset() if flags & re.IGNORECASE else {min(value, _OTHER + 1)})
        case "IN":
            # Of what is left out only single characters are sure: of others it depends on flags.
            without = {what for kind, what in value[1:] if str(kind) == "LITERAL"}
            for kind, what in value[1:]:
                if str(kind) == "RANGE":
                    without.update(range(what[0], min(what[1], _OTHER - 1) + 1))
            return _ALL - {c for c in without if c < _OTHER and not flags & re.IGNORECASE}
    return _ALL


def _both_cases(codes: range, flags: int) -> frozenset[int]:
    found = {min(code, _OTHER) for code in codes[: _OTHER + 1]} | ({_OTHER} if codes[-1] >= _OTHER else set())
    if flags & re.IGNORECASE:
        found |= {ord(c) for code in found if code < _OTHER for c in (chr(code).lower(), chr(code).upper())}
        found.add(_OTHER)  # some letters have a partner beyond ASCII
        if _OTHER in frozenset(min(code, _OTHER) for code in (codes[0], codes[-1])):
            return _ALL
    return frozenset(found)


def _one(characters: frozenset[int]) -> _Part:
    return _Part(
        first=characters,
        more=frozenset(),
        is_empty=False,
        is_sure=False,
        is_decided=True,
        ways=_widths(1, 1),
        steps=(1,) * (LONGEST_NAME + 1),
        size=1,
    )


def _nothing(*, steps: int = 1, size: int = 1, is_sure: bool = False) -> _Part:
    return _Part(
        first=frozenset(),
        more=frozenset(),
        is_empty=True,
        is_sure=is_sure,
        is_decided=steps == 1,
        ways=_widths(0, 0),
        steps=(steps,) * (LONGEST_NAME + 1),
        size=size,
    )


def _once(part: _Part) -> _Part:
    """Return a part that is not tried in another way once it matched."""
    return _but(part, ways=tuple(min(1, ways) for ways in part.ways))


def _sequence(items: Iterable[Any], flags: int) -> _Part:
    return _row([_part(item, flags) for item in items])


def _row(parts: Sequence[_Part]) -> _Part:
    return reduce(_then, parts, _nothing(is_sure=True))


def _then(a: _Part, b: _Part) -> _Part:
    going_on = a.more | a.first if a.is_empty else a.more
    is_decided = a.is_decided and b.is_decided and going_on.isdisjoint(b.first)
    size = a.size + b.size
    return _Part(
        first=a.first | b.first if a.is_empty else a.first,
        more=b.more | a.more | b.first if b.is_empty else b.more,
        is_empty=a.is_empty and b.is_empty,
        is_sure=a.is_sure and b.is_sure,
        is_decided=is_decided,
        ways=_decided(_product(a.ways, b.ways)) if is_decided else _product(a.ways, b.ways),
        steps=_steps_of_row(a, b, is_decided=is_decided),
        size=size,
    )


def _steps_of_row(a: _Part, b: _Part, *, is_decided: bool) -> _Counts:
    if a.is_decided and not a.more and not a.is_empty:  # it has one end at most
        return _sum(a.steps, b.steps)
    return _walked(a.size + b.size) if is_decided else _sum(a.steps, _product(a.ways, b.steps))


def _branch(parts: Sequence[_Part]) -> _Part:
    size = sum(part.size for part in parts) + 1
    together = {frozenset(n for n, part in enumerate(parts) if part.is_empty or c in part.first) for c in _ALL}
    ways = [reduce(_sum, (parts[n].ways for n in group), (0,) * (LONGEST_NAME + 1)) for group in together]
    steps = [reduce(_sum, (parts[n].steps for n in group), (size,) * (LONGEST_NAME + 1)) for group in together]
    firsts = [part.first for part in parts]
    is_apart = sum(map(len, firsts)) == len(frozenset().union(*firsts))
    is_decided = is_apart and all(part.is_decided for part in parts) and sum(part.is_empty for part in parts) <= 1
    return _Part(
        first=frozenset().union(*firsts),
        more=frozenset().union(*(part.more for part in parts)),
        is_empty=any(part.is_empty for part in parts),
        is_sure=any(part.is_sure for part in parts),
        is_decided=is_decided,
        ways=_decided(_largest(ways)) if is_decided else _largest(ways),
        steps=_largest(steps),
        size=size,
    )


def _repeat(part: _Part, least: int, most: int) -> _Part:
    if most == 0:
        return _nothing(is_sure=True)
    # To leave out what can be empty and to match it empty are two ways.
    is_decided = part.is_decided and not part.is_empty and (most == 1 or part.more.isdisjoint(part.first))
    tried, ways = _repeated(part, least, most, is_decided=is_decided)
    size = part.size + 1
    nested = _sum(_product(tried, part.steps), _product(tried, (1,) * (LONGEST_NAME + 1)))
    return _Part(
        first=part.first,
        more=part.more | part.first if most > 1 else part.more,
        is_empty=part.is_empty or least == 0,
        is_sure=part.is_sure or least == 0,
        is_decided=is_decided,
        ways=ways,
        steps=_walked(size) if is_decided else nested,
        size=size,
    )


def _repeated(part: _Part, least: int, most: int, *, is_decided: bool) -> tuple[_Counts, _Counts]:
    """Return the ways of all numbers of repetitions that are tried, and of those that count."""
    if is_decided:
        reached = [at for at, ways in enumerate(part.ways) if ways] or [LONGEST_NAME + 1]
        ways = _widths(min(reached[0] * least, LONGEST_NAME + 1), min(reached[-1] * most, LONGEST_NAME))
        return ways, ways
    if part.is_empty and least > LONGEST_NAME:
        raise _Unbounded("an empty part that is repeated many times")
    one = part.ways
    if part.is_empty and most > 1:  # a repetition of nothing may stand beside each that is something
        one = tuple(min(_ENOUGH, ways * (1 + one[0])) for ways in one)
    power = tried = _widths(0, 0)
    counted = power if least == 0 else (0,) * (LONGEST_NAME + 1)
    for number in range(1, min(most, LONGEST_NAME) + 1):
        power = _product(power, one)
        if not any(power):
            break
        tried = _sum(tried, power)
        counted = _sum(counted, power) if number >= least else counted
    return tried, counted


def _but(part: _Part, *, ways: _Counts) -> _Part:
    return _Part(**{**{name: getattr(part, name) for name in _Part.__slots__}, "ways": ways})


def _widths(least: int, most: int) -> _Counts:
    """One way for each number of characters between two."""
    return tuple(int(least <= width <= most) for width in range(LONGEST_NAME + 1))


def _decided(ways: _Counts) -> _Counts:
    return tuple(min(1, number) for number in ways)


def _walked(size: int) -> _Counts:
    """The steps along the one way there is; at each character all else fails at once."""
    return tuple((left + 1) * (size + 1) for left in range(LONGEST_NAME + 1))


def _sum(a: _Counts, b: _Counts) -> _Counts:
    return tuple(min(_ENOUGH, one + other) for one, other in zip(a, b, strict=True))


def _product(ways: _Counts, after: _Counts) -> _Counts:
    """For each number of characters, sum over where the first part may end."""
    total = [0] * (LONGEST_NAME + 1)
    for width, number in enumerate(ways):
        if number:
            for rest in range(LONGEST_NAME + 1 - width):
                total[width + rest] += number * after[rest]
    return tuple(min(_ENOUGH, number) for number in total)


def _largest(rows: Sequence[_Counts]) -> _Counts:
    return tuple(map(max, *rows)) if len(rows) > 1 else rows[0]
