"""The regions that cannot be read, with cause and remedy for a terminal user. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from optimizationjob.cli.error_words import NOT_READ, error_words
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_picture import Picture, RegionPicture
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT
from optimizationjob.telemetry.signals import ServiceCheckStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A problem shared by some regions."""

    regions: tuple[str, ...]
    """Each with its account or instance, where there are several; empty if a whole instance has it."""
    is_unread: bool
    """Whether nothing could be read; False if part is missing."""
    words: str
    """Cause and remedy, safe for a terminal."""

    def __str__(self) -> str:
        what = NOT_READ if self.is_unread else wording.PARTLY_READ
        return f"{', '.join(self.regions)} {what}: {self.words}"


def troubles(pictures: Iterable[Picture]) -> tuple[Trouble, ...]:
    """Return the problems, worst first; regions with the same cause share an entry."""
    regions: dict[tuple[bool, str], list[str]] = {}
    for picture in pictures:
        if picture.error:
            regions.setdefault((True, harmless(picture.error)), []).append(picture.label or wording.THE_INSTANCE)
        for place, region in sorted(picture.regions.items()):
            if not region.is_well:
                account = picture.label if place.account == UNKNOWN_ACCOUNT else place.account
                name = harmless(f"{account} {place.region}") if picture.label else place.region
                regions.setdefault((region.is_unread, _words(region)), []).append(name)
    found = (Trouble(regions=tuple(names), is_unread=bad, words=words) for (bad, words), names in regions.items())
    return tuple(sorted(found, key=lambda trouble: not trouble.is_unread))


def _words(region: RegionPicture) -> str:
    if region.error is not None:
        return error_words(region.error)
    if region.health is not None and region.health.status is not ServiceCheckStatus.OK:
        return harmless(region.health.message)
    return wording.NO_CAUSE
