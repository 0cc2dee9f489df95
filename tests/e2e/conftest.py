"""The events of an Agent."""

from __future__ import annotations

import pytest


@pytest.fixture
def agent_events(monkeypatch):
    """The events of `agent check`, which datadog-checks-dev does not hand to the aggregator."""
    from datadog_checks.dev.plugin import pytest as ddev_plugin  # noqa: PLC0415 - an Agent's libraries lack it

    events = []
    replay = ddev_plugin.replay_check_run

    def keep(collectors, *stubs):
        events.extend(event for one in collectors for event in one["aggregator"].get("events") or [])
        replay(collectors, *stubs)

    monkeypatch.setattr(ddev_plugin, "replay_check_run", keep)
    return events
