"""What can wait comes after what is urgent in every region, and keeps no check runner busy."""

from __future__ import annotations

import threading

import pytest

from optimizationjob.aws import calls
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.simulator import Fault, ManualClock
from tests.versions import needs_records

ACCOUNT, EAST, WEST = "111111111111", "us-east-1", "eu-west-1"
LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"
REGIONS = sorted(resolve_regions(("us-*", "eu-*", "ap-*", "ca-*", "sa-*"), None))[:24]


@pytest.fixture
def latency(simulator, clock):
    """Let each answer take some seconds of the clock."""

    def set_latency(seconds):
        def pass_time(_, answer):
            clock.advance(seconds)
            return answer

        simulator.tamper(pass_time)

    return set_latency


def up(reported, regions):
    return [region for region in regions if reported.value("api.up", f"region:{region}") == 1]


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [1, 8])
def test_every_region_is_listed_in_every_run_of_a_first_reading(agent, fill, latency, clock, concurrency):
    for region in REGIONS:
        fill(40, region=region)
    latency(0.25)
    one = agent(regions=REGIONS, max_concurrency=concurrency)
    for _ in range(4):
        started = clock.monotonic() + 60
        reported = one.run(after=60)
        assert up(reported, REGIONS) == REGIONS
        assert clock.monotonic() - started <= 20 + 0.25 * concurrency
        assert {status for status, _ in map(reported.service_check, REGIONS)} == {"ok"}


def test_a_region_that_fails_is_retried_after_the_others_were_listed(agent, simulator, clock, put):
    regions = REGIONS[:6]
    for region in regions:
        put("one", region=region)
    simulator.fault(Fault.SERVER_ERROR, operation=LIST, region=regions[0])
    one = agent(regions=regions, max_concurrency=1)
    reported = one.run()
    order = [call.region for call in simulator.calls if call.operation == LIST]
    assert order[: len(regions)] == regions
    assert order[len(regions) :] == [regions[0]] * 2, "three attempts in all"
    assert up(reported, regions) == regions[1:]


def test_regions_take_turns_at_being_first(agent, simulator):
    regions = REGIONS[:3]
    one = agent(regions=regions, max_concurrency=1)
    first = []
    for _ in range(6):
        one.run(after=60)
        first.append(next(call.region for call in simulator.calls if call.operation == LIST))
    assert first == regions * 2


def test_an_urgent_end_comes_before_background_work_of_other_regions(agent, simulator, clock, fill, put, latency):
    fill(300, region=WEST)
    put("one", region=EAST)
    one = agent(regions=[WEST, EAST], max_concurrency=1, api_rate_limit=0.5, api_burst=5)
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="FAILED", ended_at=clock.now(), failure_reason="CapacityError: x")
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "CapacityError" in reported.events[0]["msg_text"]


@needs_records
def test_one_run_in_the_process_waits_for_the_rate_limit_on_behalf_of_background_work(agent, fill, clock):
    accounts = [f"{number:012d}" for number in range(1, 5)]
    for account in accounts:
        fill(150, account=account)
    checks = [agent(aws_access_key_id=f"AKIA{account}") for account in accounts]
    seconds, together = [], threading.Barrier(len(checks))
    waiting = threading.Semaphore(0)

    class Patient(ManualClock):
        """Its first wait lasts until all runs but the waiting one are over."""

        def wait(self, signal, pause):
            waiting.acquire(timeout=30)
            return super().wait(signal, pause)

    def run(check, own):
        together.wait()
        started = own.monotonic()
        check.check.run()
        seconds.append(own.monotonic() - started)
        for _ in range(1000):
            waiting.release()

    threads = []
    for check in checks:
        own = Patient(clock.now())
        check.check.clock = own
        threads.append(threading.Thread(target=run, args=(check, own)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seconds)[:3] == [0.0] * 3, "they use the tokens that are there, and do not wait"
    assert sorted(seconds)[3] == pytest.approx(20, abs=1)


@needs_records
def test_a_run_without_the_turn_uses_the_tokens_that_are_there(agent, fill, clock):
    fill(150)
    one = agent(api_rate_limit=2, api_burst=10)
    started = clock.monotonic()
    with calls._background_turn:
        reported = one.run()
    assert clock.monotonic() == started
    assert sum(reported.calls.values()) - reported.calls["GetCallerIdentity"] == 10
    assert reported.value("poll.backlog") > 0
    assert one.run(after=60).calls.total() > 40, "the next run has the turn, and waits"


@needs_records
@pytest.mark.parametrize(("delivery", "calls"), [(0, 20), (8, 12), (60, 10)])
def test_preparing_and_submitting_counts_towards_the_time_of_a_run(agent, fill, latency, clock, delivery, calls):
    fill(100)
    one = agent(api_rate_limit=100, api_burst=100)
    latency(1)
    submit = one.check.service_check

    def slowly(*args, **options):
        clock.advance(delivery)
        submit(*args, **options)

    one.check.service_check = slowly
    one.run()
    started = clock.monotonic() + 60
    one.run(after=60)
    assert clock.monotonic() - started - delivery == pytest.approx(calls, abs=1.5)
