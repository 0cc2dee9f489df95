"""What kind of a world a demo is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What kind of a world.

    Attributes:
        jobs: how many were created in the day before the start, besides the cast.
        seed: the same seed gives the same world.
        interval: seconds between two polls, on the world's clock.
        speed: seconds on the world's clock for a real one.
    """

    jobs: int
    seed: int
    interval: float
    speed: float = 1.0
