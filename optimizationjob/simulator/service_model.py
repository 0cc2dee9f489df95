"""Validation of requests and responses against botocore's service model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import botocore.session

from optimizationjob.simulator.shapes import Check, Problem, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizationjob.simulator.error_answers import Service

MODEL_NAMES: dict[Service, str] = {
    "sagemaker": "sagemaker",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}


@cache
def service_model(service: Service) -> Any:  # noqa: ANN401 - botocore has no types
    """Return botocore's model of the service, loaded once."""
    return botocore.session.get_session().get_service_model(MODEL_NAMES[service])


@cache
def partition(region: str) -> str:
    """Return the partition of a region; `aws` for an unknown region."""
    try:
        return str(botocore.session.get_session().get_partition_for_region(region))
    except botocore.exceptions.UnknownRegionError:
        return "aws"


@cache
def _checker(service: Service, operation: str, direction: Literal["input", "output"]) -> Check | None:
    shape = getattr(service_model(service).operation_model(operation), f"{direction}_shape")
    return None if shape is None else compiled(shape)


def request_problems(service: Service, operation: str, body: Mapping[str, Any]) -> list[Problem]:
    """Return all problems of a request: its shape, and values that violate an enum, length, range or pattern."""
    return _problems(_checker(service, operation, "input"), body, values=True)


def answer_problems(
    service: Service, operation: str, body: Mapping[str, Any], *, values: bool = False
) -> list[Problem]:
    """Return the shape problems of a response and, with `values`, its invalid values too."""
    return _problems(_checker(service, operation, "output"), body, values=values)


def _problems(check: Check | None, body: Mapping[str, Any], *, values: bool) -> list[Problem]:
    problems: list[Problem] = []
    if check is not None:
        check(body, "", values, problems)
    elif body:
        problems.append(Problem("unknown", f"unexpected members: {sorted(body)}"))
    return problems


def wording(problems: list[Problem]) -> str:
    """Return AWS's error message for the problems of one request."""
    plural = "s" if len(problems) > 1 else ""
    details = "; ".join(problem.text for problem in problems)
    return f"{len(problems)} validation error{plural} detected: {details}"
