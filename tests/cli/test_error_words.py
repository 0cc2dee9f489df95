"""What a failed call says at a terminal."""

from __future__ import annotations

import pytest

from optimizationjob.aws.errors import AccessDenied, CredentialsError, Unreachable
from optimizationjob.cli.error_words import error_words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CredentialsError("none found", operation="sagemaker:ListOptimizationJobs", region="x"), "Give --profile, set"),
        (Unreachable("timed out", operation="sagemaker:ListOptimizationJobs", region="x"), "--endpoint-url"),
        (CredentialsError("denied", operation="sts:AssumeRole", region="x"), "the role's trust policy"),
        (AccessDenied("denied", operation="tag:GetResources", region="x"), "Allow `tag:GetResources`"),
        (CredentialsError("bad", operation="x", region="x", remedy="Renew it."), "Renew it."),
    ],
)
def test_the_advice_fits_what_failed(error, words):
    assert words in error_words(error)
    assert ("Give --profile" in error_words(error)) == ("Give --profile" in words)
