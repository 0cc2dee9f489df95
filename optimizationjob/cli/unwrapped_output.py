"""Prints rich output to a terminal or a pipe; lines in a pipe are not wrapped."""

from __future__ import annotations

import os
from typing import Final

from rich.console import Console, RenderableType

WIDEST: Final = 10_000
"""Line width without a terminal, so that nothing is cut off."""


def print_lines(renderable: RenderableType) -> None:
    """Print a renderable; without a terminal, lines are not wrapped and have no trailing spaces."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDEST
    with console.capture() as caught:
        console.print(renderable)
    console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))
