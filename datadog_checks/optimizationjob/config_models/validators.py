"""Lets the domain judge raw values first, so that the Agent's error names the option, the value and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED_OPTIONS = ("proxy", "skip_proxy", "service")
"""Options of init_config that an instance has, too."""


def initialize_instance(values: Mapping[str, Any], **_: object) -> Mapping[str, Any]:
    """Refuse an instance with a wrong value; the generated model calls this before it looks at anything.

    Returns:
        The values in a form that the generated model takes, too: it reads numbers and booleans in text, but no list.

    Raises:
        ValueError: The text of the domain's SettingsError.
    """
    try:
        settings = Settings.from_mapping(values)
        if settings.regions:  # boto3's own region is looked up later, with its session
            resolve_regions(settings.regions, default=None)
    except SettingsError as error:
        raise ValueError(str(error)) from None
    if settings.proxy and isinstance(values["proxy"].get("no_proxy"), str):
        return {**values, "proxy": {**values["proxy"], "no_proxy": settings.proxy.no_proxy}}
    return values


def initialize_shared(values: Mapping[str, Any], **_: object) -> Mapping[str, Any]:
    """Refuse an init_config with a wrong value in what instances take over from it.

    Returns:
        The values in a form that the generated model takes, too.

    Raises:
        ValueError: The text of the domain's SettingsError.
    """
    return {**values, **initialize_instance({name: values[name] for name in SHARED_OPTIONS if name in values})}
