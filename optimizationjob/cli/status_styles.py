"""The colors of all commands, in one table: a state has the same one wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from optimizationjob.diagnosis import Verdict
from optimizationjob.telemetry.signals import AlertType, ServiceCheckStatus

GOOD, ATTENTION, BAD = "green", "yellow", "red"
"""Nothing else is colored by its state."""

STATUS_STYLES: Final[Mapping[str, str]] = {
    "completed": GOOD,
    "failed": BAD,
    "stopped": ATTENTION,
    "stopping": ATTENTION,
    "deleted": ATTENTION,
}
"""Of a job, by the value of its tag; an active job has none."""

HEALTH_STYLES: Final[Mapping[ServiceCheckStatus, str]] = {
    ServiceCheckStatus.OK: GOOD,
    ServiceCheckStatus.WARNING: ATTENTION,
    ServiceCheckStatus.CRITICAL: BAD,
}
ALERT_STYLES: Final[Mapping[AlertType, str]] = {"success": GOOD, "warning": ATTENTION, "error": BAD}
"""Of an event, which has that of the status it reports."""

VERDICT_STYLES: Final[Mapping[Verdict, str]] = {
    Verdict.OK: GOOD,
    Verdict.WARNING: ATTENTION,
    Verdict.FAILURE: f"bold {BAD}",
}
NEARNESS: Final = ((90.0, BAD), (80.0, ATTENTION), (0.0, GOOD))
"""From which share of its limit on a job has which, in percent."""
