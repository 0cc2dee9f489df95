"""AWS as it truly is: every job of an example, what became of it, and what the simulator has shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from optimizationjob.aws import rate_limit
from optimizationjob.simulator import Fault, Habits, ManualClock, Simulator
from optimizationjob.simulator import sagemaker_operations as simulated
from optimizationjob.simulator import tagging_operations as tagging

ACCOUNT = "111111111111"
REGIONS = ("us-east-1", "eu-west-1", "ap-south-1")
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ACTIVE = ("STARTING", "INPROGRESS", "STOPPING")
FULL_PAGE = 100
# With these the answer still reaches the check in one piece.
READABLE = (None, Fault.EMPTY_PAGES, Fault.REPEATED_TOKEN, Fault.REFUSED_TOKEN)
LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"
LIST_TAGS, GET_RESOURCES = "ListTags", "GetResources"
ANSWERS = {operation: simulated.OPERATIONS[operation] for operation in (LIST, DESCRIBE, LIST_TAGS)}
TAG_ANSWERS = {GET_RESOURCES: tagging.OPERATIONS[GET_RESOURCES]}


@dataclass(kw_only=True, eq=False)
class Life:
    """One job from its creation to its deletion; a name that is used again begins another life."""

    region: str
    name: str
    created_at: datetime
    status: str = "STARTING"
    moved_at: datetime
    ended_at: datetime | None = None
    deleted_at: datetime | None = None
    reason: str | None = None
    tag_lag: float = 0.0
    """Seconds from its creation until its tags can be read."""

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def exists(self) -> bool:
        return self.deleted_at is None

    def __repr__(self) -> str:
        moments = (self.created_at, self.ended_at, self.deleted_at)
        return f"<{self.region}/{self.name} {self.status} {[moment and f'{moment:%d %H:%M:%S}' for moment in moments]}>"


@dataclass
class World:
    """The jobs of one account in two regions, on a clock that is set by hand."""

    filters_after_cut: bool
    page_size: int = FULL_PAGE
    lives: list[Life] = field(default_factory=list)
    shown: list[tuple[Life, str]] = field(default_factory=list)
    """The jobs that the answers of the present run held, with their status then."""
    struck_at: datetime | None = None
    """When a fault struck last."""

    def __post_init__(self) -> None:
        self.clock = ManualClock(T0)
        self.simulator = Simulator(clock=self.clock, habits=Habits(filters_after_cut=self.filters_after_cut))
        simulated.OPERATIONS[LIST] = self._list
        simulated.OPERATIONS[DESCRIBE] = self._describe
        simulated.OPERATIONS[LIST_TAGS] = self._list_tags
        tagging.OPERATIONS[GET_RESOURCES] = self._get_resources
        self.simulator.start()

    def close(self) -> None:
        """Stop the simulator; it must not have seen or given anything that AWS's model does not know."""
        simulated.OPERATIONS.update(ANSWERS)
        tagging.OPERATIONS.update(TAG_ANSWERS)
        self.simulator.stop()
        assert self.simulator.breaches == [], self.simulator.breaches
        # A bucket that is not collected yet has the clock of this example, and the next one may get the same port.
        rate_limit._buckets.clear()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def present(self, region: str | None = None) -> list[Life]:
        """The jobs that exist now."""
        return [life for life in self.lives if life.exists and region in (None, life.region)]

    def create(self, region: str, name: str, *, late: float = 0.0, tag_lag: float = 0.0) -> None:
        """Create a job, which the lists show only some seconds later, and its tags too; a name in use is left alone."""
        self._tick()
        same = [life for life in self.lives if (life.region, life.name) == (region, name)]
        if any(life.exists for life in same):
            return
        earliest = max((life.deleted_at for life in same), default=T0 - timedelta(days=1)) + timedelta(seconds=1)
        created_at = max(self.now - timedelta(seconds=late), earliest)
        life = Life(region=region, name=name, created_at=created_at, moved_at=created_at, tag_lag=tag_lag)
        self.lives.append(life)
        reported = {"created_at": created_at, "modified_at": self.now, "tags": {"team": "ml"}}
        self.simulator.put_job(ACCOUNT, region, name, status="STARTING", **reported)

    def move(self, life: Life, status: str, *, late: float = 0.0, is_stamped: bool = True) -> None:
        """Move an active job on; one that ends did so some seconds before that shows, maybe without an end time."""
        self._tick()
        if not life.is_active or (status in ACTIVE and ACTIVE.index(status) <= ACTIVE.index(life.status)):
            return
        moved_at = max(self.now - timedelta(seconds=late), life.moved_at + timedelta(seconds=1))
        life.status, life.moved_at = status, moved_at
        fields: dict[str, object] = {"status": status, "modified_at": moved_at}
        if status == "INPROGRESS":
            fields["started_at"] = moved_at
        elif status not in ACTIVE:
            life.ended_at = moved_at
            fields["ended_at"] = moved_at if is_stamped else None
            if status == "FAILED":
                life.reason = f"CapacityError: number {len(self.lives)} at {life.ended_at:%H%M%S}"
                fields["failure_reason"] = life.reason
        self.simulator.update_job(ACCOUNT, life.region, life.name, **fields)

    def delete(self, life: Life) -> None:
        """Delete a job, active or not."""
        self._tick()
        life.deleted_at = self.now
        self.simulator.delete_job(ACCOUNT, life.region, life.name)

    def begin_run(self) -> None:
        """Forget what the run before was shown."""
        self.shown.clear()

    def end_run(self) -> bool:
        """Lift all faults; say whether one struck in the run."""
        self.simulator.clear_faults()
        is_struck = any(call.fault or call.code == "ThrottlingException" for call in self.simulator.calls)
        if is_struck:
            self.struck_at = self.now
        return is_struck

    def _tick(self) -> None:
        """Move to another whole second, so that no two moments of the world are the same."""
        after = (self.now + timedelta(seconds=2)).replace(microsecond=0)
        self.clock.advance((after - self.now).total_seconds())

    def _list(self, context, body):
        size = min(self.page_size, body.get("MaxResults", FULL_PAGE))
        answer = ANSWERS[LIST](context, {**body, "MaxResults": size})
        self._note(context, answer["OptimizationJobSummaries"])
        return answer

    def _describe(self, context, body):
        answer = ANSWERS[DESCRIBE](context, body)
        self._note(context, [answer])
        return answer

    def _list_tags(self, context, body):
        answer = ANSWERS[LIST_TAGS](context, body)
        return answer if self._shows_tags(context, body["ResourceArn"]) else {**answer, "Tags": []}

    def _get_resources(self, context, body):
        answer = TAG_ANSWERS[GET_RESOURCES](context, body)
        rows = answer["ResourceTagMappingList"]
        shown = [row for row in rows if self._shows_tags(context, row["ResourceARN"])]
        return {**answer, "ResourceTagMappingList": shown}

    def _shows_tags(self, context, arn) -> bool:
        place = (context.caller.region, arn.rpartition("/")[2])
        return all(
            (self.now - life.created_at).total_seconds() >= life.tag_lag
            for life in self.lives
            if life.exists and (life.region, life.name) == place
        )

    def _note(self, context, rows) -> None:
        if context.trick in READABLE:
            self.shown += [
                (life, row["OptimizationJobStatus"]) for row in rows for life in self._lives_of(context, row)
            ]

    def _lives_of(self, context, row) -> Iterator[Life]:
        key = (context.caller.region, row["OptimizationJobName"], row["CreationTime"])
        return (life for life in self.lives if (life.region, life.name, life.created_at) == key)
