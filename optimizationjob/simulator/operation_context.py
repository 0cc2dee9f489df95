"""What an operation is handed besides the request's body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from optimizationjob.simulator.callers import Directory, SignedCaller
    from optimizationjob.simulator.faults import Fault
    from optimizationjob.simulator.simulated_world import SimulatedWorld

Body = dict[str, Any]
MissingCode = Literal["ResourceNotFound", "ValidationException"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the simulated AWS behaves where no public source says how the real one does.

    Attributes:
        filters_after_cut: List cuts MaxResults rows first and applies status and modification filters after, so that
            a page can be empty and carry a token, as AWS documents for ListTrainingJobs; False filters first.
        inclusive_times: the bounds of time filters themselves match.
        missing_code: the error code for a job that does not exist.
    """

    filters_after_cut: bool = False
    inclusive_times: bool = False
    missing_code: MissingCode = "ResourceNotFound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world an operation works on, who asks, and the fault that meddles with its pages, if any."""

    world: SimulatedWorld
    directory: Directory
    caller: SignedCaller
    habits: Habits
    trick: Fault | None = None


Operation = Callable[[Context, Body], Body]
