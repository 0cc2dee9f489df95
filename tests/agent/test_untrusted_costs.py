"""A configuration from where the Agent does not trust costs no other instance anything.

What others pay for is decided option by option, in `trusted_sources.py`:

- memory and request budget are the instance's own;
- options that keep check runners, threads or memory busy, or AWS's own limit of an account, count up to their default;
- it never waits as the one run that may do background work, and sends no resource records, since a job
  has one record whoever sends it;
- `tags`, `regions`, filters, metrics, events and the service check are free: whoever runs a pod can send such by
  DogStatsD. `min_collection_interval` is the Agent's own, for every check.
"""

from __future__ import annotations

import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob.trusted_sources import BOUNDED
from optimizationjob.aws import calls
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.package_versions import SOURCE_RULE
from tests.versions import needs_records

pytestmark = pytest.mark.skipif(not hasattr(AgentCheck, "security_config"), reason=str(SOURCE_RULE))

EAST = "us-east-1"
OWN = dict.fromkeys(("endpoint_url", "aws_access_key_id", "aws_secret_access_key"))
STARVING = {"api_rate_limit": 0.0001, "api_burst": 1}
END = "Optimization job one FAILED"


@pytest.fixture(autouse=True)
def agents_own_credentials(monkeypatch, simulator):
    """The endpoint and the credentials are the Agent's, and so the same for every instance."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA111111111111")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
    agent_stub._config.update(
        {"integration_ignore_untrusted_file_params": True, "integration_trusted_providers": ["file"]}
    )


@pytest.fixture
def trusted(agent):
    return agent_from(agent, "file")


@pytest.fixture
def foreign(agent):
    return agent_from(agent, "container")


def agent_from(agent, provider):
    def make(**options):
        one = agent(**OWN, **options)
        restart = one.restart

        def again():
            restart()
            one.check.provider = provider

        one.restart = again
        again()
        return one

    return make


def rate(one):
    return one.check._runs._context.caller._bucket(EAST).rate


def test_it_does_not_write_to_the_memory_of_a_trusted_instance(trusted, foreign, running, fail):
    one = trusted()
    one.run()
    fail()
    assert foreign().run(after=60).titles() == [END]
    one.restart()
    assert one.run(after=60).titles() == [END]


def test_it_does_not_read_the_memory_of_a_trusted_or_of_another_instance(trusted, foreign, running, fail):
    one, other = trusted(), foreign(tags=["pod:other"])
    one.run()
    other.run()
    fail()
    assert one.run(after=60).titles() == other.run().titles() == [END]
    assert foreign().run(after=60).titles() == [END]


def test_it_keeps_its_own_memory(foreign, running, fail):
    one = foreign()
    one.run()
    fail()
    one.restart()
    assert one.run(after=60).titles() == [END]
    one.restart()
    assert one.run(after=60).titles() == []


def test_its_budget_is_its_own(trusted, foreign, running):
    one, other, third = trusted(), foreign(**STARVING), foreign()
    for each in (other, one, third):
        each.run()
    usual = Settings()
    assert [rate(one), rate(other), rate(third)] == [usual.api_rate_limit, 0.0001, usual.api_rate_limit]
    other.check._runs._context.caller._bucket(EAST).throttled()
    assert rate(one) == usual.api_rate_limit


def test_a_diagnosis_of_it_spends_no_budget_of_others(trusted, clock, running):
    one = trusted()
    one.run()
    examining = TimedCaller(Settings.from_mapping(STARVING), clock)
    examining.use_account("111111111111")
    assert examining._bucket(EAST).rate == 0.0001
    assert rate(one) == Settings().api_rate_limit


def test_it_never_has_the_turn_to_wait_for_background_work(trusted, foreign):
    one, other = trusted(), foreign()
    for each in (one, other):
        each.run()
    with other.check._runs._context.caller.background_work():
        assert not calls._background_turn.locked()
        with one.check._runs._context.caller.background_work():
            assert calls._background_turn.locked()


def test_options_that_others_pay_for_count_up_to_their_default(trusted, foreign):
    usual = {option: getattr(Settings(), option) for option in BOUNDED}
    much, little = {option: 2 * value for option, value in usual.items()}, dict.fromkeys(BOUNDED, 1)

    def given(one):
        return {option: getattr(one.check.settings(), option) for option in BOUNDED}

    assert given(foreign(**much)) == usual
    assert given(foreign(**little)) == little
    assert given(trusted(**much)) == much


@needs_records
def test_it_does_not_replace_the_records_of_others(trusted, foreign, running):
    assert len(trusted().run().records) == 1
    reported = foreign(resource_ttl=1, exclude_columns=["failure_reason"], collect_resources=True).run(after=60)
    assert reported.service_check() == ("ok", "")
    assert reported.records == []
