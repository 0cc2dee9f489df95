"""What to do about a denied call, by the policy that AWS names in its message, and about what has no credentials."""

from __future__ import annotations

from typing import Final

from optimizationjob.aws.failure_words import PROCESS_FAILED

DENY_IN_IDENTITY_POLICY: Final = (
    "Remove the explicit deny of `{operation}` from the policies of the user or role that the check uses."
)
BOUNDARY: Final = "Allow `{operation}` in the permissions boundary of the user or role that the check uses."
SESSION_POLICY: Final = "Allow `{operation}` in the session policy with which the role is assumed."
VPC_ENDPOINT: Final = "Allow `{operation}` in the policy of the VPC endpoint that the call goes through."
RESOURCE_CONTROL: Final = "Ask the owner of the organization to allow `{operation}` in its resource control policies."
SERVICE_CONTROL: Final = "Ask the owner of the organization to allow `{operation}` in its service control policies."
WEB_IDENTITY: Final = (
    "Check the trust policy of the role for the cluster's identity provider and the service account, and that "
    "`AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE` are those of the pod."
)

PROCESS: Final = (
    "Run the command of `credential_process` in the AWS configuration files by hand, as the Agent's user, to see its "
    "output."
)

# In this order: a message names one policy, and `identity-based policy` is only of interest with its explicit deny.
BY_POLICY: Final = (
    ("explicit deny in an identity-based policy", DENY_IN_IDENTITY_POLICY),
    ("permissions boundary", BOUNDARY),
    ("session policy", SESSION_POLICY),
    ("VPC endpoint policy", VPC_ENDPOINT),
    ("resource control policy", RESOURCE_CONTROL),
    ("service control policy", SERVICE_CONTROL),
)
ADVICE: Final = (*(advice for _, advice in BY_POLICY), WEB_IDENTITY, PROCESS)
"""All advice of this module."""


def denial_advice(operation: str, cause: str) -> str | None:
    """Return what to do about a denial; None where the usual advice fits.

    Args:
        operation: IAM's name of the call.
        cause: AWS's message.
    """
    if operation.endswith(":AssumeRoleWithWebIdentity"):
        return WEB_IDENTITY
    if cause == PROCESS_FAILED:
        return PROCESS
    return next((advice for words, advice in BY_POLICY if words in cause), None)
