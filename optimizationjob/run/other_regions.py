"""Whether what a region lacks costs the other regions nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from optimizationjob.aws.errors import Unsupported


def are_others_well(region: str, errors: Mapping[str, BaseException | None]) -> bool:
    """Return whether there are other regions and they can be listed, but for those that are closed to the account.

    Args:
        region: the region that they are compared with.
        errors: why each region of the instance cannot be listed; None where it can.
    """
    others = [error for name, error in errors.items() if name != region]
    return None in others and all(error is None or isinstance(error, Unsupported) for error in others)
