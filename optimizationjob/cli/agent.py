"""The real check, run outside an Agent: what it would send is taken from the base package's stand-in for the Agent.

The only file of the console script that knows Datadog's package.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datadog_checks.base.stubs import aggregator
from datadog_checks.base.utils.genresources import GENRESOURCES_TRACK, GenericResourceEvent

from datadog_checks.optimizationjob import OptimizationJobCheck
from optimizationjob.cli.delivery import Delivery
from optimizationjob.clock import Clock
from optimizationjob.telemetry.metrics import NAMESPACE
from optimizationjob.telemetry.signals import Event, Health, HealthStatus, Sample

GENERIC_TAGS_ALLOWED = "DDEV_SKIP_GENERIC_TAGS_CHECK"
SERVICE_CHECK = f"{NAMESPACE}.can_connect"
STATUSES = (HealthStatus.OK, HealthStatus.WARNING, HealthStatus.CRITICAL)
"""By the Agent's numbers."""


class LoneCheck:
    """One instance of the check without an Agent.

    The stand-in takes what all checks of the process send, so only one may run at a time.

    Args:
        instance: its configuration.
        clock: what it takes for the time.
    """

    def __init__(self, instance: Mapping[str, Any], clock: Clock) -> None:
        digest = hashlib.sha256(json.dumps(dict(instance), sort_keys=True, default=str).encode()).hexdigest()
        self._check = OptimizationJobCheck(NAMESPACE, {}, [dict(instance)])
        self._check.check_id = f"{NAMESPACE}:{digest[:16]}"
        self._check.clock = clock

    def run(self) -> Delivery:
        """Run the check once and return what it sent."""
        aggregator.reset()
        try:
            with _generic_tags():
                report = self._check.run()
            return _delivery(json.loads(report)[0]["message"] if report else "")
        finally:
            aggregator.reset()

    def cancel(self) -> None:
        """Let no further call to AWS start; may be called from any thread."""
        self._check.cancel()


@contextmanager
def _generic_tags() -> Iterator[None]:
    """Allow tags such as `env` for a while: the stand-in refuses them of its own account, an Agent does not."""
    before = os.environ.get(GENERIC_TAGS_ALLOWED)
    os.environ[GENERIC_TAGS_ALLOWED] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[GENERIC_TAGS_ALLOWED]
        else:
            os.environ[GENERIC_TAGS_ALLOWED] = before


def _delivery(error: str) -> Delivery:
    return Delivery(
        samples=tuple(_sample(stub) for name in aggregator.metric_names for stub in aggregator.metrics(name)),
        events=tuple(_event(sent) for sent in aggregator.events),
        healths=tuple(_health(stub) for stub in aggregator.service_checks(SERVICE_CHECK)),
        records=tuple(
            GenericResourceEvent.FromString(sent).resource.key
            for sent in aggregator.get_event_platform_events(GENRESOURCES_TRACK, parse_json=False)
        ),
        error=error,
    )


def _sample(stub: Any) -> Sample:  # noqa: ANN401 - the stand-in has no types
    kind = aggregator.METRIC_ENUM_MAP_REV[stub.type]
    return Sample(stub.name.removeprefix(f"{NAMESPACE}."), kind, float(stub.value), tuple(stub.tags))


def _health(stub: Any) -> Health:  # noqa: ANN401 - the stand-in has no types
    return Health(status=STATUSES[stub.status], tags=tuple(stub.tags), message=stub.message or "")


def _event(sent: Mapping[str, Any]) -> Event:
    return Event(
        event_type=sent["event_type"],
        alert_type=sent["alert_type"],
        title=sent["msg_title"],
        text=sent["msg_text"],
        timestamp=sent["timestamp"],
        aggregation_key=sent["aggregation_key"],
        tags=tuple(sent["tags"]),
    )
