"""An examination of one instance against the simulator."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import SUBJECTS, Finding, Verdict, examine

ACCOUNT, EAST = "111111111111", "us-east-1"
SECRET_KEY = "wJalrXUtnFEMI-planted-secret-key"


@dataclass(frozen=True)
class Reported:
    """What one examination found, and the calls that the simulator saw meanwhile."""

    findings: tuple[Finding, ...]
    calls: int

    def one(self, name, region=None):
        """The finding of a name, or that of a region."""
        (found,) = [f for f in self.findings if f.name == name and (region is None or f.region == region)]
        return found

    def names(self, verdict):
        return [f.name for f in self.findings if f.verdict == verdict]

    @property
    def failures(self):
        return self.names("failure")

    @property
    def warnings(self):
        """But for that of old packages, which tests/agent/test_versions.py looks at."""
        return [name for name in self.names("warning") if name != "versions"]


@pytest.fixture
def usual(simulator):
    return {
        "regions": [EAST],
        "aws_access_key_id": f"AKIA{ACCOUNT}",
        "aws_secret_access_key": SECRET_KEY,
        "endpoint_url": simulator.url,
        "min_collection_interval": 60,
        "api_burst": 100,
    }


@pytest.fixture
def look(simulator, clock, usual):
    """Examine the usual instance; options override its own, None takes one away."""

    def look_once(at=None, **options):
        given = {key: value for key, value in {**usual, **options}.items() if value is not None}
        simulator.clear_calls()
        reported = Reported(examine(Settings.from_mapping(given), at or clock), len(simulator.calls))
        close(reported)
        return reported

    return look_once


def close(reported):
    """What is true of every finding."""
    for finding in reported.findings:
        assert finding.name in SUBJECTS
        assert bool(finding.remedy) is (finding.verdict is not Verdict.OK), finding
        assert "\n" not in finding.text + finding.cause + finding.remedy
        assert finding.text.endswith(".")
        assert ".." not in finding.text


@pytest.fixture
def job(simulator):
    return simulator.put_job(ACCOUNT, EAST, "one", tags={"team": "ml"})
