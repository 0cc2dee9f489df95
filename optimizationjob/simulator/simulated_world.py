"""The simulated world: the jobs and tags of all accounts and regions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from optimizationjob.simulator.error_answers import SimulatorError
from optimizationjob.simulator.job_life import ALWAYS, NEVER, LifeMoment, Plan, interrupted, milliseconds, timeline
from optimizationjob.simulator.job_members import (
    JobFields,
    PlannedFields,
    arn,
    described,
    filled,
    image,
    limits_of,
    refuse_unknown,
    types_of,
)
from optimizationjob.simulator.service_model import answer_problems
from optimizationjob.simulator.simulated_job import Job, describe, summarize
from optimizationjob.simulator.sorted_jobs import Shelf
from optimizationjob.simulator.stories import STORIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from optimizationjob.clock import Clock

STATE_FIELDS = ("status", "started_at", "ended_at", "failure_reason")


class SimulatedWorld:
    """The jobs and tags of all accounts and regions at the clock's current time. The owner's lock guards it."""

    def __init__(self, clock: Clock, *, check_model: bool = True) -> None:
        self._clock = clock
        self._check_model = check_model
        self._shelves: dict[tuple[str, str], Shelf] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def now(self) -> datetime:
        """Return the current time, truncated to milliseconds, which is AWS's precision."""
        return milliseconds(self._clock.now())

    def shelf(self, account: str, region: str) -> Shelf:
        """Return the jobs of one account and region in their current state."""
        shelf = self._shelves.setdefault((account, region), Shelf())
        shelf.settle(self.now())
        return shelf

    def add(self, account: str, region: str, name: str, **fields: Unpack[PlannedFields]) -> str:
        """Add a job that follows a plan and return its ARN.

        Raises:
            SimulatorError: a field or story is unknown, or AWS's model does not allow the job.
        """
        refuse_unknown(fields, PlannedFields)
        given: dict[str, Any] = dict(fields)
        if "story" in fields:
            if fields["story"] not in STORIES:
                raise SimulatorError(f"unknown story {fields['story']!r}; known: {', '.join(STORIES)}")
            given = {**STORIES[fields["story"]].fields(), **given}
        plan: Plan = given.get("plan", Plan())
        created_at = milliseconds(given.get("created_at") or self.now())
        members = described(filled(account, region, name, given.get("fill", "usual")), given, account, region)
        output = members.pop("OptimizationOutput", {"RecommendedInferenceImage": image(region)})
        job = Job(
            arn=arn(account, region, name),
            name=name,
            created_at=created_at,
            members=members,
            moments=timeline(plan, created_at, limits_of(members)),
            types=tuple(types_of(members)),
            output_at_end={"OptimizationOutput": output},
            stopping_seconds=plan.stopping_seconds,
            odd=given.get("odd", False),
            detail=given.get("detail", {}),
            summary=given.get("summary", {}),
        )
        return self._keep(account, region, job, given.get("tags"))

    def put(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Add a job in a fixed state, or replace the one with its name, and return its ARN.

        Raises:
            SimulatorError: a field is unknown, or AWS's model does not allow the job and it is not `odd`.
        """
        refuse_unknown(fields, JobFields)
        created_at = milliseconds(fields.get("created_at") or self.now())
        members = described(filled(account, region, name, fields.get("fill", "usual")), fields, account, region)
        job = Job(
            arn=arn(account, region, name),
            name=name,
            created_at=created_at,
            members=members,
            moments=(_put_moment(fields, created_at),),
            types=tuple(fields.get("techniques", types_of(members))),
            odd=fields.get("odd", False),
            detail=fields.get("detail", {}),
            summary=fields.get("summary", {}),
        )
        return self._keep(account, region, job, fields.get("tags"))

    def update(self, account: str, region: str, name: str, **fields: Unpack[JobFields]) -> str:
        """Change fields of an existing job, which then keeps its state, and return its ARN.

        `modified_at` defaults to now.

        Raises:
            SimulatorError: the job or a field is unknown, or AWS's model does not allow the job.
        """
        refuse_unknown(fields, JobFields)
        found = self.shelf(account, region).get(name)
        if found is None:
            raise SimulatorError(f"no job {name!r} in account {account}, region {region}")
        job, moment = found
        changed_at = milliseconds(fields.get("modified_at") or self.now())
        given: dict[str, Any] = {key: fields.get(key, getattr(moment, key)) for key in STATE_FIELDS}
        members = described(job.members, fields, account, region)
        if given["status"] == "COMPLETED" and moment.status != "COMPLETED":
            members = {**job.output_at_end, **members}
        changed = replace(
            job,
            created_at=milliseconds(fields.get("created_at", job.created_at)),
            members=members,
            moments=(LifeMoment(at=ALWAYS, modified_at=changed_at, **_in_milliseconds(given)),),
            types=tuple(fields.get("techniques", types_of(members) if "members" in fields else job.types)),
            odd=fields.get("odd", job.odd),
            detail=fields.get("detail", job.detail),
            summary=fields.get("summary", job.summary),
        )
        return self._keep(account, region, changed, fields.get("tags", self.tags.get(job.arn)))

    def stop(self, account: str, region: str, name: str) -> None:
        """Stop an existing job; this also moves a job that `put_job` added in a fixed state."""
        shelf = self.shelf(account, region)
        found = shelf.get(name)
        if found is not None:
            job, _ = found
            shelf.put(replace(job, moments=interrupted(job.moments, self.now(), job.stopping_seconds)))

    def remove(self, account: str, region: str, name: str) -> None:
        """Delete a job and its tags."""
        self.shelf(account, region).remove(name)
        self.tags.pop(arn(account, region, name), None)

    def _keep(self, account: str, region: str, job: Job, tags: Mapping[str, str] | None) -> str:
        if self._check_model and not job.odd:
            _refuse_disallowed(job)
        self.shelf(account, region).put(job)
        if tags is None:
            self.tags.pop(job.arn, None)
        else:
            self.tags[job.arn] = dict(tags)
        return job.arn


def _put_moment(fields: JobFields, created_at: datetime) -> LifeMoment:
    times = [created_at, fields.get("started_at"), fields.get("ended_at")]
    modified_at = fields.get("modified_at") or max(time for time in times if time is not None)
    given: dict[str, Any] = {key: fields.get(key) for key in STATE_FIELDS}
    given["status"] = fields.get("status", "INPROGRESS")
    return LifeMoment(at=ALWAYS, modified_at=milliseconds(modified_at), **_in_milliseconds(given))


def _in_milliseconds(state: dict[str, Any]) -> dict[str, Any]:
    times = {key: milliseconds(state[key]) for key in ("started_at", "ended_at") if state[key] is not None}
    return {**state, **times}


def _refuse_disallowed(job: Job) -> None:
    """Validate every state of a job, so that no test relies on a job that AWS cannot return."""
    for moment in job.moments:
        if moment.status is None or moment.at >= milliseconds(NEVER):
            continue
        rows = {"OptimizationJobSummaries": [summarize(job, moment)]}
        problems = [
            *answer_problems("sagemaker", "DescribeOptimizationJob", describe(job, moment), values=True),
            *answer_problems("sagemaker", "ListOptimizationJobs", rows, values=True),
        ]
        if problems:
            details = "; ".join(problem.text for problem in problems)
            raise SimulatorError(f"AWS's model does not allow the job {job.name!r} (odd=True would): {details}")
