"""The one table of which package versions bring what, and what those that are installed lack."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple

BASE: Final = "datadog-checks-base"
BOTOCORE: Final = "botocore"
PACKAGES: Final = ("boto3", BOTOCORE, BASE)


class Lack(NamedTuple):
    """What a package does not have before a version."""

    package: str
    since: str
    agent: str
    """The first Agent release that is known to bring this version."""
    what: str

    def __str__(self) -> str:
        return f"Agent {self.agent} ({self.package} {self.since}) for {self.what}"


OLDEST_BASE: Final = Lack(BASE, "36.13.0", "7.57", "this check")
# The first one that knows ListOptimizationJobs.
OLDEST_BOTOCORE: Final = Lack(BOTOCORE, "1.34.142", "7.57", "this check")
FLOORS: Final = (OLDEST_BASE, OLDEST_BOTOCORE)
SHARDING: Final = Lack(BOTOCORE, "1.35.68", "7.63", "the settings of model sharding")
INSTANCE_COUNT: Final = Lack(BOTOCORE, "1.41.2", "7.78", "MaxInstanceCount and speculative decoding")
TRAINING_PLANS: Final = Lack(BOTOCORE, "1.43.57", "7.85", "TrainingPlanArns")
SOURCE_RULE: Final = Lack(BASE, "37.33.0", "7.78", "the rule against untrusted sources of a configuration")
RECORDS: Final = Lack(BASE, "37.40.0", "7.81", "resource records")
ISSUES: Final = Lack(BASE, "38.3.0", "7.85", "the Agent's own list of issues")
LACKS: Final = (*FLOORS, SHARDING, INSTANCE_COUNT, SOURCE_RULE, RECORDS, TRAINING_PLANS, ISSUES)


def installed() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter; one that is not there is left out."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def lacks(found: Mapping[str, str]) -> tuple[Lack, ...]:
    """Return what is missing with these versions, the worst first; nothing is said of a package that is not there."""
    return tuple(lack for lack in LACKS if _is_older(found, lack))


def refusal(found: Mapping[str, str]) -> str:
    """Return in one line why the check cannot run with these versions at all; an empty string if it can."""
    missing = [lack for lack in lacks(found) if lack in FLOORS]
    if not missing:
        return ""
    needed = " and ".join(f"{lack.package} {lack.since}" for lack in missing)
    return f"optimizationjob needs Agent {OLDEST_BASE.agent} or newer, which has {needed}. This one: {listed(found)}"


def listed(found: Mapping[str, str]) -> str:
    """Return versions as a sentence."""
    return f"{', '.join(f'{package} {number}' for package, number in found.items())}."


def _is_older(found: Mapping[str, str], lack: Lack) -> bool:
    return lack.package in found and _numbers(found[lack.package]) < _numbers(lack.since)


def _numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version."""
    leading = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, leading[0].split("."))) if leading else ()
