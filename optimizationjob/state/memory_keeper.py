"""Opens and saves the memory of one region: loads it, starts a new one, and corrects its clock once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.clock import Clock
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT
from optimizationjob.jobs.safe_logs import logger_of
from optimizationjob.state.persistent_cache import MemoryStore
from optimizationjob.state.region_memory import RegionMemory

# A full disk stays full for hours: the failure is logged once in a while, not in each run.
SECONDS_BETWEEN_LOGS: Final = 3600.0

logger = logger_of(__name__)


class MemoryKeeper:
    """Keeps the memory of one region.

    While the account is unknown, its memory is saved under a hash of the credentials: an end that falls between the
    first attempt and a restart must not be taken for history.

    Args:
        store: where memories are saved.
        region: the region.
        clock: the machine's time.
        event_lookback: how long before the first attempt an end is still reported.
        credentials_id: a hash of the configured credentials.
    """

    def __init__(
        self, store: MemoryStore, region: str, *, clock: Clock, event_lookback: timedelta, credentials_id: str
    ) -> None:
        self._store = store
        self._region = region
        self._clock = clock
        self._event_lookback = event_lookback
        self._unknown = f"{UNKNOWN_ACCOUNT}_{credentials_id}"
        self._memories: dict[str, RegionMemory] = {}
        self._first_attempt: tuple[datetime, float] | None = None
        """When the region was first polled, by the machine's clock and in monotonic seconds."""
        self._started_here = False
        """Whether the memory was started in this process."""
        self._logged_at: float | None = None
        """When a failure to save was last logged, while that lasts."""

    def note_attempt(self) -> None:
        """Note that the region is polled now; the first time counts."""
        if self._first_attempt is None:
            self._first_attempt = (self._clock.now(), self._clock.monotonic())

    @property
    def waited_seconds(self) -> float:
        """Time since the first attempt."""
        return self._clock.monotonic() - self._first_attempt[1] if self._first_attempt else 0.0

    def open(self, account_id: str, at: datetime, skew: timedelta | None) -> RegionMemory:
        """Return the memory of an account; a new one is saved at once.

        Args:
            account_id: the account, or UNKNOWN_ACCOUNT.
            at: the time by AWS's clock.
            skew: AWS's time minus the machine's; None if AWS has not responded.
        """
        name = self._name(account_id)
        held = self._memories.get(name)
        memory = held or self._store.load(name, self._region) or self._earlier() or self._new()
        if not memory.is_clock_checked and skew is not None:
            memory = self._with_checked_clock(memory, at, skew)
        self.save(account_id, memory)
        if held is None and name != self._unknown:
            self._store.forget(self._unknown, self._region)
        return memory

    def save(self, account_id: str, memory: RegionMemory) -> None:
        """Keep a memory and save it. A failure to save is logged."""
        name = self._name(account_id)
        self._memories = {name: memory}
        try:
            self._store.save(name, self._region, memory)
        except Exception:
            # The process still knows what was reported; the next run tries again to write it.
            now = self._clock.monotonic()
            if self._logged_at is not None and now - self._logged_at < SECONDS_BETWEEN_LOGS:
                return
            self._logged_at = now
            logger.exception(
                "Cannot save state for %s/%s to the Agent's run path; reported changes may repeat after a restart. "
                "Check disk space and permissions.",
                *(account_id, self._region),
            )
        else:
            self._logged_at = None

    def _name(self, account_id: str) -> str:
        return self._unknown if account_id == UNKNOWN_ACCOUNT else account_id

    def _earlier(self) -> RegionMemory | None:
        """Return the memory from when the account was unknown."""
        return self._memories.get(self._unknown) or self._store.load(self._unknown, self._region)

    def _new(self) -> RegionMemory:
        self._started_here = True
        first_attempt_at = self._first_attempt[0] if self._first_attempt else self._clock.now()
        return RegionMemory(events_since=first_attempt_at - self._event_lookback)

    def _with_checked_clock(self, memory: RegionMemory, at: datetime, skew: timedelta) -> RegionMemory:
        """Return a memory whose start follows AWS's clock: the machine's may have been wrong, or was set since."""
        events_since = at - timedelta(seconds=self.waited_seconds) - self._event_lookback
        if not self._started_here:
            # It was started before a restart, so earlier than this process, by a clock that is no longer known.
            events_since = min(events_since, memory.events_since + skew)
        return replace(memory, events_since=events_since, is_clock_checked=True)
