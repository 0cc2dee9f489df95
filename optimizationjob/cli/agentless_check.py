"""Runs the real check without an Agent and collects what it submits from the base package's aggregator stub.

This is the only module of the console script that imports Datadog's package.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from datadog_checks.base.stubs import aggregator
from datadog_checks.optimizationjob import OptimizationJobCheck
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.clock import Clock
from optimizationjob.run.region_run import Observer, no_observer
from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck, ServiceCheckStatus

GENERIC_TAGS_ALLOWED = "DDEV_SKIP_GENERIC_TAGS_CHECK"
SERVICE_CHECK = f"{NAMESPACE}.can_connect"
STATUSES = (ServiceCheckStatus.OK, ServiceCheckStatus.WARNING, ServiceCheckStatus.CRITICAL)
"""Indexed by the Agent's status codes."""
MISCONFIGURED = re.compile(r"^(?:[\w.]+\.)?ConfigurationError:", re.MULTILINE)
"""The line of a traceback that names a configuration error."""


class AgentlessCheck:
    """One instance of the check without an Agent.

    All checks of the process share the stub, so only one may run at a time.

    Args:
        instance: the instance configuration.
        clock: the time.
        init_config: the configuration shared by all instances.
    """

    def __init__(
        self, instance: Mapping[str, Any], clock: Clock, *, init_config: Mapping[str, Any] | None = None
    ) -> None:
        digest = hashlib.sha256(json.dumps(dict(instance), sort_keys=True, default=str).encode()).hexdigest()
        self._check = OptimizationJobCheck(NAMESPACE, dict(init_config or {}), [dict(instance)])
        self._check.check_id = f"{NAMESPACE}:{digest[:16]}"
        self._check.clock = clock
        self._issues: list[Mapping[str, object]] = []
        # The stub does not expose issues.
        self._check.report_issue = lambda **issue: self._issues.append(issue)
        self._check.resolve_issue = lambda _: None

    def run(self, observer: Observer = no_observer) -> Delivery:
        """Run the check once, with snapshots for an observer, and return what it submitted."""
        self._check.observer = observer
        aggregator.reset()
        self._issues.clear()
        try:
            with _generic_tags(), _logged(self._check.sanitize) as logged:
                report = self._check.run()
            sent = _delivery(report, (*self._check.get_warnings(), *logged))
            return replace(sent, issues=tuple(self._issues))
        finally:
            aggregator.reset()

    def cancel(self) -> None:
        """Stop further calls to AWS; safe to call from any thread."""
        self._check.cancel()


@contextmanager
def _generic_tags() -> Iterator[None]:
    """Temporarily allow tags such as `env`, which the stub rejects and an Agent accepts."""
    before = os.environ.get(GENERIC_TAGS_ALLOWED)
    os.environ[GENERIC_TAGS_ALLOWED] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[GENERIC_TAGS_ALLOWED]
        else:
            os.environ[GENERIC_TAGS_ALLOWED] = before


@contextmanager
def _logged(sanitize: Callable[[str], str]) -> Iterator[list[str]]:
    """Collect log lines at WARNING and above, which would otherwise go to standard error."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    # Only the message, which includes the next step; no traceback.
    handler.emit = lambda record: lines.append(sanitize(record.getMessage()))  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)


def _delivery(report: str, warnings: tuple[str, ...]) -> Delivery:
    """Return what the stub collected and, if the run failed, its error."""
    failure = json.loads(report)[0] if report else {"message": "", "traceback": ""}
    sent = _resources()
    return Delivery(
        samples=tuple(_sample(stub) for name in aggregator.metric_names for stub in aggregator.metrics(name)),
        events=tuple(_event(sent) for sent in aggregator.events),
        healths=tuple(_health(stub) for stub in aggregator.service_checks(SERVICE_CHECK)),
        records=tuple(resource.key for resource in sent),
        fields=tuple(json.loads(resource.fields_json) for resource in sent),
        warnings=tuple(dict.fromkeys(" ".join(line.split()) for line in warnings)),
        error=" ".join(failure["message"].split()),
        is_misconfigured=MISCONFIGURED.search(failure["traceback"]) is not None,
    )


def _resources() -> list[Any]:
    """Return the resource records of the stub; base packages before 37.40 do not support them."""
    try:
        from datadog_checks.base.utils import genresources  # noqa: PLC0415 - see above
    except ImportError:
        return []
    payloads = aggregator.get_event_platform_events(genresources.GENRESOURCES_TRACK, parse_json=False)
    return [genresources.GenericResourceEvent.FromString(payload).resource for payload in payloads]


def _sample(stub: Any) -> Sample:  # noqa: ANN401 - the stub has no types
    kind = aggregator.METRIC_ENUM_MAP_REV[stub.type]
    return Sample(stub.name.removeprefix(f"{NAMESPACE}."), kind, float(stub.value), tuple(stub.tags))


def _health(stub: Any) -> ServiceCheck:  # noqa: ANN401 - the stub has no types
    return ServiceCheck(status=STATUSES[stub.status], tags=tuple(stub.tags), message=stub.message or "")


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
