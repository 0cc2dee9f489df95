"""Screenshots of dashboards, taken by a headless browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.evaluation.recording import Recording
from tools.evaluation.widget_data import Definition
from tools.preview.charts import Span
from tools.preview.preview_page import page
from tools.preview.widget_html import PAGE_WIDTHS, ROW_HEIGHT

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HEAD: Final = 150
"""Height above the first group, in pixels."""
SECONDS: Final = 120


class NoPicture(Exception):
    """A screenshot failed; the message is one line."""


def take_picture(
    dashboard: Definition, recording: Recording, span: Span, target: Path, *, groups: int | None = None
) -> None:
    """Write a dashboard as a PNG file of its full size.

    Args:
        dashboard: the dashboard.
        recording: the data of its widgets.
        span: the time span they show.
        target: the file.
        groups: how many groups to show, from the top; all if None.

    Raises:
        NoPicture: there is no browser, or it failed; the target is unchanged.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoPicture(f"pictures require a browser; found none of {', '.join(BROWSERS)}")
    shown = dashboard["widgets"][:groups]
    rows = max(widget["layout"]["y"] + widget["layout"]["height"] for widget in shown)
    size = f"{PAGE_WIDTHS['wide']},{rows * ROW_HEIGHT + HEAD}"
    with TemporaryDirectory() as folder:
        source, taken = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page([dashboard], recording, span), encoding="utf-8")
        command = [browser, "--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars"]
        command += [f"--window-size={size}", f"--screenshot={taken}", source.as_uri()]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - a browser found on PATH and our own files
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise NoPicture(f"{browser} failed to take a picture: {failure}") from failure
        if ended.returncode or not taken.exists():
            last = (ended.stderr.strip().splitlines() or ["no error output"])[-1]
            raise NoPicture(f"{browser} failed to take a picture: {last}")
        shutil.copyfile(taken, target)
