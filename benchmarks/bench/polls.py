"""Calls of steady polls: without changes, with changes, and with old active jobs."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Final

from bench.aws import Aws, Calls
from bench.fleet import Fleet, active_job, ended_job, job_name
from bench.sweeps import Plain
from bench.table import Row
from bench.watch import INTERVAL, NO_LIMIT, Watch
from optimizationjob.simulator import Habits
from optimizationjob.state.persistent_cache import DictCache

QUIET_RUNS: Final = 10
QUIET: Final = Calls(1, 0, 0)
NO_SWEEP: Final = {"full_sweep_interval": 48 * 3600}
"""Longer than the whole benchmark, so that no sweep is due."""


class Polls:
    """One fleet, polled after its cold start; the steps run in order and change the fleet.

    Args:
        aws: the simulated AWS with the fleet.
        fleet: the initial fleet.
        cache: the cache left by the cold start.
        plain: the cost of other clients.
    """

    def __init__(self, aws: Aws, fleet: Fleet, cache: DictCache, plain: Plain) -> None:
        self._aws = aws
        self._fleet = fleet
        self._plain = plain
        self.watch = Watch(aws.url, aws.clock, cache=cache, **{**NO_LIMIT, **NO_SWEEP})

    def restarted(self) -> Row:
        """Settle again from the saved state."""
        before = self.watch.sink.events
        calls = self.watch.settle(self._aws)
        return Row(
            case=f"after a restart, until everything is read again, {self._fleet.jobs:,} jobs in the window",
            measured=f"{calls}, {self.watch.sink.events - before} events",
        )

    def quiet(self, words: str = "nothing changed") -> Row:
        """Run several times without changes; the most expensive run counts."""
        dearest = max((self.watch.run_of(self._aws) for _ in range(QUIET_RUNS)), key=lambda calls: calls.total)
        return self._row(f"steady poll, {words}", dearest, QUIET)

    def changed(self) -> list[Row]:
        """Change 1, 7 and 20 active jobs; the run after each makes no extra calls."""
        rows = []
        # Waiting jobs start first, so that twenty active ones are left for the last step.
        for numbers in (range(1), range(2, 16, 2), range(20)):
            count = len(numbers)
            self._aws.move([job_name(number) for number in numbers])
            calls = self.watch.run_of(self._aws)
            after = self.watch.run_of(self._aws)
            words = f"steady poll, {count} changed (and the run after it: {after.total} call)"
            # The tags of jobs that ended are read once more, a hundred in one call.
            has_ended = count == self._fleet.active
            rows.append(self._row(words, calls, Calls(1, count, has_ended), is_met=after[:3] == QUIET[:3]))
        return rows

    def created(self) -> list[Row]:
        """Add active jobs, and jobs that ended since the last run together with changes of others."""
        now = self._aws.clock.now()
        self._aws.put([active_job(_new(number), number, now) for number in range(20)])
        rows = [self._row("steady poll, 20 new active jobs", self.watch.run_of(self._aws), Calls(1, 20, 1))]
        self._aws.move([_new(number) for number in range(0, 14, 2)])
        self._end_new(100, 60)
        words = "steady poll, 7 changed and 60 new jobs that have already ended"
        rows.append(self._row(words, self.watch.run_of(self._aws), Calls(1, 67, 1)))
        return rows

    def old(self) -> list[Row]:
        """Create and end 120 jobs, so that the 20 active ones are older than the first page."""
        for batch in range(6):
            self._end_new(200 + 20 * batch, 20, within=300)
            self.watch.run_of(self._aws, after=300)
        steady = max((self.watch.run_of(self._aws) for _ in range(QUIET_RUNS)), key=lambda calls: calls.total)
        rows = [
            Row(
                case="20 active jobs older than the first page, status filtered before pagination",
                measured=str(steady),
                bound="1 List and at most 3 calls more",
                is_met=steady.total <= QUIET.total + 3,
                **self._others(),
            )
        ]
        self._aws.behave(Habits(filters_after_cut=True))
        first, second = self.watch.run_of(self._aws), self.watch.run_of(self._aws)
        self._aws.behave(Habits())
        words = "the same, status filtered after pagination"
        rows.append(Row(case=f"{words}: the run that detects this", measured=str(first)))
        rows.append(Row(case=f"{words}: each run in the following day", measured=str(second)))
        return rows

    def burst(self) -> list[Row]:
        """Add many pages of jobs between two runs, the newest of them active; earlier active jobs end before."""
        known = [job_name(number) for number in range(self._fleet.active)] + [_new(number) for number in range(20)]
        for _ in range(2):
            self._aws.move(known)
            self.watch.run_of(self._aws)
        self._end_new(1000, 480)
        now = self._aws.clock.now() + timedelta(seconds=INTERVAL)
        self._aws.put([active_job(_new(2000 + number), number, now) for number in range(20)])
        calls = self.watch.run_of(self._aws)
        later = [self.watch.run_of(self._aws) for _ in range(10)]
        return [
            Row(case="500 new jobs within a minute: the next run", measured=str(calls)),
            Row(case="500 new jobs within a minute: each of the next 4 runs", measured=str(later[0])),
            self._row("500 new jobs within a minute: 10 minutes later", later[-1], QUIET),
        ]

    def hours(self, number: int) -> Row:
        """Count the calls of several hours of runs, including sweeps."""
        watch = Watch(self._aws.url, self._aws.clock, **{**NO_LIMIT, "collect_resources": False})
        watch.settle(self._aws)
        runs = [watch.run_of(self._aws) for _ in range(60 * number)]
        calls = functools.reduce(Calls.plus, runs)
        return Row(
            case=f"{60 * number} runs in {number} h, nothing changed, sweeps included",
            measured=f"{calls}; at most {max(calls.total for calls in runs)} calls in a run",
            boto3=f"{60 * number * self._plain.boto3(self._fleet.jobs).total:,} calls",
            core=f"{60 * number * self._plain.core(self._fleet.jobs).total:,} calls",
        )

    def _end_new(self, first: int, count: int, *, within: float = INTERVAL) -> None:
        """Add jobs that are created and end before the next run."""
        now = self._aws.clock.now() + timedelta(seconds=within)
        jobs = [
            ended_job(_new(first + number), number, now - timedelta(seconds=(within - 5) * (1 - number / count)), now)
            for number in range(count)
        ]
        self._aws.put(jobs)

    def _row(self, words: str, calls: Calls, bound: Calls, *, is_met: bool = True) -> Row:
        is_met = is_met and calls[:3] == bound[:3]
        return Row(case=words, measured=str(calls), bound=str(bound), is_met=is_met, **self._others())

    def _others(self) -> dict[str, str]:
        jobs = self._fleet.jobs
        return {
            "boto3": f"{self._plain.boto3(jobs).total:,} calls",
            "core": f"{self._plain.core(jobs).total:,} calls",
        }


def _new(number: int) -> str:
    return f"mistral-7b-{number:06}"
