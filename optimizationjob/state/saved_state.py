"""The region's memory as versioned JSON, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from optimizationjob.aws.job_parsing import SANE_YEARS
from optimizationjob.jobs.job import JobKey, JobStatus, OptimizationJob, Tag
from optimizationjob.jobs.job_counts import CountKey, JobCounts, JobKind
from optimizationjob.state.region_memory import PendingEnd, RegionMemory, SentRecord

VERSION: Final = 2
MOST_TAG_CHARACTERS: Final = 2**21
"""Of active jobs, so many characters of their tags are saved: those of 2,000 jobs with all tags that AWS allows take
twenty times that."""
# Nothing beyond these was ever written, and it would break the counts.
SANE_COUNTS: Final = range(2**31)
SANE_HOURS: Final = range((SANE_YEARS.start - 1970) * 365 * 24, (SANE_YEARS.stop - 1970) * 366 * 24)


class UnreadableMemory(ValueError):
    """Stored text is not a memory of this version."""


def to_json(memory: RegionMemory) -> dict[str, Any]:
    """Return the memory as JSON; times are seconds since the epoch."""
    kinds = sorted({row.kind for row in memory.counts})
    places = {kind: place for place, kind in enumerate(kinds)}
    return {
        "version": VERSION,
        "known_since": memory.events_since.timestamp(),
        "is_clock_checked": memory.is_clock_checked,
        "swept_at": _seconds(memory.swept_at),
        # Version 0.1.0 knows no such member.
        **({"is_truncated": True} if memory.is_truncated else {}),
        "recorded_until": _seconds(memory.records_complete_until),
        "recorded_hours": [[hour, at.timestamp()] for hour, at in sorted(memory.recorded_hours.items())],
        "sent": [
            [key.arn, key.created_at.timestamp(), last.token, last.at.timestamp()]
            for key, last in sorted(memory.sent.items())
        ],
        "newest_created_at": _seconds(memory.frontier),
        "active": [_job_row(job) for job in _with_few_tags(memory.active)],
        "ended": [[key.arn, key.created_at.timestamp(), at.timestamp()] for key, at in sorted(memory.ended.items())],
        "pending": [_pending_row(pending) for _, pending in sorted(memory.pending.items())],
        "kinds": [[kind.instance_type, list(kind.techniques), [list(tag) for tag in kind.groups]] for kind in kinds],
        "rows": [[row.hour, row.status, places[row.kind], number] for row, number in sorted(memory.counts.items())],
        "series": sorted(list(tags) for tags in memory.series),
    }


def from_json(stored: object) -> RegionMemory:
    """Read what `to_json` made.

    Raises:
        UnreadableMemory: it is of another version, or something else.
    """
    if not isinstance(stored, Mapping) or stored.get("version") != VERSION:
        raise UnreadableMemory(f"not a memory of version {VERSION}")
    try:
        kinds = [_kind(*row) for row in stored["kinds"]]
        return RegionMemory(
            events_since=_moment(stored["known_since"]),
            is_clock_checked=bool(stored["is_clock_checked"]),
            swept_at=_moment_or_none(stored["swept_at"]),
            is_truncated=bool(stored.get("is_truncated")),
            records_complete_until=_moment_or_none(stored["recorded_until"]),
            recorded_hours={_whole(hour, SANE_HOURS): _moment(at) for hour, at in stored.get("recorded_hours", ())},
            sent={
                JobKey(_text(arn), _moment(created)): SentRecord(None if token is None else _text(token), _moment(at))
                for arn, created, token, at in stored.get("sent", ())
            },
            frontier=_moment_or_none(stored["newest_created_at"]),
            active={job.key: job for job in map(_job, stored["active"])},
            ended={JobKey(_text(arn), _moment(created)): _moment(at) for arn, created, at in stored["ended"]},
            pending={p.job.key: p for p in (_pending(*row) for row in stored["pending"])},
            counts=JobCounts(
                (CountKey(_whole(hour, SANE_HOURS), _text(status), kinds[_whole(place)]), _whole(number))
                for hour, status, place, number in stored["rows"]
            ),
            series=frozenset(tuple(map(_text, tags)) for tags in stored["series"]),
        )
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableMemory(f"{type(error).__name__}: {error}") from error


def _kind(instance_type: object, techniques: Sequence[object], groups: Sequence[Sequence[object]]) -> JobKind:
    tags = tuple(Tag(_text(key), _text(value)) for key, value in groups)
    return JobKind(_text(instance_type), tuple(map(_text, techniques)), tags)


def _pending_row(pending: PendingEnd) -> list[Any]:
    # Version 0.1.0 knows two members only.
    attempts = [pending.attempts] if pending.attempts else []
    return [_job_row(pending.job), pending.since.timestamp(), *attempts]


def _pending(row: Sequence[Any], since: object, attempts: object = 0) -> PendingEnd:
    return PendingEnd(_job(row), _moment(since), attempts=_whole(attempts))


def _with_few_tags(jobs: Mapping[JobKey, OptimizationJob]) -> Iterator[OptimizationJob]:
    """Return jobs by key; once the tags of many are saved, those of the others are left to be read again."""
    left = MOST_TAG_CHARACTERS
    for _, job in sorted(jobs.items()):
        left -= sum(len(tag.key) + len(tag.value) for tag in job.tags or ())
        yield job if left >= 0 else replace(job, tags=None)


def _job_row(job: OptimizationJob) -> list[Any]:
    return [
        job.arn,
        job.created_at.timestamp(),
        job.name,
        job.status.value,
        job.instance_type,
        list(job.techniques),
        job.max_instance_count,
        [_seconds(job.modified_at), _seconds(job.started_at), _seconds(job.ended_at)],
        None if job.tags is None else [list(tag) for tag in job.tags],
    ]


def _job(row: Sequence[Any]) -> OptimizationJob:
    arn, created_at, name, status, instance_type, techniques, max_instance_count, moments, tags = row
    modified_at, started_at, ended_at = moments
    return OptimizationJob(
        arn=_text(arn),
        created_at=_moment(created_at),
        name=_text(name),
        status=JobStatus(_text(status)),
        instance_type=_text(instance_type),
        techniques=tuple(map(_text, techniques)),
        max_instance_count=None if max_instance_count is None else _whole(max_instance_count),
        modified_at=_moment_or_none(modified_at),
        started_at=_moment_or_none(started_at),
        ended_at=_moment_or_none(ended_at),
        tags=None if tags is None else tuple(Tag(_text(key), _text(value)) for key, value in tags),
    )


def _text(value: object) -> str:
    """Return text; a lone surrogate, which cannot be sent, raises UnicodeEncodeError."""
    text = str(value)
    text.encode()
    return text


def _whole(value: Any, sane: range = SANE_COUNTS) -> int:  # noqa: ANN401 - what JSON has
    whole = int(value)
    if whole not in sane:
        raise ValueError("a number out of range")
    return whole


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment_or_none(seconds: object) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"not a time: {seconds!r}")
    moment = datetime.fromtimestamp(seconds, UTC)
    if moment.year not in SANE_YEARS:
        raise ValueError(f"a time out of range: {moment}")
    return moment
