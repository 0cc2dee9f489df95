"""Submits findings to the Agent's diagnosis. No decision is taken here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optimizationjob.config.settings import SettingsError
from optimizationjob.diagnosis import SUBJECTS, Options, Verdict, examine, option_findings, refused_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from datadog_checks.base.utils.diagnose import Diagnosis
    from optimizationjob.clock import Clock
    from optimizationjob.config.settings import Settings

CATEGORY: Final = "optimizationjob"


def diagnose(diagnosis: Diagnosis, settings: Callable[[], Settings], given: Options, clock: Clock) -> None:
    """Examine the instance and submit the findings."""
    try:
        findings = examine(settings(), clock, given=given)
    except SettingsError as error:
        findings = (*option_findings(given), refused_settings(error))
    submit = {
        Verdict.OK: diagnosis.success,
        Verdict.WARNING: diagnosis.warning,
        Verdict.FAILURE: diagnosis.fail,
    }
    for finding in findings:
        where = " ".join(filter(None, (finding.account, finding.region)))
        submit[finding.verdict](
            finding.name,
            f"{where}: {finding.text}" if where else finding.text,
            category=CATEGORY,
            description=SUBJECTS[finding.name],
            remediation=finding.remedy or None,
            rawerror=finding.cause or None,
        )
