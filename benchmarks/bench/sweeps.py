"""The cost of other clients: a plain sweep with boto3, and sagemaker-core's `OptimizationJob.get_all()`.

Both are measured on a smaller fleet in separate processes. For a larger one their calls are computed, since each makes
the same calls for every job.
"""

from __future__ import annotations

import importlib
import logging
import math
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import boto3

from bench.aws import SPAWN, Aws, Calls
from bench.fleet import ACCOUNT, Fleet
from bench.table import Row

SWEPT_REGION: Final = "eu-west-1"
CORE_PAGE: Final = 50
"""sagemaker-core does not set MaxResults, so AWS's default applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The measured cost.

    Attributes:
        jobs: size of the fleet.
        boto3_measured: calls of a plain sweep with boto3.
        core_measured: calls of sagemaker-core.
        boto3_cpu: CPU seconds per job with boto3.
        core_cpu: CPU seconds per job with sagemaker-core.
    """

    jobs: int
    boto3_measured: Calls
    core_measured: Calls
    boto3_cpu: float
    core_cpu: float

    @property
    def is_as_computed(self) -> bool:
        """Whether the formulas below match the measured calls."""
        measured = (self.boto3_measured[:3], self.core_measured[:3])
        return measured == (self.boto3(self.jobs)[:3], self.core(self.jobs)[:3])

    @staticmethod
    def boto3(jobs: int) -> Calls:
        """Return the calls of a boto3 sweep: pages of 100, Describe and ListTags per job."""
        return Calls(math.ceil(jobs / 100), jobs, jobs)

    @staticmethod
    def core(jobs: int) -> Calls:
        """Return the calls of sagemaker-core: pages of AWS's default size, Describe per job, no tags."""
        return Calls(math.ceil(jobs / CORE_PAGE), jobs, 0)


def measure(aws: Aws, jobs: int) -> Plain:
    """Sweep a fleet with both clients."""
    aws.add(Fleet(jobs=jobs, older=0), SWEPT_REGION)
    aws.take_calls()
    boto3_cpu = _apart(_sweep_with_boto3, aws.url)
    boto3_measured = aws.take_calls()
    core_cpu = _apart(_sweep_with_core, aws.url)
    core_measured = aws.take_calls()
    return Plain(
        jobs=jobs,
        boto3_measured=boto3_measured,
        core_measured=core_measured,
        boto3_cpu=boto3_cpu / jobs,
        core_cpu=core_cpu / jobs,
    )


def row(plain: Plain) -> Row:
    """Return the row that compares measured and computed calls of other clients."""
    return Row(
        case=f"cost of other clients, measured at {plain.jobs:,} jobs, computed for larger fleets",
        measured="",
        bound="as computed",
        is_met=plain.is_as_computed,
        boto3=f"{plain.boto3_measured.total:,} calls",
        core=f"{plain.core_measured.total:,} calls",
    )


def client(url: str, region: str) -> Any:  # noqa: ANN401 - boto3 creates its client classes at run time
    """Return a plain boto3 client of the simulator."""
    keys = {"aws_access_key_id": f"AKIA{ACCOUNT}", "aws_secret_access_key": "simulated"}
    return boto3.client("sagemaker", region_name=region, endpoint_url=url, **keys)


def _apart(sweep: Callable[[str], float], url: str) -> float:
    with SPAWN.Pool(1) as pool:
        return pool.apply(sweep, (url,))


def _sweep_with_boto3(url: str) -> float:
    """List all jobs, describe each and read its tags; return the CPU seconds."""
    sagemaker = client(url, SWEPT_REGION)
    begin = time.process_time()
    for page in sagemaker.get_paginator("list_optimization_jobs").paginate(MaxResults=100):
        for row in page["OptimizationJobSummaries"]:
            sagemaker.describe_optimization_job(OptimizationJobName=row["OptimizationJobName"])
            sagemaker.list_tags(ResourceArn=row["OptimizationJobArn"])
    return time.process_time() - begin


def _sweep_with_core(url: str) -> float:
    """Iterate over all jobs and return the CPU seconds. The client reads its settings from the environment."""
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_DEFAULT_REGION": SWEPT_REGION,
        "SAGEMAKER_CORE_ADMIN_CONFIG_OVERRIDE": os.devnull,
        "SAGEMAKER_CORE_USER_CONFIG_OVERRIDE": os.devnull,
    }
    warnings.simplefilter("ignore")
    logging.disable()
    resources = importlib.import_module("sagemaker_core.main.resources")
    begin = time.process_time()
    for _ in resources.OptimizationJob.get_all():
        pass
    return time.process_time() - begin
