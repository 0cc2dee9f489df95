"""A lively fleet, the same for the same seed: jobs of many ages in many states, and more that arrive in time."""

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
    """One job of a fleet, ready to be added; `story` is kept for whoever wants to know why it ends as it does."""

    account: str
    region: str
    name: str
    created_at: datetime
    story: Story
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where jobs are created: every account has jobs in every region."""

    accounts: Sequence[str] = ("111111111111",)
    regions: Sequence[str] = ("us-east-1",)


def fleet(  # noqa: PLR0913 - every part of it has a sensible value
    seed: int,
    size: int,
    now: datetime,
    *,
    places: Places | None = None,
    span: timedelta = DAY,
    ahead: timedelta = DAY,
) -> tuple[FleetJob, ...]:
    """Return a fleet that has a past, a present and a future.

    Args:
        seed: the same seed gives the same fleet at the same `now`.
        size: how many jobs were created before `now`; some are deleted by then, some are active.
        now: the moment to look at it first.
        places: accounts and regions; one of each unless given.
        span: over how much time before `now` jobs were created.
        ahead: for how long after `now` jobs go on arriving, as densely as before it.
    """
    to_come = round(size * (ahead / span))
    past = arrivals(seed, size, now - span, now, places)
    future = arrivals(seed + 1, to_come, now, now + ahead, places)
    return (*past, *future)


def arrivals(
    seed: int, count: int, start: datetime, end: datetime, places: Places | None = None
) -> tuple[FleetJob, ...]:
    """Return so many jobs created between two moments, oldest first, all with names of their own."""
    places = places or Places()
    dice = random.Random(f"{seed}:{start.isoformat()}")  # noqa: S311 - a made-up fleet, no secret
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
    """Return the story's plan with durations of its own; stories about a limit keep theirs, or would miss it."""
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
    """Return tags as teams set them; one job in eight was never tagged."""
    if dice.random() < 1 / 8:
        return None
    return {"team": dice.choice(TEAMS), "env": dice.choice(ENVIRONMENTS), "model:family": model.partition("-")[0]}
