"""Colors of Datadog's palettes by name, and of well-known values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple

RED, ORANGE, YELLOW, GREEN, BLUE, GRAY = "#d9383a", "#e87a35", "#e8b931", "#3f9e5a", "#3a77c9", "#8b93a1"
SERIES: Final = ("#5a4fcf", "#2f9bd6", "#e3a13a", "#4cae8c", "#c6589a", "#8c6d46", "#7d8ca3", "#d3704a")
MEANING: Final[Mapping[str, str]] = {
    "failed": RED,
    "stopped": ORANGE,
    "stopping": YELLOW,
    "completed": GREEN,
    "inprogress": BLUE,
    "starting": GRAY,
    "ok": GREEN,
    "throttled": ORANGE,
    "denied": RED,
    "error": RED,
}


class Palette(NamedTuple):
    """Text and background color of a value."""

    text: str
    ground: str


PALETTES: Final[Mapping[str, Palette]] = {
    "white_on_red": Palette("#ffffff", RED),
    "white_on_yellow": Palette("#3a2c00", YELLOW),
    "white_on_green": Palette("#ffffff", GREEN),
    "red_on_white": Palette(RED, "#ffffff"),
}
PLAIN: Final = Palette("#25303b", "#ffffff")
COMPARATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
    "=": eq,
    "!=": ne,
}


def palette_of(value: float | None, formats: Iterable[Mapping[str, Any]]) -> Palette:
    """Return the palette of a value; the first matching format applies."""
    for form in formats:
        if value is not None and COMPARATORS[form["comparator"]](value, form["value"]):
            return PALETTES[form["palette"]]
    return PLAIN


def colors_of(names: Iterable[str]) -> dict[str, str]:
    """Return the color of each line of a chart by name."""
    ordered = list(dict.fromkeys(names))
    free = iter(SERIES * (len(ordered) // len(SERIES) + 1))
    return {name: MEANING.get(name) or next(free) for name in ordered}
