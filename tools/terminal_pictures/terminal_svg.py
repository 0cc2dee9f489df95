"""Renders the output of a command as a terminal in a self-contained SVG.

rich draws it. `_settled` then gives each word a place of its own, since renderers differ in what they do with blanks,
and draws bars and rules as shapes, since fonts differ in how thick they are and whether they touch.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

# Those that textual gives the watch.
BACKGROUND, FOREGROUND = (18, 18, 18), (224, 224, 224)
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
MEMBERS: Final = ("fill", "x", "y", "width", "height", "shape-rendering")
CELL, LINE = 12.0, 24.4
"""Width and height of a character cell, as rich draws them."""
DESCENT: Final = 6.0
"""From the baseline to the lower end of a cell."""
SHAPES: Final = {
    "\u2500": (DESCENT + 0.5, 1.5),
    "\u2501": (DESCENT + 0.5, 4.0),
    **{chr(0x2580 + eighths): (LINE * eighths / 16 - DESCENT, LINE * eighths / 8) for eighths in range(1, 9)},
}
"""Lines and blocks: the height of their middle above the baseline, and their own."""
PART: Final = re.compile(rf"([{''.join(SHAPES)}])\1*|[^\s{''.join(SHAPES)}]+(?: [^\s{''.join(SHAPES)}]+)*")
"""A row of one shape, or words with single blanks between them."""
SPACE: Final = "http://www.w3.org/2000/svg"
TAG: Final = f"{{{SPACE}}}"
# rich's own template loads a web font, which an embedded picture cannot and should not do.
FORM: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace;
font-size: {char_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
{chrome}
<g id="{unique_id}-screen" transform="translate({terminal_x}, {terminal_y})">
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
    return _settled(text)


def _settled(svg: str) -> str:
    """Return rich's SVG with each word at its place, shapes for bars, and no more elements than needed."""
    ET.register_namespace("", SPACE)
    root = ET.fromstring(svg)  # noqa: S314 - rich made it
    (screen,) = (part for part in root.iter(f"{TAG}g") if part.get("id", "").endswith("-screen"))
    (words,) = screen.findall(f"{TAG}g")
    frame = next(root.iter(f"{TAG}rect"))
    grounds = screen.findall(f"{TAG}rect")
    common = _common_ground(grounds, frame)
    frame.set("fill", common)
    placed = [part for text in words.findall(f"{TAG}text") for part in _placed(text)]
    for each in grounds:
        screen.remove(each)
    for number, each in enumerate(_joined([each for each in grounds if each.get("fill") != common])):
        screen.insert(number, each)
    words[:] = placed
    for each in root.iter():
        each.text, each.tail = (each.text or "").strip() or None, "\n"
    return ET.tostring(root, encoding="unicode").rstrip() + "\n"


def _common_ground(grounds: list[ET.Element], frame: ET.Element) -> str:
    """Return the color of most of the screen, which may be that of the terminal."""
    widths: Counter[str] = Counter()
    for each in grounds:
        widths[each.get("fill", "")] += round(float(each.get("width", 0)))
    area = float(frame.get("width", 0)) * float(frame.get("height", 0)) / LINE
    color, width = widths.most_common(1)[0] if widths else ("", 0)
    return color if width > area / 2 else frame.get("fill", "")


def _joined(grounds: list[ET.Element]) -> Iterator[ET.Element]:
    """Yield the grounds, those of one color next to each other as one."""
    last: ET.Element | None = None
    for each in grounds:
        x, width = float(each.get("x", 0)), float(each.get("width", 0))
        if last is not None and (last.get("fill"), last.get("y")) == (each.get("fill"), each.get("y")):
            start, length = float(last.get("x", 0)), float(last.get("width", 0))
            if abs(start + length - x) < 1:
                last.set("width", f"{x + width - start:g}")
                continue
        if last is not None:
            yield last
        last = ET.Element("rect", {name: each.get(name, "") for name in MEMBERS})
    if last is not None:
        yield last


def _placed(text: ET.Element) -> Iterator[ET.Element]:
    """Yield the words and shapes of one piece of text, each at its own place; blanks around them are dropped."""
    start, baseline = float(text.get("x", 0)), float(text.get("y", 0))
    kind = text.get("class", "")
    for found in PART.finditer((text.text or "").replace("\xa0", " ")):
        x, part = start + found.start() * CELL, found[0]
        if part[0] in SHAPES:
            middle, height = SHAPES[part[0]]
            shape = {"x": x, "y": baseline - middle - height / 2, "width": len(part) * CELL, "height": height}
            yield ET.Element("rect", {"class": kind, **{name: f"{value:g}" for name, value in shape.items()}})
            continue
        place = {"class": kind, "x": f"{x:g}", "y": f"{baseline:g}"}
        word = ET.Element("text", place if len(part) == 1 else {**place, "textLength": f"{len(part) * CELL:g}"})
        word.text = part
        yield word
