"""A local AWS for optimization jobs, STS and tagging that a real boto3 talks to.

with Simulator(clock=ManualClock()) as simulator:
    simulator.add_job("111111111111", "us-east-1", "llama", story="cuda-memory")
    client = boto3.client("sagemaker", **simulator.connection())
"""

from optimizationjob.simulator.calls import Call
from optimizationjob.simulator.clock import ManualClock, SpedClock
from optimizationjob.simulator.context import Habits
from optimizationjob.simulator.errors import PortInUseError, SimulatorError
from optimizationjob.simulator.faults import Fault
from optimizationjob.simulator.fleet import FleetJob, Places, arrivals, fleet
from optimizationjob.simulator.life import Plan
from optimizationjob.simulator.simulator import Simulator
from optimizationjob.simulator.stories import STORIES, Story

__all__ = [
    "STORIES",
    "Call",
    "Fault",
    "FleetJob",
    "Habits",
    "ManualClock",
    "Places",
    "Plan",
    "PortInUseError",
    "Simulator",
    "SimulatorError",
    "SpedClock",
    "Story",
    "arrivals",
    "fleet",
]
