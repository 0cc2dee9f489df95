"""A real Agent, with the check installed in it, watches a simulated AWS that runs next to it.

ddev brings both: `ddev env test optimizationjob py3.13`. Elsewhere this is left out.
"""

from __future__ import annotations

import pytest

from tests.e2e.expected import PAUSE_SECONDS, RUNS, assert_reported


@pytest.mark.e2e
def test_an_agent_reports_what_happens(dd_agent_check, agent_events):
    from datadog_checks.dev.utils import get_metadata_metrics  # noqa: PLC0415 - an Agent's libraries lack it

    aggregator = dd_agent_check(times=RUNS, pause=PAUSE_SECONDS * 1000)
    assert_reported(aggregator, agent_events)
    aggregator.assert_metrics_using_metadata(get_metadata_metrics())
