"""Consoles of rich that let no text act on a terminal, and output in lines for a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from optimizationjob.cli.terminal_output import harmless_lines, unguarded

WIDEST: Final = 10_000
"""Line width without a terminal, so that nothing is cut off."""


class HarmlessConsole(Console):
    """A console that makes each piece of text harmless before it is styled; styles and the cursor are its own."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:  # noqa: ANN401 - those of rich's Console
        usual = {"highlight": False, "markup": False, "emoji": False, "file": self._stream(is_error=stderr)}
        super().__init__(stderr=stderr, **{**usual, **options})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render an object into segments of harmless text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=harmless_lines(segment.text))

    @staticmethod
    def _stream(*, is_error: bool) -> Any:  # noqa: ANN401 - a text file
        return unguarded(sys.stderr if is_error else sys.stdout)


def print_lines(renderable: RenderableType) -> None:
    """Print a renderable; without a terminal, lines are not wrapped and have no trailing spaces."""
    console = HarmlessConsole()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDEST
    with console.capture() as caught:
        console.print(renderable)
    console.file.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))
