"""Renders the dashboards as a page and as pictures, with the data of a simulated day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from optimizationjob.assets.asset_files import Asset
from optimizationjob.cli.assets.asset_export import write_text
from optimizationjob.cli.command_failure import CommandFailed
from tools.evaluation.simulated_day import simulated_day
from tools.preview.dashboard_pictures import NoPicture, take_picture
from tools.preview.preview_page import page

FIRST: Final = "optimizationjob_overview"
TOP_GROUPS: Final = 2


def draw(assets: Sequence[Asset], output: Path, pictures: Path | None) -> Iterator[Path]:
    """Write the page and, if `pictures` is set, a picture of each dashboard; yield each file once it is written.

    Raises:
        CommandFailed: a picture could not be taken.
    """
    dashboards = [asset for asset in assets if asset.kind == "dashboard"]
    dashboards.sort(key=lambda dashboard: dashboard.name != FIRST)
    _say("Simulating a day of the check, which takes half a minute.")
    day = simulated_day()
    span = (day.start, day.end)
    text = page([dashboard.body for dashboard in dashboards], day.recording, span)
    write_text(output, text)
    yield output
    if pictures is None:
        return
    pictures.mkdir(parents=True, exist_ok=True)
    for dashboard in dashboards:
        # The first groups of the first dashboard are for a page that has other things to show, too.
        for end, groups in (("", None), *((("_top", TOP_GROUPS),) if dashboard.name == FIRST else ())):
            target = pictures / f"{dashboard.name}{end}.png"
            _say(f"Taking a picture of {dashboard.title}.")
            try:
                take_picture(dashboard.body, day.recording, span, target, groups=groups)
            except NoPicture as failure:
                raise CommandFailed(f"{failure}; the page was written") from failure
            yield target


def _say(words: str) -> None:
    typer.echo(words, err=True)
