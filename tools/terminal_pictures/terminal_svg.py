"""What a command prints, as a drawing of a terminal: an SVG that loads nothing and depends on nothing around it."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

BACKGROUND, FOREGROUND = (22, 27, 34), (208, 215, 222)
BLACK, RED, GREEN, YELLOW = (72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34)
BLUE, MAGENTA, CYAN, WHITE = (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)
GREY = (110, 118, 129)
COLORS: Final = TerminalTheme(
    BACKGROUND,
    FOREGROUND,
    [BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE],
    [GREY, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, FOREGROUND],
)
FONT_ASPECT: Final = 0.6
"""Width of a character by its height in most fonts of the list below; in others characters are spaced out."""
# rich's own form names a font on the web, which a picture in a document does not get, and should not ask for.
FORM: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace;
font-size: {char_height}px;
line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def drawing(*shown: RenderableType, name: str, title: str, width: int, height: int) -> str:
    """Return what a terminal shows.

    Args:
        shown: what is printed into it, one after the other.
        name: what the parts of the drawing are called by, unique where several are in one document.
        title: of the window.
        width: in characters.
        height: in lines, for what fills the screen; what is longer makes the drawing longer.
    """
    console = Console(
        record=True,
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
        markup=False,
        # Whoever makes it may have set NO_COLOR, or a width.
        _environ={},
    )
    for one in shown:
        console.print(one)
    text = console.export_svg(
        title=title, theme=COLORS, code_format=FORM, font_aspect_ratio=FONT_ASPECT, unique_id=name
    )
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())
