"""Call log, for tests that count the calls a client makes."""

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
    """One call that the simulator received.

    Attributes:
        operation: AWS operation name; empty if the request was not an AWS call.
        account: the caller's account, None if the credentials do not identify one.
        region: region of the signature, None if the request is unsigned.
        status: HTTP status, None if no response was sent.
        code: AWS error code, None if the call returned no error.
        fault: the injected fault, if any.
        at: when the response was sent, on the simulator's clock.
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
        """Whether the client received an intact, successful response."""
        return self.status == 200 and (self.fault is None or self.fault.is_page_trick)


class CallLog(deque[Call]):
    """The last 100,000 calls, oldest first. The owner's lock guards it."""

    def __init__(self) -> None:
        super().__init__(maxlen=CALLS_KEPT)
