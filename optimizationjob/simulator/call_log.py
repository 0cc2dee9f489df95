"""The log of calls, for tests that count what a client asks of AWS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from optimizationjob.simulator.faults import Fault

CALLS_KEPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the simulator saw it.

    Attributes:
        operation: AWS's name of it, empty where the request was no call at all.
        account: of the caller, None where the credentials do not say.
        region: of the signature, None without one.
        status: of HTTP, None where nothing was answered.
        code: of AWS's error, None where there was none.
        fault: what was made to go wrong, if anything.
        at: when it was answered, on the simulator's clock.
    """

    operation: str
    account: str | None
    region: str | None
    status: int | None
    code: str | None
    fault: Fault | None
    at: datetime

    @property
    def succeeded(self) -> bool:
        """Whether the client got what it asked for, unspoilt."""
        return self.status == 200 and (self.fault is None or self.fault.is_page_trick)


class CallLog(deque[Call]):
    """The last 100,000 calls, oldest first. Guarded by its owner's lock."""

    def __init__(self) -> None:
        super().__init__(maxlen=CALLS_KEPT)
