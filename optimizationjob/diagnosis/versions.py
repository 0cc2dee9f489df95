"""Which versions the check runs with, and what an old one lacks."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple

from optimizationjob.diagnosis.finding import Finding, Verdict

PACKAGES: Final = ("boto3", "botocore", "datadog-checks-base")
OLDEST_BASE: Final = "37.36"


class Lack(NamedTuple):
    """What a package does not have before a version."""

    package: str
    since: str
    what: str


LACKS: Final = (
    Lack("boto3", "1.41.2", "MaxInstanceCount and speculative decoding"),
    Lack("boto3", "1.43.57", "TrainingPlanArns"),
    Lack("datadog-checks-base", "38.5", "resource records"),
)


def installed() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter; one that is not there is left out."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def versions_finding(found: Mapping[str, str]) -> Finding:
    """Judge versions."""
    text = f"{', '.join(f'{package} {number}' for package, number in found.items())}."
    lacks = [f"{lack.package} {lack.since} for {lack.what}" for lack in LACKS if _is_older(found, lack)]
    base = Lack("datadog-checks-base", OLDEST_BASE, "this check")
    if _is_older(found, base):
        verdict, lacks = Verdict.FAILURE, [f"{base.package} {base.since} for {base.what}", *lacks]
    else:
        verdict = Verdict.WARNING if lacks else Verdict.OK
    advice = f"Update the Agent. Needed: {'; '.join(lacks)}." if lacks else ""
    return Finding(name="versions", verdict=verdict, text=text, remedy=advice)


def _is_older(found: Mapping[str, str], lack: Lack) -> bool:
    return lack.package in found and _numbers(found[lack.package]) < _numbers(lack.since)


def _numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
