"""An opt-in region that the account has not enabled is not taken for bad credentials, and costs nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.simulator import Fault

ACCOUNT, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/watch"
EAST, WEST, CLOSED, CLOSED_TOO = "us-east-1", "eu-west-1", "ap-east-1", "me-south-1"
LIST, WHO, ASSUME = "ListOptimizationJobs", "GetCallerIdentity", "AssumeRole"
NOT_ENABLED = "the region is not enabled for this account"
TO_DO = f"Enable {CLOSED} in the account's settings, or remove it from `regions`."
BAD_KEYS = "Check `aws_access_key_id`"
OTHERS = "Other regions are not affected."


@pytest.fixture
def closed(simulator):
    for account in (ACCOUNT, OTHER):
        for region in (CLOSED, CLOSED_TOO):
            simulator.disable_region(account, region)
    simulator.add_role(ROLE)


@pytest.fixture
def source():
    """A profile whose process writes a line each time that its keys are looked up."""
    config = Path(os.environ["AWS_CONFIG_FILE"])
    started, script = config.with_name("started"), config.with_name("process.sh")
    keys = '{"Version": 1, "AccessKeyId": "AKIA111111111111", "SecretAccessKey": "simulated"}'
    script.write_text(f"#!/bin/sh\necho x >> {started}\necho '{keys}'\n", encoding="utf-8")
    script.chmod(0o755)
    config.write_text(f"[profile file]\ncredential_process = {script}\n", encoding="utf-8")
    return started


def is_closed(reported, region=CLOSED):
    status, message = reported.service_check(region)
    assert status == "warning"
    assert NOT_ENABLED in message
    assert f"Enable {region} in the account's settings, or remove it from `regions`." in message
    assert "aws_access_key_id" not in message
    assert reported.value("api.up", f"region:{region}") == 0
    assert reported.values("jobs", f"region:{region}") == []
    assert reported.values("poll.data_age_seconds", f"region:{region}") == [], "no data that could be too old"
    return True


@pytest.mark.parametrize("role", [None, ROLE])
@pytest.mark.parametrize("regions", [[CLOSED, WEST], [WEST, CLOSED], [CLOSED, CLOSED_TOO, WEST]])
def test_it_is_a_warning_that_costs_the_others_nothing(agent, put, simulator, closed, role, regions):
    put("one", account=OTHER if role else ACCOUNT, region=WEST)
    one = agent(regions=regions, assume_role=role)
    for number in range(5):
        reported = one.run(after=60)
        assert reported.service_check(WEST) == ("ok", "")
        assert reported.total("jobs", f"region:{WEST}") == 1
        for region in regions:
            if region != WEST:
                assert is_closed(reported, region)
                assert OTHERS in reported.service_check(region)[1]
                asked = [call.operation for call in simulator.calls if call.region == region]
                assert asked.count(LIST) == 1, "one attempt in a run"
                assert set(asked) - {LIST} == set() or number == 0, "nothing else is asked there"
        assert (reported.calls[ASSUME], reported.calls[WHO]) == (0, 0) or number == 0


@pytest.mark.slow
def test_every_region_that_a_pattern_names_may_be_closed_but_one(agent, put, simulator):
    everywhere = resolve_regions(["*"], None)
    for region in everywhere:
        if region != WEST:
            simulator.disable_region(ACCOUNT, region)
    put("one", region=WEST)
    one = agent(regions=["*"])
    for _ in range(2):
        reported = one.run(after=60)
        assert reported.service_check(WEST) == ("ok", "")
        for region in everywhere:
            assert region == WEST or is_closed(reported, region)


@pytest.mark.parametrize("interval", [15, 60])
def test_the_only_region_may_be_closed_and_the_keys_are_not_looked_up_again(agent, simulator, closed, source, interval):
    one = agent(regions=[CLOSED], profile_name="file", aws_access_key_id=None, aws_secret_access_key=None)
    asked = 0
    for _ in range(12):
        reported = one.run(after=interval)
        assert is_closed(reported)
        assert "other regions" not in reported.service_check(CLOSED)[1].lower(), "there is none"
        assert f"AWS accepts the credentials in {EAST}" in reported.service_check(CLOSED)[1]
        asked += reported.calls[WHO]
    assert len(source.read_text(encoding="utf-8").split()) == 1
    assert asked <= 2 + 12 * interval / 60, "STS is asked once a minute at most"


def test_the_only_region_may_be_closed_to_the_account_of_a_role(agent, simulator, closed):
    one = agent(regions=[CLOSED], assume_role=ROLE)
    for number in range(4):
        reported = one.run(after=60)
        assert is_closed(reported)
        assert reported.calls[ASSUME] == (2 if number == 0 else 0), "first where STS is not enabled, then at home"


@pytest.mark.parametrize("role", [None, ROLE])
def test_keys_that_are_accepted_nowhere_are_bad_in_every_region(agent, simulator, closed, role):
    simulator.fault(Fault.UNRECOGNIZED)
    one = agent(regions=[CLOSED, WEST], assume_role=role)
    for _ in range(3):
        reported = one.run(after=60)
        for region in (CLOSED, WEST):
            status, message = reported.service_check(region)
            assert (status, BAD_KEYS in message, OTHERS in message) == ("critical", True, False)
            assert reported.value("api.up", f"region:{region}") == 0
        assert reported.values("jobs") == []


@pytest.mark.parametrize("fault", [Fault.UNRECOGNIZED, Fault.EXPIRED_TOKEN])
def test_keys_that_were_good_and_are_revoked_are_bad_and_looked_up_again(agent, put, simulator, closed, source, fault):
    put("one", region=WEST)
    regions = [CLOSED, WEST]
    one = agent(regions=regions, profile_name="file", aws_access_key_id=None, aws_secret_access_key=None)
    assert is_closed(one.run())
    simulator.fault(fault)
    reported = one.run(after=600)
    assert [reported.service_check(region)[0] for region in regions] == ["critical", "critical"]
    assert all(BAD_KEYS in reported.service_check(region)[1] for region in regions)
    one.run(after=60)
    assert len(source.read_text(encoding="utf-8").split()) == 2
    simulator.clear_faults()
    reported = one.run(after=60)
    assert is_closed(reported)
    assert reported.service_check(WEST) == ("ok", "")


def test_keys_that_a_third_region_calls_expired_are_good_all_the_same(agent, put, simulator, closed, source):
    put("one", region=WEST)
    simulator.fault(Fault.EXPIRED_TOKEN, operation=LIST, region=EAST)
    regions = [CLOSED, EAST, WEST]
    one = agent(regions=regions, profile_name="file", aws_access_key_id=None, aws_secret_access_key=None)
    for _ in range(4):
        reported = one.run(after=60)
        assert is_closed(reported)
        assert [reported.service_check(region)[0] for region in (EAST, WEST)] == ["critical", "ok"]
        assert OTHERS not in reported.service_check(CLOSED)[1]
        assert OTHERS in reported.service_check(EAST)[1]
    assert len(source.read_text(encoding="utf-8").split()) == 1


def test_it_is_known_while_the_others_cannot_be_read(agent, put, simulator, closed):
    put("one", region=WEST)
    one = agent(regions=[CLOSED, WEST], max_attempts=1)
    one.run()
    simulator.fault(Fault.RESET, region=WEST)
    simulator.fault(Fault.RESET, region=EAST)
    reported = one.run(after=60)
    assert is_closed(reported)
    assert OTHERS not in reported.service_check(CLOSED)[1], "they are, by something else"
    assert OTHERS not in reported.service_check(WEST)[1]


def test_a_region_that_is_enabled_later_is_watched(agent, put, simulator, closed):
    put("one", region=CLOSED)
    one = agent(regions=[CLOSED, WEST])
    assert is_closed(one.run())
    simulator.enable_region(ACCOUNT, CLOSED)
    reported = one.run(after=60)
    assert reported.service_check(CLOSED) == ("ok", "")
    assert reported.total("jobs", f"region:{CLOSED}") == 1
    assert reported.value("poll.data_age_seconds", f"region:{CLOSED}") == 0


def test_a_region_that_was_never_read_is_no_alarm_after_a_restart_either(agent, put, simulator, closed):
    one = agent(regions=[CLOSED, WEST])
    for _ in range(3):
        assert is_closed(one.run(after=3600))
        one.restart()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_region_that_is_disabled_while_it_is_watched_is_critical(agent, put, simulator, is_restarted):
    put("one", region=CLOSED)
    one = agent(regions=[CLOSED, WEST])
    one.run()
    simulator.disable_region(ACCOUNT, CLOSED)
    if is_restarted:
        one.restart()
    else:
        # Until then the last picture counts as recent, as after any failure.
        assert one.run(after=60).service_check(CLOSED)[0] == "warning"
    for _ in range(3):
        reported = one.run(after=120)
        status, message = reported.service_check(CLOSED)
        assert (status, NOT_ENABLED in message, TO_DO in message, OTHERS in message) == ("critical", True, True, True)
        assert reported.value("api.up", f"region:{CLOSED}") == 0
        assert reported.total("jobs", f"region:{CLOSED}") == 1, "as remembered"
        assert reported.values("poll.data_age_seconds", f"region:{CLOSED}") != []
        assert reported.events == []
        words = "was remembered of earlier runs" if is_restarted else "seconds ago is reported meanwhile"
        assert words in message
    simulator.enable_region(ACCOUNT, CLOSED)
    assert one.run(after=60).service_check(CLOSED) == ("ok", "")


@pytest.mark.parametrize("fault", [Fault.DENIED_BY_POLICY, Fault.UNKNOWN_OPERATION])
def test_any_region_that_is_closed_while_it_is_watched_is_critical(agent, put, simulator, fault):
    put("one")
    one = agent(regions=[EAST, WEST])
    one.run()
    simulator.fault(fault, operation=LIST)
    reported = one.run(after=600)
    assert [reported.service_check(region)[0] for region in (EAST, WEST)] == ["critical", "critical"]
    assert OTHERS not in reported.service_check(EAST)[1]


def test_sts_that_is_disabled_in_the_region_is_no_sign_of_bad_keys(agent, put, simulator, closed):
    simulator.fault(Fault.UNKNOWN_OPERATION, operation=WHO, region=CLOSED)
    put("one", region=WEST)
    one = agent(regions=[CLOSED, WEST])
    for _ in range(2):
        assert is_closed(one.run(after=60))


@pytest.mark.parametrize("fault", [Fault.UNRECOGNIZED, Fault.SERVER_ERROR, Fault.DENIED])
def test_other_regions_are_not_affected_only_where_there_are_some_that_work(agent, simulator, fault):
    simulator.fault(fault, operation=LIST, region=WEST)
    assert OTHERS not in agent(regions=[WEST]).run().service_check(WEST)[1]
    assert OTHERS in agent(regions=[EAST, WEST]).run().service_check(WEST)[1]
    simulator.fault(fault, operation=LIST, region=EAST)
    reported = agent(regions=[EAST, WEST]).run()
    assert [OTHERS in reported.service_check(region)[1] for region in (EAST, WEST)] == [False, False]
