"""A preview of a day in which the check sent nothing, and a browser that draws nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.evaluation.recording import Recording
from tools.evaluation.simulated_day import Day
from tools.preview import draw_preview


@pytest.fixture
def short_day(monkeypatch):
    """A preview draws a day in which nothing was told: the tests of the evaluation have the real one."""
    start = datetime(2026, 11, 3, tzinfo=UTC)
    monkeypatch.setattr(draw_preview, "simulated_day", lambda: Day(Recording(), start, start + timedelta(hours=1), {}))


@pytest.fixture
def browser(tmp_path):
    """A folder with a browser that takes pictures of nothing."""
    folder = tmp_path / "browser"
    folder.mkdir()
    (folder / "chromium").write_text(
        '#!/bin/sh\nfor a in "$@"; do case "$a" in --screenshot=*) echo PNG > "${a#--screenshot=}";; esac; done\n'
    )
    (folder / "chromium").chmod(0o755)
    return folder
