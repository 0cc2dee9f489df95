"""Values that a shell completes: regions, profiles, statuses and names of assets. Nothing is asked over the network.

Each loads its library itself: a command must not wait for what only completion needs.
"""

from __future__ import annotations

from collections.abc import Iterable


def complete_region(incomplete: str) -> list[str]:
    """Return the regions that the AWS library lists for SageMaker."""
    from optimizationjob.config.region_patterns import listed_regions  # noqa: PLC0415 - see above

    return _starting(incomplete, listed_regions())


def complete_profile(incomplete: str) -> list[str]:
    """Return the profiles of the AWS configuration files."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see above
    from botocore.session import Session  # noqa: PLC0415 - see above

    try:
        return _starting(incomplete, Session().available_profiles)
    except (BotoCoreError, OSError, ValueError):
        # The command itself says what is wrong with the files.
        return []


def complete_status(incomplete: str) -> list[str]:
    """Return the statuses that `watch --status` takes."""
    from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES  # noqa: PLC0415 - see above

    return _starting(incomplete.lower(), STATUS_NAMES)


def complete_asset(incomplete: str) -> list[str]:
    """Return the names of dashboards, monitors and SLOs."""
    from optimizationjob.assets import asset_files  # noqa: PLC0415 - see above

    return _starting(incomplete, sorted({path.stem for _, path in asset_files.paths(asset_files.folder())}))


def _starting(incomplete: str, values: Iterable[str]) -> list[str]:
    return [value for value in values if value.startswith(incomplete)]
