"""Reads the rows of ListOptimizationJobs: one that has not changed since the last poll is not read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from optimizationjob.aws.aws_actions import LIST
from optimizationjob.aws.job_parsing import MalformedJob, is_short, job_from_summary
from optimizationjob.jobs.job import OptimizationJob
from optimizationjob.jobs.safe_logs import logger_of

MOST_COMPLAINTS: Final = 20
"""Of rows that cannot be read, so many different causes are logged at most."""

Row = Mapping[str, object]

logger = logger_of(__name__)


class ListedRows:
    """The rows of one region.

    Args:
        region: the region, for the log.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._newest: dict[object, tuple[Row, OptimizationJob]] = {}
        """The rows of the newest jobs as they were read last, by ARN."""
        self._unreadable: set[str] = set()
        """Causes that were logged for unreadable rows, which come again in each run."""

    def read_newest(self, rows: Iterable[object]) -> Iterator[OptimizationJob]:
        """Read the page of the newest jobs, which each poll lists again; a row that cannot be read is left out."""
        before, self._newest = self._newest, {}
        for row in rows:
            arn = row.get("OptimizationJobArn") if isinstance(row, Mapping) else None
            known = before.get(arn) if isinstance(arn, str) else None
            job = known[1] if known is not None and known[0] == row else self._read(row)
            if job is not None:
                if isinstance(row, Mapping) and is_short(row):
                    self._newest[job.arn] = (row, job)
                yield job

    def read(self, rows: Iterable[object]) -> Iterator[OptimizationJob]:
        """Read another page; a row that cannot be read is left out."""
        return filter(None, map(self._read, rows))

    def _read(self, row: object) -> OptimizationJob | None:
        try:
            return job_from_summary(row)
        except MalformedJob as error:
            cause = str(error)
            if cause not in self._unreadable and len(self._unreadable) < MOST_COMPLAINTS:
                self._unreadable.add(cause)
                logger.warning("A row of %s in %s cannot be read and is left out: %s", LIST, self._region, cause)
            return None
