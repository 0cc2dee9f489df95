"""Runs of the check as a JSON document. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import datetime
from typing import Any, Final

from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import Sample, ServiceCheckStatus

VERSION: Final = 1
"""Incremented when a member is removed or changes its meaning, not when one is added."""
CALLS: Final = "api.calls"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one instance.

    Attributes:
        instance: number of the instance in the configuration, starting at 1.
        started_at: start time of the run.
        seconds: duration of the run.
        delivery: what the run submitted.
    """

    instance: int
    started_at: datetime
    seconds: float
    delivery: Delivery

    @property
    def is_well(self) -> bool:
        """Whether the run succeeded and no service check is CRITICAL."""
        return not self.delivery.error and all(
            sent.status != ServiceCheckStatus.CRITICAL for sent in self.delivery.healths
        )


@dataclass(frozen=True, slots=True)
class CallTotals:
    """The number of calls of an operation with one outcome."""

    account: str
    region: str
    operation: str
    outcome: str
    number: int


def calls(samples: Iterable[Sample]) -> list[CallTotals]:
    """Return the calls to AWS that a run reports."""
    found = (
        CallTotals(
            account=tag_of(sent.tags, "aws_account"),
            region=tag_of(sent.tags, "region"),
            operation=tag_of(sent.tags, "operation"),
            outcome=tag_of(sent.tags, "outcome"),
            number=int(sent.value),
        )
        for sent in samples
        if sent.name == CALLS
    )
    return sorted(found, key=astuple)


def document(runs: Sequence[Run]) -> dict[str, Any]:
    """Return all runs grouped by instance."""
    numbers = dict.fromkeys(run.instance for run in runs)
    return {
        "version": VERSION,
        "instances": [
            {"number": number, "runs": [_run(run) for run in runs if run.instance == number]} for number in numbers
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    sent = run.delivery
    return {
        "begun_at": run.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(run.seconds, 3),
        "error": sent.error or None,
        "warnings": list(sent.warnings),
        "service_checks": [asdict(health) for health in sent.healths],
        "metrics": [
            asdict(replace(sample, name=f"{NAMESPACE}.{sample.name}"))
            for sample in sorted(sent.samples, key=lambda one: (one.name, one.tags))
        ],
        "events": [asdict(event) for event in sent.events],
        "issues": [dict(issue) for issue in sent.issues],
        "records": [
            {"key": key, "fields": dict(fields)} for key, fields in zip(sent.records, sent.fields, strict=True)
        ],
        "calls": [asdict(row) for row in calls(sent.samples)],
    }
