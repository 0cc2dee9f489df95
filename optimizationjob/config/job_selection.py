"""Which jobs an instance watches, by name and by AWS tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from optimizationjob.config.name_expressions import found
from optimizationjob.config.settings import Settings
from optimizationjob.config.wildcards import matches_any
from optimizationjob.jobs.job import OptimizationJob


class Match(Enum):
    """Whether a job meets the rules."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """The rules depend on the job's tags, which are not read yet."""


@dataclass(frozen=True, slots=True)
class JobSelection:
    """The include and exclude rules; a job must meet an include rule, if there are any, and no exclude rule."""

    include_names: tuple[re.Pattern[str], ...] = ()
    exclude_names: tuple[re.Pattern[str], ...] = ()
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> JobSelection:
        """Return the rules of an instance."""
        return cls(
            include_names=settings.include_jobs,
            exclude_names=settings.exclude_jobs,
            include_tags=settings.include_job_tags,
            exclude_tags=settings.exclude_job_tags,
        )

    @property
    def needs_tags(self) -> bool:
        """Whether a job's tags decide."""
        return bool(self.include_tags or self.exclude_tags)

    def includes_name(self, name: str) -> bool:
        """Whether a job's name meets the rules."""
        if any(found(pattern, name) for pattern in self.exclude_names):
            return False
        return not self.include_names or any(found(pattern, name) for pattern in self.include_names)

    def match(self, job: OptimizationJob, *, are_tags_denied: bool = False) -> Match:
        """Return whether a job's tags meet the rules.

        Where tags cannot be read at all, the exclude rules exclude no job, and no job is known to meet an include rule.
        """
        if not self.needs_tags:
            return Match.YES
        if job.tags is None:
            return Match.YES if are_tags_denied and not self.include_tags else Match.UNKNOWN
        tags = [f"{tag.key}:{tag.value}" for tag in job.tags]
        is_excluded = any(matches_any(tag, self.exclude_tags) for tag in tags)
        is_included = not self.include_tags or any(matches_any(tag, self.include_tags) for tag in tags)
        return Match.YES if is_included and not is_excluded else Match.NO
