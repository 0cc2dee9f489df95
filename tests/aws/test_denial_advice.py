"""The advice about a denied call follows the policy that AWS names."""

from __future__ import annotations

import pytest

from optimizationjob.aws.calls import Request
from optimizationjob.aws.errors import AccessDenied, CredentialsError

CALL = "sagemaker:DescribeOptimizationJob"
DENIED = "AccessDeniedException: User: arn:aws:iam::111111111111:user/u is not authorized to perform: " + CALL


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (
            f"because no identity-based policy allows the {CALL} action",
            f"Allow `{CALL}` in the policy of the user or role",
        ),
        ("with an explicit deny in an identity-based policy", f"Remove the explicit deny of `{CALL}`"),
        (f"because no permissions boundary allows the {CALL} action", "in the permissions boundary"),
        ("with an explicit deny in a permissions boundary", "in the permissions boundary"),
        (f"because no session policy allows the {CALL} action", "in the session policy"),
        ("with an explicit deny in a VPC endpoint policy", "in the policy of the VPC endpoint"),
        ("with an explicit deny in a resource control policy", "in its resource control policies"),
        (
            "with an explicit deny in a service control policy: arn:aws:x",
            "in its service control",
        ),
    ],
)
def test_the_advice_follows_the_policy_that_aws_names(words, advice):
    error = AccessDenied(f"{DENIED} {words}", operation=CALL, region="us-east-1")
    assert advice in error.remedy
    assert advice in str(error)


def test_a_refused_web_identity_has_its_own_advice():
    error = CredentialsError("InvalidIdentityToken: no provider", operation="sts:AssumeRoleWithWebIdentity", region="r")
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in error.remedy


@pytest.mark.parametrize("code", ["InvalidIdentityToken", "ExpiredToken", "ExpiredTokenException"])
def test_error_codes_of_aws_are_not_taken_for_labels_of_secrets(code):
    error = Request(CALL, "us-east-1").fault(CredentialsError, f"{code}: No provider found, token=abcd1234abcd1234")
    assert error.cause.startswith(f"{code}: No provider found")
    assert "abcd1234" not in error.cause
