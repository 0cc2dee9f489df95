"""Findings -> the Agent's diagnosis. No decision is taken here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optimizationjob.diagnosis import SUBJECTS, Finding, Verdict, examine
from optimizationjob.settings import SettingsError

if TYPE_CHECKING:
    from .check import OptimizationJobCheck

CATEGORY: Final = "optimizationjob"


def diagnose(check: OptimizationJobCheck) -> None:
    """Examine the instance of a check and tell the Agent what was found."""
    try:
        findings = examine(check.settings(), check.clock)
    except SettingsError as error:
        findings = (Finding(name="configuration", verdict=Verdict.FAILURE, text=str(error), remedy=error.allowed),)
    tell = {
        Verdict.OK: check.diagnosis.success,
        Verdict.WARNING: check.diagnosis.warning,
        Verdict.FAILURE: check.diagnosis.fail,
    }
    for finding in findings:
        where = " ".join(filter(None, (finding.account, finding.region)))
        tell[finding.verdict](
            finding.name,
            f"{where}: {finding.text}" if where else finding.text,
            category=CATEGORY,
            description=SUBJECTS[finding.name],
            remediation=finding.remedy or None,
            rawerror=finding.cause or None,
        )
