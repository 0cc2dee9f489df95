"""The tags of everything that is sent, in Datadog's limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from optimizationjob.config.settings import Settings
from optimizationjob.config.wildcards import matches_any
from optimizationjob.jobs.job import OptimizationJob, Tag
from optimizationjob.jobs.job_counts import JobKind, KnownKinds
from optimizationjob.jobs.printable_text import visible

LONGEST_TAG: Final = 200
# Keys that the integration itself gives a meaning; an AWS tag of that name is renamed.
OWN_KEYS: Final = frozenset(
    {
        "aws_account",
        "deployment_instance_type",
        "failure_category",
        "max_instance_count",
        "operation",
        "optimization_job_name",
        "optimization_job_status",
        "optimization_type",
        "outcome",
        "region",
    }
)
# What would end or split a tag on its way.
UNSAFE: Final = re.compile(r"[,|]+")
# Datadog writes an underscore for these, and begins a tag at its first letter.
UNDERSCORED: Final = re.compile(r"[^\w./-]+|_{2,}")
BEFORE_THE_FIRST_LETTER: Final = re.compile(r"\A[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Tagging:
    """Makes tags for one account and region of one instance."""

    account_id: str
    """UNKNOWN_ACCOUNT where it is not known."""
    region: str
    settings: Settings
    kinds: KnownKinds
    common: tuple[str, ...]
    """The tags on everything."""

    @classmethod
    def of(cls, account_id: str, region: str, settings: Settings, kinds: KnownKinds | None = None) -> Tagging:
        """Return the tagging of an account and region; `kinds` are those of the region, if there are any yet."""
        common = unique((f"region:{region}", f"aws_account:{account_id}", *settings.tags))
        return cls(account_id, region, settings, kinds or KnownKinds(settings.group_by_tags), common)

    def group(self, job: OptimizationJob) -> tuple[str, ...]:
        """The tags that jobs are counted by, without the common ones and the status."""
        return self.kind(self.kinds.of(job))

    def kind(self, kind: JobKind) -> tuple[str, ...]:
        """The tags of a kind of jobs."""
        # In lower case, as Datadog has them: two spellings would be two series that overwrite each other.
        groups = (aws_tag(tag).lower() for tag in kind.groups)
        return unique((*_type_tags(kind.instance_type, kind.techniques), *groups))

    def job(self, job: OptimizationJob) -> tuple[str, ...]:
        """The tags of one job's own series and events."""
        count = () if job.max_instance_count is None else (f"max_instance_count:{job.max_instance_count}",)
        own = (f"optimization_job_name:{job.name}", status_tag(job.status.tag_value))
        types = _type_tags(job.instance_type, job.techniques)
        return unique((*self.common, *own, *types, *count, *map(aws_tag, self.collected(job.tags or ()))))

    def collected(self, tags: Iterable[Tag]) -> tuple[Tag, ...]:
        """The AWS tags that the instance collects."""
        settings = self.settings
        if not settings.collect_tags:
            return ()
        return tuple(
            tag
            for tag in tags
            if not matches_any(tag.key, settings.exclude_tag_keys)
            and (not settings.include_tag_keys or matches_any(tag.key, settings.include_tag_keys))
        )


def status_tag(status: str) -> str:
    """Return the tag of a status in lower case."""
    return f"optimization_job_status:{status}"


def aws_tag(tag: Tag) -> str:
    """Return an AWS tag as Datadog takes it: a colon in the key would move the border to the value."""
    key = tag.key.replace(":", "_")
    if _is_own(key):
        key = f"aws_tag_{key}"
    return f"{key}:{tag.value}" if tag.value else key


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags cut to Datadog's length, each once, in their order."""
    return tuple(dict.fromkeys(map(_safe, tags)))


@lru_cache(maxsize=4096)
def _safe(tag: str) -> str:
    return UNSAFE.sub("_", visible(tag, "_"))[:LONGEST_TAG]


@lru_cache(maxsize=4096)
def _is_own(key: str) -> bool:
    """Whether Datadog reads a key as one of the integration's own, such as `AWS Account`."""
    read = BEFORE_THE_FIRST_LETTER.sub("", visible(key, "_").lower())
    return UNDERSCORED.sub("_", read).strip("_") in OWN_KEYS


def _type_tags(instance_type: str, techniques: Iterable[str]) -> tuple[str, ...]:
    types = (f"deployment_instance_type:{instance_type}",) if instance_type else ()
    return (*types, *(f"optimization_type:{technique}" for technique in techniques))
