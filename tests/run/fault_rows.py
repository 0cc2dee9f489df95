"""The table of faults: what must come of each on every call of an operation."""

from __future__ import annotations

from typing import NamedTuple

from optimizationjob.simulator import Fault
from tests.versions import SEES_BROKEN_ANSWERS

LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"
TAGS, TAGS_OF_ONE = "GetResources", "ListTags"
WHO, ROLE = "GetCallerIdentity", "AssumeRole"

# What the operator is asked to do.
AWS_IS_ILL = "AWS has a problem in us-east-1; the check tries again"
NETWORK = "Check the network path"
# botocore reads most broken bodies as an empty answer, and newer botocore one that ends early, too.
NOT_AWS = "Check that `endpoint_url` and `proxy` lead to AWS"
CUT = NETWORK if SEES_BROKEN_ANSWERS else NOT_AWS
SLOWER = "Lower `api_rate_limit`, or raise `min_collection_interval`"
KEYS = "Check `aws_access_key_id`"
TRUST = "the role's trust policy and `external_id`"
ALLOW = "Allow `"
ORGANIZATION = "in its service control policies"
NOT_HERE = "remove it from `regions`"
CONFIGURATION = "Check the configuration of the instance"


class Row(NamedTuple):
    """A fault on every call of an operation, and what must come of it.

    The health is that of the run with the fault: `with_picture` where the run before went well, `without_picture` in
    the very first run. `outcome` is how `api.calls` counts the call, `words` what the message tells to do.
    """

    fault: Fault
    operation: str
    with_picture: str
    without_picture: str
    outcome: str
    words: str

    @property
    def costs_the_lists(self):
        """Whether nothing at all can be read meanwhile."""
        return self.operation in (LIST, ROLE)

    @property
    def is_denial(self):
        """Whether the call is forbidden for good, so that only later runs ask again."""
        return self.fault in (Fault.DENIED, Fault.DENIED_BY_POLICY, Fault.UNKNOWN_OPERATION)

    @property
    def hides_reasons(self):
        """Whether a job's end is reported without its reason, since waiting for that would not help."""
        return self.operation == DESCRIBE and self.is_denial

    @property
    def seconds_to_heal(self):
        """How long after the fault the first good run comes: job and tag calls that were denied wait five minutes."""
        return 300 if self.is_denial and self.operation in (DESCRIBE, TAGS, TAGS_OF_ONE) else 60


ROWS = [
    # Without the lists there is no picture, or the last one; a region that does not offer the jobs is no emergency.
    Row(Fault.SERVER_ERROR, LIST, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.UNAVAILABLE, LIST, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.HTML_UNAVAILABLE, LIST, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.RESET, LIST, "warning", "critical", "error", NETWORK),
    Row(Fault.HANG, LIST, "warning", "critical", "error", NETWORK),
    Row(Fault.CUT_BODY, LIST, "warning", "critical", "error", CUT),
    Row(Fault.CUT_JSON, LIST, "warning", "critical", "error", NOT_AWS),
    Row(Fault.HTML_OK, LIST, "warning", "critical", "error", NOT_AWS),
    Row(Fault.EMPTY_OBJECT, LIST, "warning", "critical", "error", NOT_AWS),
    Row(Fault.THROTTLED, LIST, "warning", "critical", "throttled", SLOWER),
    Row(Fault.EXPIRED_TOKEN, LIST, "warning", "critical", "denied", KEYS),
    Row(Fault.UNRECOGNIZED, LIST, "warning", "critical", "denied", KEYS),
    Row(Fault.DENIED, LIST, "warning", "critical", "denied", ALLOW),
    Row(Fault.DENIED_BY_POLICY, LIST, "warning", "warning", "denied", NOT_HERE),
    Row(Fault.UNKNOWN_OPERATION, LIST, "warning", "warning", "error", NOT_HERE),
    # The lists tell of the jobs all the same: reasons and limits are missing, and follow.
    Row(Fault.SERVER_ERROR, DESCRIBE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.UNAVAILABLE, DESCRIBE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.HTML_UNAVAILABLE, DESCRIBE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.RESET, DESCRIBE, "warning", "warning", "error", NETWORK),
    Row(Fault.HANG, DESCRIBE, "warning", "warning", "error", NETWORK),
    Row(Fault.CUT_BODY, DESCRIBE, "warning", "warning", "error", CUT),
    Row(Fault.CUT_JSON, DESCRIBE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.HTML_OK, DESCRIBE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.EMPTY_OBJECT, DESCRIBE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.THROTTLED, DESCRIBE, "warning", "warning", "throttled", SLOWER),
    Row(Fault.EXPIRED_TOKEN, DESCRIBE, "warning", "warning", "denied", KEYS),
    Row(Fault.UNRECOGNIZED, DESCRIBE, "warning", "warning", "denied", KEYS),
    Row(Fault.DENIED, DESCRIBE, "warning", "warning", "denied", ALLOW),
    Row(Fault.DENIED_BY_POLICY, DESCRIBE, "warning", "warning", "denied", ORGANIZATION),
    Row(Fault.UNKNOWN_OPERATION, DESCRIBE, "warning", "warning", "denied", ALLOW),
    # A bulk call that does not work is no trouble: the tags are read one by one.
    Row(Fault.SERVER_ERROR, TAGS, "ok", "ok", "error", ""),
    Row(Fault.UNAVAILABLE, TAGS, "ok", "ok", "error", ""),
    Row(Fault.HTML_UNAVAILABLE, TAGS, "ok", "ok", "error", ""),
    Row(Fault.RESET, TAGS, "ok", "ok", "error", ""),
    Row(Fault.HANG, TAGS, "ok", "ok", "error", ""),
    Row(Fault.CUT_BODY, TAGS, "ok", "ok", "error", ""),
    Row(Fault.CUT_JSON, TAGS, "ok", "ok", "error", ""),
    Row(Fault.HTML_OK, TAGS, "ok", "ok", "error", ""),
    Row(Fault.EMPTY_OBJECT, TAGS, "ok", "ok", "error", ""),
    Row(Fault.THROTTLED, TAGS, "warning", "warning", "throttled", SLOWER),
    Row(Fault.EXPIRED_TOKEN, TAGS, "ok", "ok", "denied", ""),
    Row(Fault.UNRECOGNIZED, TAGS, "ok", "ok", "denied", ""),
    Row(Fault.DENIED, TAGS, "ok", "ok", "denied", ""),
    Row(Fault.DENIED_BY_POLICY, TAGS, "ok", "ok", "denied", ""),
    Row(Fault.UNKNOWN_OPERATION, TAGS, "ok", "ok", "denied", ""),
    # Asked only where the bulk call is denied, as it is in these rows.
    Row(Fault.SERVER_ERROR, TAGS_OF_ONE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.UNAVAILABLE, TAGS_OF_ONE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.HTML_UNAVAILABLE, TAGS_OF_ONE, "warning", "warning", "error", AWS_IS_ILL),
    Row(Fault.RESET, TAGS_OF_ONE, "warning", "warning", "error", NETWORK),
    Row(Fault.HANG, TAGS_OF_ONE, "warning", "warning", "error", NETWORK),
    Row(Fault.CUT_BODY, TAGS_OF_ONE, "warning", "warning", "error", CUT),
    Row(Fault.CUT_JSON, TAGS_OF_ONE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.HTML_OK, TAGS_OF_ONE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.EMPTY_OBJECT, TAGS_OF_ONE, "warning", "warning", "error", NOT_AWS),
    Row(Fault.THROTTLED, TAGS_OF_ONE, "warning", "warning", "throttled", SLOWER),
    Row(Fault.EXPIRED_TOKEN, TAGS_OF_ONE, "warning", "warning", "denied", KEYS),
    Row(Fault.UNRECOGNIZED, TAGS_OF_ONE, "warning", "warning", "denied", KEYS),
    Row(Fault.DENIED, TAGS_OF_ONE, "warning", "warning", "denied", ALLOW),
    Row(Fault.DENIED_BY_POLICY, TAGS_OF_ONE, "warning", "warning", "denied", ORGANIZATION),
    Row(Fault.UNKNOWN_OPERATION, TAGS_OF_ONE, "warning", "warning", "denied", ALLOW),
    # STS is not needed while there are jobs: their ARNs name the account.
    Row(Fault.SERVER_ERROR, WHO, "ok", "ok", "error", ""),
    Row(Fault.UNAVAILABLE, WHO, "ok", "ok", "error", ""),
    Row(Fault.HTML_UNAVAILABLE, WHO, "ok", "ok", "error", ""),
    Row(Fault.RESET, WHO, "ok", "ok", "error", ""),
    Row(Fault.HANG, WHO, "ok", "ok", "error", ""),
    Row(Fault.CUT_BODY, WHO, "ok", "ok", "error", ""),
    Row(Fault.CUT_JSON, WHO, "ok", "ok", "error", ""),
    Row(Fault.HTML_OK, WHO, "ok", "ok", "error", ""),
    Row(Fault.EMPTY_OBJECT, WHO, "ok", "ok", "error", ""),
    Row(Fault.THROTTLED, WHO, "ok", "ok", "throttled", ""),
    Row(Fault.EXPIRED_TOKEN, WHO, "ok", "ok", "denied", ""),
    Row(Fault.UNRECOGNIZED, WHO, "ok", "ok", "denied", ""),
    Row(Fault.DENIED, WHO, "ok", "ok", "denied", ""),
    Row(Fault.DENIED_BY_POLICY, WHO, "ok", "ok", "denied", ""),
    Row(Fault.UNKNOWN_OPERATION, WHO, "ok", "ok", "error", ""),
    # Without credentials nothing is asked at all.
    Row(Fault.SERVER_ERROR, ROLE, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.UNAVAILABLE, ROLE, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.HTML_UNAVAILABLE, ROLE, "warning", "critical", "error", AWS_IS_ILL),
    Row(Fault.RESET, ROLE, "warning", "critical", "error", NETWORK),
    Row(Fault.HANG, ROLE, "warning", "critical", "error", NETWORK),
    Row(Fault.CUT_BODY, ROLE, "warning", "critical", "error", CUT),
    Row(Fault.CUT_JSON, ROLE, "warning", "critical", "error", NOT_AWS),
    Row(Fault.HTML_OK, ROLE, "warning", "critical", "error", NOT_AWS),
    Row(Fault.EMPTY_OBJECT, ROLE, "warning", "critical", "error", NOT_AWS),
    Row(Fault.THROTTLED, ROLE, "warning", "critical", "throttled", SLOWER),
    Row(Fault.EXPIRED_TOKEN, ROLE, "warning", "critical", "denied", KEYS),
    Row(Fault.UNRECOGNIZED, ROLE, "warning", "critical", "denied", KEYS),
    Row(Fault.DENIED, ROLE, "warning", "critical", "denied", TRUST),
    Row(Fault.DENIED_BY_POLICY, ROLE, "warning", "critical", "denied", ORGANIZATION),
    Row(Fault.UNKNOWN_OPERATION, ROLE, "warning", "critical", "error", CONFIGURATION),
]
