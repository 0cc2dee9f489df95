"""One check against a simulated AWS whose answers somebody tampers with, and what must hold whatever they hold."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
from optimizationjob.simulator import ManualClock, Simulator
from tests.versions import resources

# A run of the check takes a while: a fifth of the examples that a profile plays of other properties.
whole_runs = settings(
    max_examples=max(1, settings.default.max_examples // 5), deadline=None, suppress_health_check=list(HealthCheck)
)

ACCOUNT, REGION = "111111111111", "us-east-1"
T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
GOOD, BAD = "good", ("bad-0", "bad-1", "bad-2")

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "\ud800",
            "a\x00b",
            "x" * 5000,
            "x" * 70_000,
            "@all {{#is_alert}} %%%\n```",
            "a,region:eu-west-1|b",
            "\u202e\u200b",
            "NaN",
            "SDK_UNKNOWN_MEMBER",
            "COMPLETED",
            "2026-11-02T12:00:00Z",
            "99999-01-01T00:00:00Z",
        ]
    ),
)
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**30, 1e308, -1e308, math.nan, math.inf, 1.7e9, 253402300800]),
)
scalars = st.none() | st.booleans() | numbers | texts
shapes = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def deep(levels: int = 500) -> Any:
    """Return a list in a list, and so on."""
    inner: Any = "x"
    for _ in range(levels):
        inner = [inner]
    return inner


class World:
    """One good job that failed, three others, and a check that watches them."""

    def __init__(self) -> None:
        self.clock = ManualClock(T0)
        self.simulator = Simulator(clock=self.clock, check_model=True)
        self.simulator.start()
        self.clients: dict[tuple[str, str], Any] = {}
        agent_stub.reset()
        for name in (GOOD, *BAD):
            self.simulator.put_job(
                ACCOUNT,
                REGION,
                name,
                status="FAILED",
                fill="everything",
                created_at=T0 - timedelta(minutes=9),
                started_at=T0 - timedelta(minutes=8),
                ended_at=T0 - timedelta(minutes=1),
                failure_reason="CapacityError: none left",
                tags={"team": "ml"},
            )

    def check(self) -> OptimizationJobCheck:
        """Return a check that knows nothing but the persistent cache, and the clients: they take longest to make."""
        instance = {
            "regions": [REGION],
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": "simulated-secret",
            "endpoint_url": self.simulator.url,
            "min_collection_interval": 60,
            "environment_values": True,
            "group_by_tags": ["team"],
            "event_statuses": ["STARTING", "INPROGRESS", "STOPPING", "COMPLETED", "FAILED", "STOPPED", "DELETED"],
            # The clock moves while calls are paid for or tried again: not so far that the jobs are history.
            "api_rate_limit": 100_000,
            "event_lookback": 6 * 86_400,
        }
        check = OptimizationJobCheck("optimizationjob", {}, [instance])
        check.check_id = "optimizationjob:hostile"
        check.clock = self.clock
        initialize(check)
        clients = check._runs._context.session._credentials.clients._clients
        clients.update(self.clients)
        self.clients = clients
        return check


def initialize(check: OptimizationJobCheck) -> None:
    """Do what comes before the first run of a check; older base packages do it within that run only."""
    while check.check_initializations:
        check.check_initializations.popleft()()


@cache
def world() -> World:
    """Return the one world; each example begins with the same one."""
    return World()


@contextmanager
def tampered(change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Iterator[World]:
    """Give the world with answers changed, and nothing remembered."""
    agent_stub.reset()
    here = world()
    here.simulator.tamper(change)
    try:
        yield here
    finally:
        here.simulator.clear_tampers()
    assert here.simulator.breaches == []


def run(check: OptimizationJobCheck) -> dict[str, Any]:
    """Run once; nothing may break, and all that leaves is valid. Return titles, records and health."""
    stub.reset()
    error = check.run()
    assert error == "", error
    valid()
    (health,) = stub.service_checks("optimizationjob.can_connect")
    return {
        "titles": [event["msg_title"] for event in stub.events],
        "health": int(health.status),
        "jobs": [metric.value for metric in stub.metrics("optimizationjob.jobs")],
    }


def valid() -> None:
    """What leaves is what Datadog takes."""
    for name in stub.metric_names:
        for metric in stub.metrics(name):
            assert math.isfinite(metric.value)
            valid_tags(metric.tags)
    for event in stub.events:
        assert len(event["msg_text"]) <= 4000
        assert len(event["msg_title"]) <= 100
        assert len(event["aggregation_key"]) <= 100
        assert 0 < event["timestamp"] < 2**32
        valid_tags(event["tags"])
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    for found in stub.service_checks("optimizationjob.can_connect"):
        valid_tags(found.tags)
        (found.message or "").encode()
    for resource in resources():
        fields = json.loads(resource.fields_json, parse_constant=lambda word: 1 / 0)
        json.dumps(fields, ensure_ascii=False).encode()
        assert len(resource.fields_json) <= 1_000_000


def valid_tags(tags: list[str]) -> None:
    """Each within Datadog's limit, printable, and once."""
    assert len(set(tags)) == len(tags)
    for tag in tags:
        assert len(tag) <= 200
        assert tag.isprintable()
        assert not set(tag) & set(",|")
