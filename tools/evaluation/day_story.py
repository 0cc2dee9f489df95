"""The jobs and faults of the simulated day.

Times are minutes after midnight, when the day starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.simulator import STORIES, FleetJob, Plan, Story

RESEARCH, PRODUCTION = "111111111111", "222222222222"
VIRGINIA, IRELAND = "us-east-1", "eu-west-1"
REGIONS: Final = {RESEARCH: (VIRGINIA, IRELAND), PRODUCTION: (VIRGINIA,)}
PLACES: Final = tuple((account, region) for account, regions in REGIONS.items() for region in regions)
TEAMS: Final = ("search", "assistants", "translation")
MODELS: Final = ("llama-3-1-8b", "mistral-7b", "qwen-2-5-32b", "phi-4")
HOUR: Final = 60.0

ROUTINE: Final = ("quantization", "compilation", "sharding", "quantization-and-sharding", "quantization")
"""The stories of the routine jobs, used in turn."""
MORNING: Final = 5.25 * HOUR
EVENING: Final = 20.5 * HOUR
"""Between MORNING and EVENING, a routine job is created every PACE minutes; the rest of the day is quiet."""
PACE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of the day, in minutes."""

    start: float
    end: float

    def holds(self, minute: float) -> bool:
        """Return whether the period contains a minute."""
        return self.start <= minute < self.end


QUIET_NIGHT: Final = Stretch(0, 5 * HOUR)
BAD_HOUR: Final = Stretch(10 * HOUR, 11 * HOUR)
OUTAGE: Final = Stretch(13 * HOUR, 13 * HOUR + 40)
THROTTLING: Final = Stretch(15 * HOUR, 15.5 * HOUR)
SILENCE: Final = Stretch(17 * HOUR, 17.5 * HOUR)


@dataclass(frozen=True, slots=True)
class Part:
    """A job with its own role in the day."""

    name: str
    story: str
    account: str
    region: str
    minute: float
    """Creation time."""
    plan: Plan | None = None
    """Overrides the story's plan."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Override the story's limits, in seconds."""


CAPACITY_WAIT: Final = Part(
    "llama-3-1-70b-waits", "capacity-wait", RESEARCH, VIRGINIA, 6 * HOUR, Plan(pending_seconds=110 * 60)
)
"""It starts after 92 % of its pending limit of two hours."""
LONG_RUN: Final = Part(
    "mixtral-8x7b-long",
    "eagle",
    PRODUCTION,
    VIRGINIA,
    7 * HOUR,
    Plan(runtime_seconds=230 * 60),
    limits={"max_runtime": 14_400, "max_pending": 3_600, "max_wait": 18_000},
)
"""It completes after 96 % of its runtime limit of four hours."""
STUCK: Final = Part(
    "phi-4-stuck",
    "stuck-stopping",
    RESEARCH,
    VIRGINIA,
    11.5 * HOUR,
    Plan(runtime_seconds=7_200, stopped_after=900, stopping_seconds=3_600),
)
FAILED_UNSEEN: Final = Part("qwen-2-5-32b-unseen", "cuda-memory", PRODUCTION, VIRGINIA, SILENCE.start - 7)
"""It fails 15 minutes after its creation, while the check of its account does not run."""

TONIGHT: Final = Part(
    "llama-3-1-405b-tonight",
    "eagle",
    PRODUCTION,
    VIRGINIA,
    22 * HOUR,
    Plan(runtime_seconds=6 * 3600),
    limits={"max_runtime": 28_800, "max_pending": 3_600, "max_wait": 32_400},
)
WAITS_TONIGHT: Final = Part(
    "phi-4-waits-tonight", "capacity-wait", RESEARCH, VIRGINIA, 23.4 * HOUR, Plan(pending_seconds=110 * 60)
)
ACTIVE_AT_MIDNIGHT: Final = (
    TONIGHT,
    WAITS_TONIGHT,
    Part("qwen-2-5-32b-tonight", "sharding", RESEARCH, VIRGINIA, 23.5 * HOUR, Plan(runtime_seconds=3 * 3600)),
    Part("mistral-7b-tonight", "quantization", RESEARCH, IRELAND, 23.7 * HOUR, Plan(runtime_seconds=2 * 3600)),
    Part("gemma-2-27b-waits", "capacity-wait", PRODUCTION, VIRGINIA, 23.8 * HOUR, Plan(pending_seconds=110 * 60)),
)
"""What runs or waits when the day ends; all other jobs have ended."""

CAST: Final = (
    *(CAPACITY_WAIT, LONG_RUN, STUCK, FAILED_UNSEEN),
    Part("gemma-2-27b-denied", "access-denied", RESEARCH, VIRGINIA, BAD_HOUR.start + 2),
    Part("gemma-2-27b-gated", "gated-repository", RESEARCH, IRELAND, BAD_HOUR.start + 4),
    Part("gemma-2-27b-bucket", "no-such-bucket", RESEARCH, VIRGINIA, BAD_HOUR.start + 6),
    Part("gemma-2-27b-image", "image-pull", RESEARCH, IRELAND, BAD_HOUR.start + 12),
    Part("gemma-2-27b-degree", "bad-tensor-degree", RESEARCH, VIRGINIA, BAD_HOUR.start + 15),
    Part("gemma-2-27b-untold", "untold", RESEARCH, IRELAND, BAD_HOUR.start + 18),
    Part("mixtral-8x7b-capacity", "capacity", PRODUCTION, VIRGINIA, 11 * HOUR),
    Part("gemma-2-27b-internal", "internal", RESEARCH, VIRGINIA, BAD_HOUR.start + 14),
    Part("mixtral-8x7b-expired", "pending-limit", PRODUCTION, VIRGINIA, 18.5 * HOUR),
    Part("mistral-7b-too-long", "runtime-limit", RESEARCH, IRELAND, 15 * HOUR),
    Part("mistral-7b-stopped", "stopped-running", PRODUCTION, VIRGINIA, 12 * HOUR),
    Part("mistral-7b-withdrawn", "stopped-pending", RESEARCH, VIRGINIA, 16 * HOUR),
    *ACTIVE_AT_MIDNIGHT,
)


def jobs(start: datetime) -> Iterator[FleetJob]:
    """Yield all jobs of the day that starts at `start`: those of the previous evening, routine jobs and the cast."""
    for index, minute in enumerate((-720.0, -540.0, -360.0)):
        yield _usual(start, index, minute, "before")
    for index in range(int((EVENING - MORNING) / PACE)):
        yield _usual(start, index, MORNING + index * PACE, "usual")
    for index, part in enumerate(CAST):
        story = STORIES[part.story]
        fields = {**story.fields(), "tags": {"team": TEAMS[index % len(TEAMS)]}}
        fields |= {"plan": part.plan} if part.plan else {}
        fields |= part.limits
        yield FleetJob(
            account=part.account,
            region=part.region,
            name=part.name,
            created_at=start + timedelta(minutes=part.minute),
            story=story,
            fields=fields,
        )


def _usual(start: datetime, index: int, minute: float, word: str) -> FleetJob:
    story: Story = STORIES[ROUTINE[index % len(ROUTINE)]]
    account, region = PLACES[index % len(PLACES)]
    return FleetJob(
        account=account,
        region=region,
        name=f"{MODELS[index % len(MODELS)]}-{word}-{index}",
        created_at=start + timedelta(minutes=minute),
        story=story,
        fields={**story.fields(), "tags": {"team": TEAMS[index % len(TEAMS)]}},
    )
