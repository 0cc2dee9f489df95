"""Resource records of jobs: which are due, what they contain, and when they expire."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from optimizationjob.config.settings import Settings
from optimizationjob.jobs import record_columns
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.poll_result import TagStatus
from optimizationjob.state.region_memory import SentRecord
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.signals import ResourceRecord


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record that is due, and what to remember of it once it was submitted."""

    key: JobKey
    resource: ResourceRecord
    sent: SentRecord | None
    """None for the last record of a deleted job."""

    @property
    def is_final(self) -> bool:
        """Whether no other record of the job will follow."""
        return self.sent is None or self.sent.is_final


class RecordBuilder:
    """Builds the records of one region and decides which are due."""

    def __init__(self, tagging: Tagging) -> None:
        self._tagging = tagging
        self._settings = tagging.settings
        self._allow_list = record_columns.allow_list(tagging.settings.exclude_columns)

    def due(
        self, jobs: Iterable[OptimizationJob], sent: Mapping[JobKey, SentRecord], at: datetime, *, tags: TagStatus
    ) -> Iterator[DueRecord]:
        """Return the records to submit now.

        An active job's record is due when it changed and at half of its life, an ended job's once. A job whose detail
        is missing or outdated has none yet, and an ended job has none before its tags were read or given up.
        """
        lacks_tags = self._settings.collect_tags and not tags.are_denied
        half_life = self._settings.resource_ttl / 2
        for job in jobs:
            last = sent.get(job.key)
            is_untagged = lacks_tags and job.tags is None
            if not job.is_described or (is_untagged and not job.is_active and not tags.are_given_up):
                continue
            fields = self._fields(job)
            token = _token(fields) if job.is_active or is_untagged else None
            if last is None or last.token != token or at - last.at >= half_life:
                yield DueRecord(
                    job.key, self._resource(job.arn, fields, at, self._expiry(job, at)), SentRecord(token, at)
                )

    def expired(self, job: OptimizationJob, at: datetime) -> DueRecord:
        """Return the last record of a deleted job, which expires at once."""
        return DueRecord(job.key, self._resource(job.arn, self._fields(job), at, at), None)

    def _fields(self, job: OptimizationJob) -> dict[str, object]:
        fields = dict(job.detail.columns if job.detail else columns(_summary(job), self._settings))
        tags = self._tagging.collected(job.tags or ())
        if tags and "tags" not in self._settings.exclude_columns:
            fields["tags"] = [f"{tag.key}:{tag.value}" for tag in tags]
        return fields

    def _resource(self, arn: str, fields: Mapping[str, object], at: datetime, expires_at: datetime) -> ResourceRecord:
        return ResourceRecord(
            type=record_columns.RESOURCE_TYPE,
            key=arn,
            fields=fields,
            allow_list=self._allow_list,
            seen_at=int(at.timestamp()),
            expire_at=int(expires_at.timestamp()),
        )

    def _expiry(self, job: OptimizationJob, at: datetime) -> datetime:
        """Return when a record expires: a life from now; that of an ended job when it leaves the window.

        A job that was older than the window when it ended keeps its record for a life after its end.
        """
        life = self._settings.resource_ttl
        if job.is_active:
            return at + life
        return max(job.created_at + self._settings.lookback, job.settled_at + life)


def columns(answer: Mapping[str, object], settings: Settings) -> dict[str, object]:
    """Return a record's columns but for the tags, masked, from an answer of DescribeOptimizationJob."""
    arn = answer.get("OptimizationJobArn")
    parts = arn.split(":") if isinstance(arn, str) else []
    return dict(
        record_columns.record(
            answer,
            account_id=parts[4] if len(parts) > 4 else None,
            exclude_columns=settings.exclude_columns,
            environment_values=settings.environment_values,
        )
    )


def _summary(job: OptimizationJob) -> dict[str, object]:
    """Return a job that was not described as AWS's members."""
    return {
        "OptimizationJobArn": job.arn,
        "OptimizationJobName": job.name,
        "OptimizationJobStatus": job.status.value,
        "CreationTime": job.created_at,
        "DeploymentInstanceType": job.instance_type,
    }


def _token(fields: Mapping[str, object]) -> str:
    """Return a hash of the content, short since it is saved for each active job."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()[:16]
