"""The process of the check: the real check class, with the Agent's stand-in, and what Linux says of the process."""

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

import boto3
from datadog_checks.base.stubs import aggregator
from datadog_checks.base.stubs import datadog_agent as agent

from bench.pipe import attend
from bench.soak.clock import SharedClock
from datadog_checks.optimizationjob import OptimizationJobCheck

SINCE: Final = re.compile(r" since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
KILLED: Final = "killed"
STS: Final = ("assume_role", "get_caller_identity")
NAME: Final = "optimizationjob"


class Crash(Enum):
    """Where a run that has an event to tell ends."""

    TELLING = "before the event is sent"
    UNWRITTEN = "when it was sent, before the memory is written"
    TORN = "in the middle of the write"


class Said(NamedTuple):
    """An event: a job ended, or was deleted."""

    region: str
    name: str
    status: str
    since: datetime


class Reported(NamedTuple):
    """What one run of one instance reported.

    Attributes:
        at: when the run began.
        until: and when it was over.
        error: what the check reported to the Agent; empty where all went well.
        lost: the region whose memory was lost when the run was killed.
        said: the events.
        gauges: the last value of each metric of a region that has no other tag.
        finished: `job.finished`, by region and status.
        calls: `api.calls`, all together, without those of STS: any region may have asked for all.
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
    """What a process looks like.

    Attributes:
        resident: bytes in memory.
        threads: that run.
        files: that are open, sockets among them.
        persisted: bytes in the persistent cache.
        clients: of boto3 that were made so far.
        objects: of the check that were made so far.
        lines: what was logged at INFO and above since the last time: messages, tracebacks, lines of tracebacks.
    """

    resident: int
    threads: int
    files: int
    persisted: int
    clients: int
    objects: int
    lines: Counter[str]


class Killed(BaseException):
    """The process ends here: nothing that catches errors may go on."""


class MortalCheck(OptimizationJobCheck):
    """The check on a machine that may die, or run out of space, when the memory is written."""

    # The base class finds the configuration models beside the module of the check.
    __module__ = OptimizationJobCheck.__module__

    crash: Crash | None = None
    is_disk_full = False
    lost: str | None = None
    """The region that was reported of when the process died."""

    def event(self, event: dict[str, Any]) -> None:
        """Note where there is something to lose, or die."""
        region = _tag(event["tags"], "region")
        if self.crash is Crash.TELLING:
            self._die(region)
        super().event(event)
        self._reported_of = region

    def begin(self, crash: Crash | None, *, is_disk_full: bool) -> None:
        """Prepare a run."""
        self.crash, self.is_disk_full, self._reported_of = crash, is_disk_full, ""

    def run(self) -> str:
        """Run, and maybe die."""
        try:
            return str(super().run())
        except Killed:
            return KILLED

    def write_persistent_cache(self, key: str, value: str) -> None:
        """Write, or fail to."""
        if self.is_disk_full:
            raise OSError(28, "No space left on device")
        if self.crash and self._reported_of and self._reported_of in key:
            if self.crash is Crash.TORN:
                super().write_persistent_cache(key, value[: len(value) // 2])
            self._die(self._reported_of)
        super().write_persistent_cache(key, value)

    def _die(self, region: str) -> NoReturn:
        self.lost = region
        raise Killed


class LineCounter(logging.Handler):
    """Counts what the Agent's log would hold."""

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
    """What can be asked of the check's process."""

    def __init__(self, instances: Sequence[Mapping[str, Any]], clock: SharedClock) -> None:
        os.environ["DDEV_SKIP_GENERIC_TAGS_CHECK"] = "1"
        self._instances = instances
        self._clock = clock
        self._clients = self._objects = 0
        self._counter = LineCounter()
        logging.getLogger().addHandler(self._counter)
        logging.getLogger().setLevel(logging.INFO)
        self._count_clients()
        self._checks = [self._made(number) for number in range(len(instances))]

    def restart(self, number: int) -> None:
        """Create a check again: what the process knows is lost, the persistent cache stays."""
        self._checks[number] = self._made(number)

    def run(self, crashes: Mapping[int, Crash], disks_full: Sequence[int]) -> list[Reported]:
        """Run every check once; one that dies is created again."""
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
        """Look at the process, after all that can go has gone."""
        gc.collect()
        lines = Counter(self._counter.lines)
        self._counter.lines.clear()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return Health(
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
            threads=threading.active_count(),
            files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            persisted=sum(len(text) for text in agent._cache.values()),  # noqa: SLF001 - it has no other way
            clients=self._clients,
            objects=self._objects,
            lines=lines,
        )

    @staticmethod
    def _forget_issues() -> None:
        """Let the stand-in of the Agent forget what it would keep for a test to look at."""
        agent._sent_reported_issues.clear()  # noqa: SLF001 - its `reset` would forget the persistent cache, too
        agent._sent_resolved_issues.clear()  # noqa: SLF001 - see above

    def _made(self, number: int) -> MortalCheck:
        self._objects += 1
        check = MortalCheck(NAME, {}, [dict(self._instances[number])])
        check.check_id = f"{NAME}:{number}"
        check.clock = self._clock
        return check

    def _count_clients(self) -> None:
        make = boto3.Session.client

        def counted(session: boto3.Session, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as boto3 has it
            self._clients += 1
            return make(session, *arguments, **options)

        boto3.Session.client = counted


def live(pipe: Connection, instances: Sequence[Mapping[str, Any]], clock: SharedClock) -> None:
    """Do what is asked until None is asked for, or the other side is gone."""
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
        raise ValueError(f"an event without a time: {event['msg_text']!r}")
    tags = event["tags"]
    return Said(
        region=_tag(tags, "region"),
        name=_tag(tags, "optimization_job_name"),
        status=_tag(tags, "optimization_job_status").upper(),
        since=datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
    )


def _tag(tags: Sequence[str], key: str) -> str:
    return next(tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:"))
