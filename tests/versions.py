"""What the installed botocore and base package have, for tests of what an older one lacks."""

from __future__ import annotations

from functools import cache

import botocore.session
import pytest
from datadog_checks.base import AgentCheck

# Newer botocore reads an answer whose connection broke as an empty one; older botocore says that it broke.
SEES_BROKEN_ANSWERS = tuple(int(part) for part in botocore.__version__.split(".")[:2]) < (1, 44)
TAKES_RECORDS = hasattr(AgentCheck, "submit_generic_resource")
needs_records = pytest.mark.skipif(
    not TAKES_RECORDS, reason="this base package takes no resource records; test_versions.py says what is told then"
)


@cache
def known_members():
    """The members of a described job that this botocore reads, and those of the union of its techniques."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    members = model.operation_model("DescribeOptimizationJob").output_shape.members
    return frozenset((*members, *members["OptimizationConfigs"].member.members))
