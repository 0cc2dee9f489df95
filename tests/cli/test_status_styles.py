"""One scale of colors for all commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import optimizationjob.cli
from optimizationjob.cli.status_styles import (
    ALERT_STYLES,
    ATTENTION,
    BAD,
    GOOD,
    HEALTH_STYLES,
    NEARNESS,
    STATUS_STYLES,
    VERDICT_STYLES,
)
from optimizationjob.telemetry.events import ALERT_TYPES

CLI = Path(optimizationjob.cli.__file__).parent


@pytest.mark.parametrize("status", ALERT_TYPES)
def test_an_event_has_the_color_of_the_status_it_reports(status):
    assert ALERT_STYLES[ALERT_TYPES[status]] == STATUS_STYLES[status.tag_value]


def test_each_table_uses_the_same_three_colors():
    for table in (STATUS_STYLES, HEALTH_STYLES, ALERT_STYLES, VERDICT_STYLES, dict(NEARNESS)):
        assert {style.split()[-1] for style in table.values()} == {GOOD, ATTENTION, BAD}


def test_no_other_table_names_a_color():
    tables = re.compile(r"^[A-Z_]*STYLES\b[^=]*= *\{[^}]*\"(?:green|yellow|red)", re.MULTILINE)
    assert [path.name for path in CLI.rglob("*.py") if tables.search(path.read_text())] == []
