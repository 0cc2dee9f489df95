"""Printing where a terminal may look or not."""

from __future__ import annotations

import os
from typing import Final

from rich.console import Console, RenderableType

WIDEST: Final = 10_000
"""How wide a line may be where nobody looks at it in a terminal: nothing is cut off."""


def print_lines(renderable: RenderableType) -> None:
    """Print something; where nobody looks at it in a terminal, no line is broken, and none ends in spaces."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDEST
    with console.capture() as caught:
        console.print(renderable)
    console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))
