"""What is known after each poll, of real polls of a simulated AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from optimizationjob.cli.demo.demo_screen_data import DemoRegion
from optimizationjob.cli.instance_options import Instances
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.cli.watch.watch_command import eager
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_picture import Picture, WatchedRun
from optimizationjob.cli.watch.watch_polls import Watch
from optimizationjob.simulator import Fault, ManualClock, Simulator
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus
from tests.cli.watching import EAST, OTHER, a_job, a_picture, no_credentials

ACCOUNTS = ("111111111111", "222222222222")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def aws(clock):
    with Simulator(clock=clock, check_model=False) as running:
        yield running


@pytest.fixture
def watch(aws, clock):
    """Make a watch of an account."""

    def made(account=ACCOUNTS[0], *, since=timedelta(hours=24), label="", **options):
        instance = {
            "regions": ["us-east-1"],
            "endpoint_url": aws.url,
            "aws_access_key_id": f"AKIA{account}",
            "aws_secret_access_key": "simulated",
            **options,
        }
        (settings,) = eager(Instances({}, (instance,)), 15.0, since, is_live=True)
        return Watch(settings, clock, since=since, label=label)

    return made


def ended(aws, clock, name, hours, *, account=ACCOUNTS[0], status="FAILED", lasted=1):
    """A job that ended some hours ago."""
    end = clock.now() - timedelta(hours=hours)
    start = end - timedelta(hours=lasted)
    aws.put_job(
        account, "us-east-1", name, status=status, created_at=start, started_at=start, ended_at=end, modified_at=end
    )


def test_all_ends_of_the_window_are_listed_and_counted(aws, clock, watch):
    for number in range(12):
        ended(aws, clock, f"job-{number}", hours=number * 3 + 0.5)
    made = watch()
    for _ in range(3):
        made.poll()
    overview = Overview((made.picture,))
    assert sorted(job.name for job in overview.jobs) == sorted(f"job-{number}" for number in range(8))
    assert overview.totals == {"failed": 8}
    assert overview.is_complete


def test_a_job_leaves_with_the_window(aws, clock, watch):
    ended(aws, clock, "leaves", hours=1.5)
    made = watch(since=timedelta(hours=2))
    made.poll()
    assert [job.name for job in Overview((made.picture,)).jobs] == ["leaves"]
    clock.advance(3600)
    made.poll()
    assert Overview((made.picture,)).jobs == ()


def test_a_window_may_be_longer_than_the_lookback(aws, clock, watch):
    ended(aws, clock, "old", hours=9 * 24)
    made = watch(since=timedelta(days=10))
    made.poll()
    assert [job.name for job in Overview((made.picture,)).jobs] == ["old"]


def test_two_accounts_are_one_list_and_one_that_fails_hides_no_other(aws, clock, watch):
    for account in ACCOUNTS:
        ended(aws, clock, f"of-{account}", hours=1, account=account)
    watches = [watch(account, label=f"instance {number}") for number, account in enumerate(ACCOUNTS, 1)]
    for one in watches:
        one.poll()
    overview = Overview(tuple(one.picture for one in watches))
    assert sorted(job.name for job in overview.jobs) == [f"of-{account}" for account in ACCOUNTS]
    assert overview.accounts == set(ACCOUNTS)
    aws.fault(Fault.DENIED, operation="ListOptimizationJobs", account=ACCOUNTS[1])
    clock.advance(15)
    for one in watches:
        one.poll()
    overview = Overview(tuple(one.picture for one in watches))
    assert len(overview.jobs) == 2, "the last known jobs stay"
    (trouble,) = overview.troubles
    assert str(trouble).startswith("222222222222 us-east-1 cannot be read: ")
    assert (overview.well, len(overview.regions)) == (1, 2)


def test_two_instances_of_one_account_show_a_job_once(aws, clock, watch):
    ended(aws, clock, "once", hours=1)
    watches = [watch(), watch()]
    for one in watches:
        one.poll()
    assert [job.name for job in Overview(tuple(one.picture for one in watches)).jobs] == ["once"]


def test_an_unknown_account_is_named_by_its_instance():
    unknown = DemoRegion("unknown", "us-east-1")
    picture = a_picture(places=(unknown,), error=no_credentials(), label="instance 3")
    assert str(Overview((picture,)).troubles[0]).startswith("instance 3 us-east-1 cannot be read: Unable to locate")


def test_an_account_that_becomes_known_replaces_the_unknown_one():
    def health(account):
        tags = (f"aws_account:{account}", "region:us-east-1")
        return WatchedRun(delivery=Delivery(healths=(ServiceCheck(status=ServiceCheckStatus.OK, tags=tags),)))

    picture = Picture()
    for account, known in (("unknown", "unknown"), (ACCOUNTS[0], ACCOUNTS[0]), ("unknown", ACCOUNTS[0])):
        picture = picture.after(health(account), 1.0)
        assert list(picture.regions) == [DemoRegion(known, "us-east-1")]
    picture = picture.after(health(ACCOUNTS[1]), 1.0)
    assert len(picture.regions) == 2


def test_a_failed_poll_is_a_trouble_and_keeps_what_is_known():
    before = a_picture(a_job("kept", "FAILED"), places=(EAST,))
    after = before.after(WatchedRun(delivery=Delivery(error="ValueError(); please report it as a bug")), 2.0)
    assert [job.name for job in Overview((after,)).jobs] == ["kept"]
    assert str(Overview((after,)).troubles[0]) == (
        "the instance cannot be read: ValueError(); please report it as a bug"
    )


def test_calls_are_averaged_over_a_minute():
    picture = replace(a_picture(places=(OTHER,)), calls=((40.0, 5), (80.0, 7)))
    assert picture.calls_per_minute(99.0) == 12
    assert picture.calls_per_minute(130.0) == 7
