"""Colors of Datadog's palettes by name, and of well-known values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import cycle
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple

RED, ORANGE, YELLOW, GREEN, BLUE, GRAY = "#d9383a", "#e87a35", "#e8b931", "#3f9e5a", "#3a77c9", "#8b93a1"
SERIES: Final[Mapping[str, tuple[str, ...]]] = {
    "dog_classic": ("#3598cd", "#7a5cc2", "#e5a21c", "#4bb5ad", "#c96198", "#8c6d46"),
    "cool": ("#1f8a70", "#2f9bd6", "#5bbfae", "#3a77c9", "#8fd3c1", "#27606f", "#9cc7e8", "#46a35a"),
    "warm": ("#d9383a", "#e87a35", "#e8b931", "#b3261e", "#f0a07a", "#c6589a", "#f3d37a", "#8f3b2e"),
    "gray": ("#8b93a1", "#b4bac4", "#69748a", "#d0d4da", "#4f5866", "#9fa7b3", "#dfe2e6", "#7a8391"),
    "orange": ("#d2691e", "#f0a35e", "#a8500f", "#f6c89a", "#e8842b", "#7a3a0a", "#f9ddc0", "#c47a3d"),
}
"""Colors of the lines of a chart by palette, in the order of the lines: Datadog gives no name a color of its own."""


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


def colors_of(names: Iterable[str], palette: str) -> dict[str, str]:
    """Return the color of each line of a chart by name."""
    return dict(zip(dict.fromkeys(names), cycle(SERIES[palette]), strict=False))
