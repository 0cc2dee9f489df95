"""Whose jobs they are: keys, roles, and what is told while nobody knows."""

from __future__ import annotations

import pytest
from botocore.session import Session

from optimizationjob.aws.calls import Caller
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.simulator import Fault

ACCOUNT, OTHER = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "eu-west-1"


def test_two_accounts_and_two_regions_are_told_apart(agent, put, simulator):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    put("mine")
    put("theirs", account=OTHER, region=WEST)
    reported = agent(regions=[EAST, WEST]).run()
    assert reported.total("jobs", f"aws_account:{ACCOUNT}", f"region:{EAST}") == 1
    assert reported.total("jobs", f"region:{WEST}") == 0
    other = agent(regions=[EAST, WEST], assume_role=f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    reported = other.run()
    assert reported.total("jobs", f"aws_account:{OTHER}", f"region:{WEST}") == 1
    assert (reported.calls["AssumeRole"], reported.calls["GetCallerIdentity"]) == (1, 0)
    assert other.run(after=60).calls["AssumeRole"] == 0
    assert other.run(after=3600).calls["AssumeRole"] == 1, "renewed before the credentials end"


def test_renewing_the_credentials_of_a_role_makes_no_new_client_of_sagemaker(agent, simulator, monkeypatch):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch")
    made = []
    make = Session.create_client

    def client(self, service, **options):
        made.append(service)
        return make(self, service, **options)

    monkeypatch.setattr(Session, "create_client", client)
    one = agent(assume_role=f"arn:aws:iam::{OTHER}:role/watch")
    for _ in range(2):
        one.run(after=60)
    made.clear()
    assert sum(one.run(after=3600).calls["AssumeRole"] for _ in range(3)) == 3
    assert "sagemaker" not in made


@pytest.mark.parametrize("role", [None, f"arn:aws:iam::{OTHER}:role/watch"])
def test_credentials_that_come_late_are_found(agent, simulator, monkeypatch, role):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch")
    one = agent(aws_access_key_id=None, aws_secret_access_key=None, assume_role=role)
    status, message = one.run().service_check()
    assert (status, "Unable to locate credentials" in message) == ("critical", True)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
    assert one.run(after=60).service_check()[0] == "ok"


def test_no_two_callers_spend_one_budget_before_their_account_is_known(clock):
    def unknown():
        return Caller(
            clock=clock, max_attempts=1, attempt_seconds=10, endpoint="", rate_limit=RateLimit(1, 1)
        )._account_id

    # Each is gone before the next is made, which may stand in its place.
    assert len({unknown() for _ in range(100)}) == 100


def test_the_account_is_asked_for_once_for_all_regions(agent):
    one = agent(regions=[EAST, WEST, "us-west-2"])
    assert one.run().calls["GetCallerIdentity"] == 1
    assert one.run(after=60).calls["GetCallerIdentity"] == 0


def test_a_wrong_external_id_is_said_with_what_to_do(agent, simulator):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    reported = agent(assume_role=f"arn:aws:iam::{OTHER}:role/watch", external_id="another-word").run()
    status, message = reported.service_check()
    assert status == "critical"
    assert "sts:AssumeRole" in message
    assert "trust policy" in message
    assert "another-word" not in message


def test_until_the_account_is_known_only_health_and_calls_are_told(agent, simulator, put):
    simulator.fault(Fault.DENIED, operation="GetCallerIdentity")
    one = agent()
    reported = one.run()
    assert {m["name"] for m in reported.metrics} == {"optimizationjob.api.calls", "optimizationjob.api.up"}
    assert reported.service_checks[0]["tags"] == [f"region:{EAST}", "aws_account:unknown"]
    put("one", "FAILED", created=20, started=19, ended=18)
    reported = one.run(after=60)
    assert reported.service_checks[0]["tags"] == [f"region:{EAST}", f"aws_account:{ACCOUNT}"], "from the job's ARN"


def test_no_credentials_is_one_clear_message(agent):
    reported = agent(aws_access_key_id=None, aws_secret_access_key=None).run()
    assert reported.error == ""
    status, message = reported.service_check()
    assert status == "critical"
    assert "credentials" in message.lower()
    assert "\n" not in message


def test_two_instances_watch_different_regions_of_one_account(agent, put, simulator, clock):
    east, west = agent(regions=[EAST]), agent(regions=[WEST])
    put("here")
    put("there", region=WEST)
    assert (east.run().total("jobs"), west.run().total("jobs")) == (1, 1)
    for name, region in (("here", EAST), ("there", WEST)):
        simulator.update_job(ACCOUNT, region, name, status="FAILED", ended_at=clock.now(), failure_reason="none left")
    assert east.run(after=60).titles() == ["Optimization job here FAILED"]
    west.restart()
    assert west.run(after=60).titles() == ["Optimization job there FAILED"], "neither takes the other's memory"
    east.restart()
    assert east.run(after=60).titles() == []


def test_regions_may_move_between_the_instances_of_an_account(agent, put, simulator, clock):
    both = agent(regions=[EAST, WEST])
    put("there", region=WEST)
    both.run()
    simulator.update_job(ACCOUNT, WEST, "there", status="FAILED", ended_at=clock.now(), failure_reason="none left")
    assert both.run(after=60).titles() == ["Optimization job there FAILED"]
    assert agent(regions=[EAST]).run(after=60).titles() == []
    assert agent(regions=[WEST]).run(after=60).titles() == [], "the memory is the region's, not the instance's"


@pytest.mark.parametrize("spoiled", [{"Expiration": "soon"}, {"SessionToken": ""}])
def test_credentials_of_a_role_that_lack_a_part_are_a_bad_answer(agent, put, simulator, spoiled):
    put("one", account=OTHER)
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch")
    simulator.tamper(
        lambda _, answer: {**answer, "Credentials": {**answer["Credentials"], **spoiled}}, operation="AssumeRole"
    )
    status, message = agent(assume_role=f"arn:aws:iam::{OTHER}:role/watch").run().service_check()
    assert status == "critical"
    (member,) = spoiled
    assert f"the answer has no {member} that can be read" in message
    simulator.clear_tampers()
