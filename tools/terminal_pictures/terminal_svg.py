"""Renders the output of a command as a terminal in a self-contained SVG."""

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
"""Width-to-height ratio of a character in most fonts listed below; other fonts get extra spacing."""
# rich's own template loads a web font, which an embedded picture cannot and should not do.
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
    """Return the SVG of a terminal.

    Args:
        shown: the content to print, in order.
        name: prefix of the SVG's class names and IDs, which must be unique within a document.
        title: window title.
        width: in characters.
        height: in lines, for content that fills the screen; longer content extends the picture.
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
        # Ignore NO_COLOR and COLUMNS of the calling environment.
        _environ={},
    )
    for one in shown:
        console.print(one)
    text = console.export_svg(
        title=title, theme=COLORS, code_format=FORM, font_aspect_ratio=FONT_ASPECT, unique_id=name
    )
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())
