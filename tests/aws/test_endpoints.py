"""The endpoints that are called, without a request."""

from __future__ import annotations

import pytest

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Caller
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.config.settings import Settings

KEYS = {"aws_access_key_id": "AKIA111111111111", "aws_secret_access_key": "simulated"}


@pytest.fixture
def endpoint(clock):
    """The URL of a service in a region, without the endpoint of the simulator."""

    def of(service, region, **options):
        settings = Settings.from_mapping({"regions": [region], **KEYS, **options})
        caller = Caller(clock=clock, max_attempts=1, endpoint="", rate_limit=RateLimit(1, 1))
        return AwsSession(settings, clock=clock, caller=caller).route(service, region).endpoint

    return of


@pytest.mark.parametrize("is_in_environment", [False, True])
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1"])
def test_the_tagging_api_has_no_fips_endpoint(endpoint, monkeypatch, region, is_in_environment):
    options = {} if is_in_environment else {"use_fips_endpoint": True}
    if is_in_environment:
        monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    tagging = endpoint("resourcegroupstaggingapi", region, **options)
    assert tagging == f"https://tagging.{region}.amazonaws.com"
    assert "fips" in endpoint("sagemaker", region, **options) or region.startswith("us-gov")
