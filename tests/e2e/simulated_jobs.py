"""A simulated AWS in which a job ends every ten seconds: `python simulated_jobs.py PORT`, until it is stopped.

It needs what the simulator needs, boto3 and cbor2, and nothing of the Agent.
"""

from __future__ import annotations

import itertools
import sys
import time

from optimizationjob.simulator import Simulator
from optimizationjob.simulator.job_life import Plan

ACCOUNT, REGION = "111111111111", "us-east-1"
EVERY_SECONDS = 10
REASON = "ClientError: the model does not fit into the memory of ml.g5.12xlarge"


def add_job(simulator, number):
    """Add a job that ends in 20 seconds, every second one with a failure."""
    ends = {"outcome": "FAILED", "failure_reason": REASON} if number % 2 else {"outcome": "COMPLETED"}
    plan = Plan(pending_seconds=5, runtime_seconds=15, **ends)
    simulator.add_job(ACCOUNT, REGION, f"job-{number:06}", plan=plan, tags={"team": "search"})


def serve(port):
    with Simulator(port=port) as simulator:
        for number in itertools.count():
            add_job(simulator, number)
            if not number:
                sys.stdout.write(f"simulated AWS at {simulator.url}\n")
                sys.stdout.flush()
            time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
