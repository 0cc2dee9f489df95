"""The budget of requests: never above its rate, slower when throttled, shared by all who ask."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.aws.rate_limit import RateLimit, RateLimitKey, TokenBucket, bucket_of
from optimizationjob.simulator import ManualClock


class User:
    """Something that can be held and let go."""


def a_budget(clock, rate=2.0, burst=10):
    budget, user = TokenBucket(clock), User()
    budget.add_user(user, RateLimit(rate, burst))
    return budget, user


def drain(budget):
    taken = 0
    while budget.take() == 0:
        taken += 1
    return taken


def test_a_burst_then_the_rate():
    clock = ManualClock()
    budget, _user = a_budget(clock)
    assert drain(budget) == 10
    assert budget.take() == pytest.approx(0.5)
    clock.advance(0.5)
    assert budget.take() == 0
    clock.advance(3600)
    assert drain(budget) == 10


def test_an_overdraft_is_paid_back():
    clock = ManualClock()
    budget, _user = a_budget(clock, rate=1.0, burst=1)
    assert [budget.take(overdraw=True) for _ in range(3)] == [0, 0, 0]
    assert budget.take() == pytest.approx(3)


@given(
    rate=st.floats(0.05, 50),
    burst=st.integers(1, 100),
    steps=st.lists(st.floats(0, 30), min_size=1, max_size=40),
)
def test_never_more_than_the_burst_and_the_rate(rate, burst, steps):
    clock = ManualClock()
    budget, _user = a_budget(clock, rate, burst)
    taken = 0
    for seconds in steps:
        taken += drain(budget)
        clock.advance(seconds)
        assert taken <= burst + rate * clock.monotonic() + 1e-6


def test_throttling_halves_the_rate_once_a_second_down_to_the_floor():
    clock = ManualClock()
    budget, _user = a_budget(clock, rate=2.0)
    rates = []
    for _ in range(7):
        budget.throttled()
        budget.throttled()
        rates.append(budget.rate)
        clock.advance(1)
    assert rates == [1.0, 0.5, 0.25, 0.125, 0.1, 0.1, 0.1]
    assert budget.take() > 0, "what was saved up is gone"


def test_the_rate_comes_back_by_a_tenth_for_ten_clean_seconds():
    clock = ManualClock()
    budget, _user = a_budget(clock, rate=2.0)
    budget.throttled()
    clock.advance(9)
    assert budget.rate == 1.0
    clock.advance(1)
    assert budget.rate == pytest.approx(1.1)
    clock.advance(10)
    assert budget.rate == pytest.approx(1.21)
    clock.advance(600)
    assert budget.rate == 2.0


def test_a_rate_below_the_floor_is_not_raised_by_throttling():
    budget, _user = a_budget(ManualClock(), rate=0.05)
    budget.throttled()
    assert budget.rate == 0.05


def test_the_most_modest_user_counts_for_as_long_as_it_exists():
    clock = ManualClock()
    budget, _user = a_budget(clock, rate=5.0, burst=50)
    modest = User()
    budget.add_user(modest, RateLimit(1.0, 3))
    assert (budget.rate, drain(budget)) == (1.0, 3)
    del modest
    gc.collect()
    assert budget.rate == 5.0


def test_a_key_has_one_bucket_while_a_user_holds_it():
    clock = ManualClock()
    key = RateLimitKey("http://there", "1", "us-east-1")
    held = bucket_of(key, clock)
    assert bucket_of(RateLimitKey("http://there", "1", "us-east-1"), clock) is held
    assert bucket_of(RateLimitKey("http://there", "2", "us-east-1"), clock) is not held


def test_after_throttling_the_next_request_waits_a_second_however_high_the_rate():
    clock = ManualClock()
    budget, _user = a_budget(clock, rate=1000.0, burst=1000)
    budget.throttled()
    assert budget.take() == pytest.approx(1.0, abs=0.01)
