"""Fixed-width text and bars for the watch screen. Pure."""

from __future__ import annotations

from typing import Final, Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import Meter
from optimizationjob.cli.terminal_text import harmless, short_duration

NEAR, VERY_NEAR = 80.0, 90.0
NEARNESS: Final = ((VERY_NEAR, "red"), (NEAR, "yellow"), (0.0, "green"))
FULL, EMPTY, MORE = "\u2588", "\u2591", "\u2026"


def nearness(percent: float) -> str:
    """Return the color for the used share of a limit."""
    return next(style for least, style in NEARNESS if percent >= least)


def fitted(text: str, width: int, *, side: Literal["left", "right"] = "left") -> str:
    """Return text of an exact width, marked if it is cut, and safe for a terminal."""
    text = harmless(text)
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + MORE if width > 0 else ""
    padding = " " * (width - cell_len(text))
    return padding + text if side == "right" else text + padding


def fitted_name(name: str, width: int) -> str:
    """Return a name of an exact width, cut in the middle because names often differ at the end."""
    if len(name) <= width or not name.isascii() or width < 12:
        return fitted(name, width)
    tail = width // 3
    return name[: width - tail - 1] + MORE + name[-tail:]


def bar(meter: Meter | None, width: int, *, is_over: bool) -> Text:
    """Return a meter as a bar with its percentage; without a limit, only the time.

    Args:
        meter: the meter to show; None for an empty bar.
        width: total width, of which the percentage takes 5.
        is_over: whether the meter has stopped.
    """
    if meter is None:
        return Text(" " * width)
    if meter.percent is None:
        return Text(fitted(short_duration(meter.seconds), width, side="right"), style="dim")
    room = max(0, width - 5)
    # A bar is full only when the limit is reached.
    full = max(0, min(round(room * meter.percent / 100), room - (meter.percent < 100)))
    style = "dim" if is_over else nearness(meter.percent)
    return Text.assemble(
        (FULL * full, style),
        (EMPTY * (room - full), "dim"),
        (fitted(f"{min(meter.percent, 999):.0f}%", 5, side="right"), style),
    )


def line(*parts: tuple[str, str] | Text, width: int) -> Text:
    """Return parts as one line, cut to a width."""
    text = Text.assemble(*parts, no_wrap=True, end="")
    text.truncate(width, overflow="ellipsis")
    return text
