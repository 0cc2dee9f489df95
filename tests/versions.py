"""What the installed botocore and base package have, for tests of what an older one lacks."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from inspect import signature

import botocore.session
import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.base.stubs import aggregator as stub
from optimizationjob.package_versions import RECORDS

# Newer botocore reads an answer whose connection broke as an empty one; older botocore says that it broke.
SEES_BROKEN_ANSWERS = tuple(int(part) for part in botocore.__version__.split(".")[:2]) < (1, 44)
TAKES_RECORDS = hasattr(AgentCheck, "submit_generic_resource")
TAKES_ISSUES = "issue_type" in signature(getattr(AgentCheck, "report_issue", lambda: None)).parameters
needs_records = pytest.mark.skipif(
    not TAKES_RECORDS, reason=f"{RECORDS}; test_versions.py says what is reported before"
)


@cache
def known_members():
    """The members of a described job that this botocore reads, and those of the union of its techniques."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    members = model.operation_model("DescribeOptimizationJob").output_shape.members
    return frozenset((*members, *members["OptimizationConfigs"].member.members))


def resources():
    """The resource records that the stub took; a base package that takes none has no form for them either."""
    if not TAKES_RECORDS:
        return []
    from datadog_checks.base.utils.genresources import GenericResourceEvent  # noqa: PLC0415 - see above

    events = stub.get_event_platform_events("genresources", parse_json=False)
    return [GenericResourceEvent.FromString(payload).resource for payload in events]


def leave_yaml_alone():
    """Undo what older base packages do to PyYAML in the whole process, the tests' own use of it included."""
    with suppress(ImportError):
        from datadog_checks.base.ddyaml import monkey_patch_pyyaml_reverse  # noqa: PLC0415 - see above

        monkey_patch_pyyaml_reverse()
