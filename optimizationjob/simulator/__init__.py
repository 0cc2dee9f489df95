"""A local simulator of the AWS APIs for optimization jobs, STS and tagging, for use with the real boto3.

with Simulator(clock=ManualClock()) as simulator:
    simulator.add_job("111111111111", "us-east-1", "llama", story="cuda-memory")
    client = boto3.client("sagemaker", **simulator.connection())
"""

from optimizationjob.simulator.call_log import Call
from optimizationjob.simulator.error_answers import PortInUseError, SimulatorError
from optimizationjob.simulator.faults import Fault
from optimizationjob.simulator.job_life import Plan
from optimizationjob.simulator.manual_clock import ManualClock, SpedClock
from optimizationjob.simulator.operation_context import Habits
from optimizationjob.simulator.random_fleet import FleetJob, Places, arrivals, fleet
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
