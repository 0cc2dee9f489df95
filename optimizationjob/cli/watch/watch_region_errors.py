"""Which regions cannot be read, why, and what somebody at a terminal can do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.aws.errors import AwsError, CredentialsError, Unreachable
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.cli.watch.watch_picture import Picture, RegionPicture
from optimizationjob.telemetry.signals import ServiceCheckStatus

ADVICE: Final[Mapping[type[AwsError], str]] = {
    CredentialsError: "Give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in anew.",
    Unreachable: "Check the network, the proxy and --endpoint-url.",
}
"""Where the Agent's advice is not for a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with some regions."""

    regions: tuple[str, ...]
    is_unread: bool
    """Whether nothing could be read, rather than not all."""
    words: str
    """The cause and what to do, fit to be shown."""

    def __str__(self) -> str:
        what = "cannot be read" if self.is_unread else "not read in full"
        return f"{', '.join(self.regions)} {what}: {self.words}"


def troubles(picture: Picture) -> tuple[Trouble, ...]:
    """Return what is wrong, the worst first; the same cause in several regions is told once."""
    regions: dict[tuple[bool, str], list[str]] = {}
    for name, region in sorted(picture.regions.items()):
        if not region.is_well:
            regions.setdefault((region.is_unread, _words(region)), []).append(name)
    found = (Trouble(regions=tuple(names), is_unread=bad, words=words) for (bad, words), names in regions.items())
    return tuple(sorted(found, key=lambda trouble: not trouble.is_unread))


def _words(region: RegionPicture) -> str:
    error = region.error
    if error is not None and type(error) in ADVICE:
        return harmless(f"{error.cause.rstrip('.')}. {ADVICE[type(error)]}")
    if error is not None:
        return harmless(str(error))
    if region.health is not None and region.health.status is not ServiceCheckStatus.OK:
        return harmless(region.health.message)
    return "nothing is known"
