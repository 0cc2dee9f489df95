"""Expands region names and patterns to the regions of one partition, with botocore's tables."""

from __future__ import annotations

import difflib
import fnmatch
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from botocore.loaders import create_loader
from botocore.regions import EndpointResolver

from optimizationjob.config.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY = "regions"
_SAGEMAKER = "api.sagemaker"
"""The service's name in botocore's table of endpoints."""
_PATTERN = re.compile(r"[a-z0-9-]*[*?][a-z0-9*?-]*")


class _Partition(NamedTuple):
    name: str
    fits: re.Pattern[str]
    regions: tuple[str, ...]


@cache
def _partitions() -> tuple[_Partition, ...]:
    """Return botocore's partitions in its order, each with the regions it lists for SageMaker.

    The loader is asked directly, since a botocore session fails where AWS_PROFILE names no profile.
    """
    endpoints = create_loader().load_data("endpoints")
    resolver = EndpointResolver(endpoints)
    return tuple(
        _Partition(
            name=partition["partition"],
            fits=re.compile(partition["regionRegex"], re.ASCII),
            regions=tuple(resolver.get_available_endpoints(_SAGEMAKER, partition["partition"])),
        )
        for partition in endpoints["partitions"]
    )


def partition_of(region: str) -> str:
    """Return the partition (`aws`, `aws-cn`, ...) whose pattern the name of a region fits, known or new.

    Raises:
        SettingsError: No partition has such names.
    """
    for partition in _partitions():
        if partition.fits.fullmatch(region):
            return partition.name
    close = difflib.get_close_matches(region.strip().lower().replace("_", "-"), listed_regions())
    hint = f" (close: {', '.join(close)})" if close else ""
    raise SettingsError(_KEY, region, f"give names of AWS regions, or patterns such as us-*{hint}", is_item=True)


def listed_regions() -> tuple[str, ...]:
    """Return the regions that botocore lists for SageMaker, of all partitions."""
    return tuple(region for partition in _partitions() for region in partition.regions)


def is_listed(region: str) -> bool:
    """Whether botocore's table lists SageMaker in a region; otherwise the region is new or misspelled."""
    return region in listed_regions()


def resolve_regions(wanted: Sequence[str], default: str | None) -> tuple[str, ...]:
    """Return the regions to poll, in the given order and without duplicates; patterns are expanded.

    A name is taken where it fits a partition's pattern, so a region newer than botocore is, too. A pattern (`*`, `?`)
    is expanded within the partition of the names next to it; without names, within the first in which it matches.

    Args:
        wanted: Names and patterns; empty for the default.
        default: The region that boto3 resolves from the environment and its files, if any.

    Raises:
        SettingsError: An unknown name, a pattern that matches nothing, regions of two partitions, or no region at all.
    """
    if not wanted:
        if not default:
            raise SettingsError(_KEY, None, "give at least one region, on the command line --region, or set AWS_REGION")
        wanted = (default,)
    home = next((partition_of(name) for name in wanted if not _is_pattern(name)), None)
    regions = list(dict.fromkeys(region for name in wanted for region in _expanded(name, home)))
    partitions = list(dict.fromkeys(map(partition_of, regions)))
    if len(partitions) > 1:
        allowed = f"give regions of one partition an instance, not of {' and '.join(partitions)}"
        raise SettingsError(_KEY, regions, allowed)
    return tuple(regions)


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _expanded(name: str, home: str | None) -> tuple[str, ...]:
    if not _is_pattern(name):
        return (name,)
    if _PATTERN.fullmatch(name):
        for partition in _partitions():
            matching = tuple(fnmatch.filter(partition.regions, name))
            if matching and home in (None, partition.name):
                return matching
    where = f" of partition {home}" if home else ""
    raise SettingsError(_KEY, name, f"give a pattern that matches a region{where} which botocore lists", is_item=True)
