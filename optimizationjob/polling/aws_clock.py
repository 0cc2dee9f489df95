"""The time by AWS's clock, from the Date headers of its responses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from optimizationjob.clock import Clock

# The Date header has whole seconds and a response takes a while: a smaller difference is no skew.
LEAST_SKEW: Final = timedelta(seconds=5)
# AWS refuses a signature that is 15 minutes off, so a response with such a date is not AWS's, or comes from a cache.
LARGEST_SKEW: Final = timedelta(minutes=15)


class AwsClock:
    """Corrects the machine's clock by the last Date header that AWS sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[datetime, float] | None = None
        """AWS's time at its last response, and the monotonic seconds then."""
        self.skew: timedelta | None = None
        """AWS's time minus the machine's; None until AWS has responded."""
        self.disbelief: str | None = None
        """Why the date of the last response was not used; None if it was."""

    def now(self) -> datetime:
        """Return the time by AWS's clock, even if the machine's clock was set since the last response."""
        if self._last is None:
            return self._clock.now()
        moment, seconds = self._last
        return moment + timedelta(seconds=self._clock.monotonic() - seconds)

    def set(self, answered_at: datetime | None) -> datetime:
        """Take the Date header of a response, if it has one; return the time."""
        self.disbelief = None
        if answered_at is None:
            return self.now()
        now = self._clock.now()
        skew = answered_at - now
        if abs(skew) > LARGEST_SKEW:
            self.disbelief = (
                f"the answer is dated {answered_at:%Y-%m-%d %H:%M:%S}, this host has {now:%Y-%m-%d %H:%M:%S}"
            )
            skew = timedelta(0)
        self.skew = skew if abs(skew) >= LEAST_SKEW else timedelta(0)
        self._last = (now + self.skew, self._clock.monotonic())
        return self._last[0]
