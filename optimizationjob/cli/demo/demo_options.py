"""The options of a demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """The options of a demo.

    Attributes:
        jobs: number of jobs created in the day before the start, in addition to the fixed set.
        seed: the same seed gives the same world.
        interval: simulated seconds between two polls.
        speed: simulated seconds per real second.
        event_lookback: how many seconds before the start a job may have ended to be shown; default: the check's.
    """

    jobs: int
    seed: int
    interval: float
    speed: float = 1.0
    event_lookback: float = 900.0
