"""The check's process: the real check class with the Agent stub, and process metrics from Linux."""

from __future__ import annotations

import gc
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from botocore.client import BaseClient

from bench.pipe import attend
from bench.soak.clock import SharedClock
from datadog_checks.base.stubs import aggregator
from datadog_checks.base.stubs import datadog_agent as agent
from datadog_checks.optimizationjob import OptimizationJobCheck

SINCE: Final = re.compile(r" since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
KILLED: Final = "killed"
STS: Final = ("assume_role", "get_caller_identity")
NAME: Final = "optimizationjob"


class Crash(Enum):
    """The point at which a run that submits an event crashes."""

    TELLING = "before the event is sent"
    UNWRITTEN = "when it was sent, before the memory is written"
    TORN = "in the middle of the write"


class Said(NamedTuple):
    """An event: a job ended or was deleted."""

    region: str
    name: str
    status: str
    since: datetime


class Reported(NamedTuple):
    """Reports of one run of one instance.

    Attributes:
        at: start of the run.
        until: end of the run.
        error: error that the check returned to the Agent; empty on success.
        lost: the region whose state was lost when the run was killed.
        said: the events.
        gauges: last value of each metric that is tagged only by region, by metric and region.
        finished: `job.finished` by region and status.
        calls: sum of `api.calls` without STS, which any region may call on behalf of all.
    """

    at: datetime
    until: datetime
    error: str
    lost: str | None
    said: tuple[Said, ...]
    gauges: dict[tuple[str, str], float]
    finished: dict[tuple[str, str], float]
    calls: float


class Health(NamedTuple):
    """State of a process.

    Attributes:
        resident: resident memory in bytes.
        threads: number of threads.
        files: number of open files, including sockets.
        persisted: size of the persistent cache in bytes.
        clients: number of clients in memory.
        lines: lines logged at INFO and above since the last call: messages, tracebacks, lines of tracebacks.
    """

    resident: int
    threads: int
    files: int
    persisted: int
    clients: int
    lines: Counter[str]


class Killed(BaseException):
    """Simulates the end of the process; a BaseException, so that no error handler catches it."""


class MortalCheck(OptimizationJobCheck):
    """The check on a machine that may crash or run out of disk space when the state is saved."""

    # The base class looks up the configuration models next to the module of the check.
    __module__ = OptimizationJobCheck.__module__

    crash: Crash | None = None
    is_disk_full = False
    lost: str | None = None
    """The region of the last event when the process died."""

    def event(self, event: dict[str, Any]) -> None:
        """Remember the region of the event, or crash."""
        region = _tag(event["tags"], "region")
        if self.crash is Crash.TELLING:
            self._die(region)
        super().event(event)
        self._reported_of = region

    def begin(self, crash: Crash | None, *, is_disk_full: bool) -> None:
        """Prepare a run."""
        self.crash, self.is_disk_full, self._reported_of = crash, is_disk_full, ""

    def run(self) -> str:
        """Run the check, which may crash."""
        try:
            return str(super().run())
        except Killed:
            return KILLED

    def write_persistent_cache(self, key: str, value: str) -> None:
        """Write the cache, or lose what was there: on a full disk the Agent empties the file and says nothing."""
        if self.is_disk_full:
            super().write_persistent_cache(key, "")
            return
        if self.crash and self._reported_of and self._reported_of in key:
            if self.crash is Crash.TORN:
                super().write_persistent_cache(key, value[: len(value) // 2])
            self._die(self._reported_of)
        super().write_persistent_cache(key, value)

    def _die(self, region: str) -> NoReturn:
        self.lost = region
        raise Killed


class LineCounter(logging.Handler):
    """Counts the lines of the Agent's log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count the lines of a message."""
        text = self.format(record)
        self.lines["messages"] += 1
        more = text.count("\n")
        if more:
            self.lines["tracebacks"] += 1
            self.lines["lines of tracebacks"] += more


class Machine:
    """The check's process: the methods available through the pipe."""

    def __init__(self, instances: Sequence[Mapping[str, Any]], clock: SharedClock) -> None:
        os.environ["DDEV_SKIP_GENERIC_TAGS_CHECK"] = "1"
        self._instances = instances
        self._clock = clock
        self._counter = LineCounter()
        logging.getLogger().addHandler(self._counter)
        logging.getLogger().setLevel(logging.INFO)
        self._checks = [self._made(number) for number in range(len(instances))]

    def restart(self, number: int) -> None:
        """Recreate a check: its in-memory state is lost, the persistent cache is kept."""
        self._checks[number] = self._made(number)

    def run(self, crashes: Mapping[int, Crash], disks_full: Sequence[int]) -> list[Reported]:
        """Run every check once and recreate those that crash."""
        reported = []
        for number, check in enumerate(self._checks):
            check.begin(crashes.get(number), is_disk_full=number in disks_full)
            at = self._clock.now()
            aggregator.reset()
            error = check.run()
            reported.append(_reported_by(check, at, self._clock.now(), error))
            check.get_warnings()
            if error == KILLED:
                self.restart(number)
        aggregator.reset()
        self._forget_issues()
        return reported

    def health(self) -> Health:
        """Return the state of the process after garbage collection."""
        gc.collect()
        lines = Counter(self._counter.lines)
        self._counter.lines.clear()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return Health(
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
            threads=threading.active_count(),
            files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            persisted=sum(len(text) for text in agent._cache.values()),  # noqa: SLF001 - there is no public access
            clients=sum(isinstance(one, BaseClient) for one in gc.get_objects()),
            lines=lines,
        )

    @staticmethod
    def _forget_issues() -> None:
        """Clear the issues that the Agent stub records for tests."""
        agent._sent_reported_issues.clear()  # noqa: SLF001 - `reset` would also clear the persistent cache
        agent._sent_resolved_issues.clear()  # noqa: SLF001 - see above

    def _made(self, number: int) -> MortalCheck:
        check = MortalCheck(NAME, {}, [dict(self._instances[number])])
        check.check_id = f"{NAME}:{number}"
        check.clock = self._clock
        return check


def live(pipe: Connection, instances: Sequence[Mapping[str, Any]], clock: SharedClock) -> None:
    """Serve requests until None is received or the pipe is closed."""
    machine = Machine(instances, clock)
    pipe.send(None)
    attend(pipe, machine)


def _reported_by(check: MortalCheck, at: datetime, until: datetime, error: str) -> Reported:
    gauges: dict[tuple[str, str], float] = {}
    finished: Counter[tuple[str, str]] = Counter()
    for name in ("api.up", "poll.truncated", "poll.backlog"):
        for stub in aggregator.metrics(f"optimizationjob.{name}"):
            gauges[name, _tag(stub.tags, "region")] = stub.value
    for stub in aggregator.metrics("optimizationjob.job.finished"):
        finished[_tag(stub.tags, "region"), _tag(stub.tags, "optimization_job_status").upper()] += stub.value
    return Reported(
        at=at,
        until=until,
        error=error,
        lost=check.lost,
        said=tuple(_said(event) for event in aggregator.events),
        gauges=gauges,
        finished=dict(finished),
        calls=sum(
            stub.value
            for stub in aggregator.metrics("optimizationjob.api.calls")
            if _tag(stub.tags, "operation") not in STS
        ),
    )


def _said(event: Mapping[str, Any]) -> Said:
    found = SINCE.search(event["msg_text"])
    if found is None:
        raise ValueError(f"event without a time: {event['msg_text']!r}")
    tags = event["tags"]
    return Said(
        region=_tag(tags, "region"),
        name=_tag(tags, "optimization_job_name"),
        status=_tag(tags, "optimization_job_status").upper(),
        since=datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
    )


def _tag(tags: Sequence[str], key: str) -> str:
    return next(tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:"))
