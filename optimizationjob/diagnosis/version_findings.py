"""Finding about package versions."""

from __future__ import annotations

from collections.abc import Mapping

from optimizationjob.diagnosis.finding import Finding, Verdict
from optimizationjob.package_versions import lacks, listed, refusal


def versions_finding(found: Mapping[str, str]) -> Finding:
    """Return the finding for the installed versions."""
    missing = lacks(found)
    verdict = Verdict.WARNING if missing else Verdict.OK
    if refusal(found):
        verdict = Verdict.FAILURE
    advice = f"Update the Agent. Needed: {'; '.join(map(str, missing))}." if missing else ""
    return Finding(name="versions", verdict=verdict, text=listed(found), remedy=advice)
