"""A random fleet, reproducible by seed: jobs of different ages and states, and more that arrive over time."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from optimizationjob.simulator.stories import STORIES, Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from optimizationjob.simulator.job_life import Plan

MODELS = ("llama-3-1-8b", "llama-3-1-70b", "mistral-7b", "mixtral-8x7b", "qwen-2-5-32b", "gemma-2-27b", "phi-4")
TEAMS = ("search", "assistants", "translation", "research")
ENVIRONMENTS = ("production", "staging", "development")
SHORT_NAMES = {"Quantization": "awq", "Compilation": "neuron", "Sharding": "shard", "SpeculativeDecoding": "eagle"}
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetJob:
    """One job of a fleet, ready to be added; `story` explains its outcome."""

    account: str
    region: str
    name: str
    created_at: datetime
    story: Story
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Accounts and regions of a fleet; every account has jobs in every region."""

    accounts: Sequence[str] = ("111111111111",)
    regions: Sequence[str] = ("us-east-1",)


def fleet(  # noqa: PLR0913 - the optional arguments have defaults
    seed: int,
    size: int,
    now: datetime,
    *,
    places: Places | None = None,
    span: timedelta = DAY,
    ahead: timedelta = DAY,
) -> tuple[FleetJob, ...]:
    """Return a fleet with past, current and future jobs.

    Args:
        seed: the same seed and `now` give the same fleet.
        size: number of jobs created before `now`; at `now`, some are deleted and some are active.
        now: the current time.
        places: accounts and regions; one of each by default.
        span: period before `now` over which jobs were created.
        ahead: period after `now` in which jobs keep arriving at the same rate.
    """
    to_come = round(size * (ahead / span))
    past = arrivals(seed, size, now - span, now, places)
    future = arrivals(seed + 1, to_come, now, now + ahead, places)
    return (*past, *future)


def arrivals(
    seed: int, count: int, start: datetime, end: datetime, places: Places | None = None
) -> tuple[FleetJob, ...]:
    """Return `count` jobs with unique names, created between two times, oldest first."""
    places = places or Places()
    dice = random.Random(f"{seed}:{start.isoformat()}")  # noqa: S311 - test data, not a secret
    stories = list(STORIES.values())
    weights = [story.weight for story in stories]
    offsets = sorted(dice.random() for _ in range(count))
    jobs: list[FleetJob] = []
    for serial, offset in enumerate(offsets):
        (story,) = dice.choices(stories, weights)
        model = dice.choice(MODELS)
        technique = SHORT_NAMES[story.techniques[0]]
        jobs.append(
            FleetJob(
                account=dice.choice(places.accounts),
                region=dice.choice(places.regions),
                name=f"{model}-{technique}-{dice.getrandbits(24):06x}-{serial}",
                created_at=start + (end - start) * offset,
                story=story,
                fields={**story.fields(), "plan": _varied(story, dice), "tags": _tags(dice, model)},
            )
        )
    return tuple(jobs)


def _varied(story: Story, dice: random.Random) -> Plan:
    """Return the story's plan with varied durations; a story about a limit keeps its own so that it hits the limit."""
    plan = story.plan
    if story.told.keys() & {"max_runtime", "max_pending", "max_wait"}:
        return plan
    pace = dice.uniform(0.6, 1.6)
    durations = {
        name: getattr(plan, name) * pace
        for name in ("pending_seconds", "runtime_seconds", "stopped_after", "deleted_after")
        if getattr(plan, name) is not None
    }
    return replace(plan, **durations)


def _tags(dice: random.Random, model: str) -> dict[str, str] | None:
    """Return typical team tags; one job in eight is untagged."""
    if dice.random() < 1 / 8:
        return None
    return {"team": dice.choice(TEAMS), "env": dice.choice(ENVIRONMENTS), "model:family": model.partition("-")[0]}
