"""The endpoints that are called, without a request."""

from __future__ import annotations

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
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
        caller = Caller(clock=clock, max_attempts=1, attempt_seconds=10, endpoint="", rate_limit=RateLimit(1, 1))
        return AwsSession(settings, clock=clock, caller=caller).route(service, region).endpoint

    return of


@pytest.fixture
def agent_proxy(monkeypatch, clock):
    """The proxy on the way to SageMaker, with a proxy and exceptions in the Agent's configuration."""

    def of(no_proxy, *, https="http://proxy:3128", **options):
        proxy = {"https": https, "no_proxy": no_proxy}
        monkeypatch.setattr(agent_stub, "get_config", lambda key: proxy if key == "proxy" else None)
        check = OptimizationJobCheck("optimizationjob", {}, [{"regions": ["us-east-1"], **KEYS, **options}])
        caller = Caller(clock=clock, max_attempts=1, attempt_seconds=10, endpoint="", rate_limit=RateLimit(1, 1))
        return AwsSession(check.settings(), clock=clock, caller=caller).route("sagemaker", "us-east-1").proxy

    return of


@pytest.mark.parametrize(
    "no_proxy",
    [
        ".amazonaws.com",
        "localhost,.amazonaws.com",
        "localhost;.amazonaws.com",
        " localhost\t.amazonaws.com ",
        ["localhost, .amazonaws.com"],
        ["API.sagemaker.us-east-1.AMAZONAWS.com:443"],
        ["https://api.sagemaker.us-east-1.amazonaws.com"],
        ["*.amazonaws.com"],
        "*",
    ],
)
def test_the_agents_no_proxy_may_be_text(no_proxy, agent_proxy):
    assert agent_proxy(no_proxy) is None


@pytest.mark.parametrize("no_proxy", ["localhost", ["127.0.0.0/8"], "", []])
def test_other_hosts_are_reached_through_the_proxy(no_proxy, agent_proxy):
    assert agent_proxy(no_proxy) == "http://proxy:3128"


@pytest.mark.parametrize("skip_proxy", ["true", "Yes", "on", True])
def test_the_agents_proxy_may_be_skipped_in_text(skip_proxy, agent_proxy):
    assert agent_proxy([], skip_proxy=skip_proxy) is None


@pytest.mark.parametrize("skip_proxy", ["false", "No", "off", False])
def test_the_agents_proxy_is_used_where_text_says_so(skip_proxy, agent_proxy):
    assert agent_proxy([], skip_proxy=skip_proxy) == "http://proxy:3128"


@pytest.mark.parametrize("https", [3128, True, ["http://proxy:3128"], {"url": "http://proxy:3128"}])
def test_an_agents_proxy_that_is_no_text_is_left_out(https, agent_proxy):
    assert agent_proxy([], https=https) is None


@pytest.mark.parametrize("is_in_environment", [False, True])
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1"])
def test_the_tagging_api_has_no_fips_endpoint(endpoint, monkeypatch, region, is_in_environment):
    options = {} if is_in_environment else {"use_fips_endpoint": True}
    if is_in_environment:
        monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    tagging = endpoint("resourcegroupstaggingapi", region, **options)
    assert tagging == f"https://tagging.{region}.amazonaws.com"
    assert "fips" in endpoint("sagemaker", region, **options) or region.startswith("us-gov")


def test_sts_is_called_in_its_region_unless_it_is_set_otherwise(endpoint, monkeypatch):
    assert endpoint("sts", "us-east-1") == "https://sts.us-east-1.amazonaws.com"
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    assert endpoint("sts", "us-east-1") == "https://sts.amazonaws.com"
