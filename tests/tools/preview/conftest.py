"""A preview of an empty day, and a fake browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tools.evaluation.recording import Recording
from tools.evaluation.simulated_day import Day
from tools.preview import draw_preview


@pytest.fixture
def short_day(monkeypatch):
    """Replace the simulated day with an empty one; the evaluation tests use the real day."""
    start = datetime(2026, 11, 3, tzinfo=UTC)
    monkeypatch.setattr(draw_preview, "simulated_day", lambda: Day(Recording(), start, start + timedelta(hours=1), {}))


@pytest.fixture
def browser(tmp_path):
    """A folder with a fake browser that writes empty pictures."""
    folder = tmp_path / "browser"
    folder.mkdir()
    (folder / "chromium").write_text(
        '#!/bin/sh\nfor a in "$@"; do case "$a" in --screenshot=*) echo PNG > "${a#--screenshot=}";; esac; done\n'
    )
    (folder / "chromium").chmod(0o755)
    return folder
