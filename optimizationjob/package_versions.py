"""Which versions of the packages that matter there are, and what an old one lacks."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple

PACKAGES: Final = ("boto3", "botocore", "datadog-checks-base")


class Lack(NamedTuple):
    """What a package does not have before a version."""

    package: str
    since: str
    what: str

    def __str__(self) -> str:
        return f"{self.package} {self.since} for {self.what}"


OLDEST_BASE: Final = Lack("datadog-checks-base", "37.36", "this check")
LACKS: Final = (
    OLDEST_BASE,
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


def lacks(found: Mapping[str, str]) -> tuple[Lack, ...]:
    """Return what is missing with these versions, the worst first; nothing is said of a package that is not there."""
    return tuple(lack for lack in LACKS if _is_older(found, lack))


def listed(found: Mapping[str, str]) -> str:
    """Return versions as a sentence."""
    return f"{', '.join(f'{package} {number}' for package, number in found.items())}."


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
