"""The arguments of an operation besides the request body."""

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
    """How the simulated AWS behaves where the real behavior is not documented.

    Attributes:
        filters_after_cut: List takes MaxResults rows first and then applies the status and modification time filters,
            so that a page can be empty and still carry a token, as AWS documents for ListTrainingJobs;
            False applies the filters first.
        inclusive_times: time filters include their bounds.
        missing_code: the error code for a job that does not exist.
    """

    filters_after_cut: bool = False
    inclusive_times: bool = False
    missing_code: MissingCode = "ResourceNotFound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world an operation works on, its caller, and the fault that affects its pages, if any."""

    world: SimulatedWorld
    directory: Directory
    caller: SignedCaller
    habits: Habits
    trick: Fault | None = None


Operation = Callable[[Context, Body], Body]
