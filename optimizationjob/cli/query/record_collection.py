"""Reads the records of all jobs with the check's own run, as fast as the rate limit allows."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.interrupts import LOOK_SECONDS, PATIENCE_SECONDS, CtrlC
from optimizationjob.cli.query.region_progress import NextStep, Records, Standing, next_step
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.run.instance_run import build_instance_run
from optimizationjob.state.persistent_cache import DictCache

# Results become visible when a run ends, so a short first run shows the number of jobs early.
FIRST_RUN_SECONDS: Final = 20.0
# Each further run reads the newest and active jobs again, so longer runs need fewer calls.
RUN_SECONDS: Final = 600.0
IDLE_SECONDS: Final = 5.0
# Effectively disables further sweeps, so that no job is read twice.
NO_SECOND_SWEEP: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The progress or result of a collection.

    Attributes:
        records: the fields of each job's record by ARN.
        standings: the progress by instance number and region.
        calls: number of calls by operation.
        seconds: elapsed time.
        is_cut: whether the time limit was reached.
        is_stopped: whether Ctrl-C was pressed.
        error: an unexpected error.
    """

    records: Mapping[str, Mapping[str, object]]
    standings: Mapping[tuple[int, str], Standing]
    calls: Mapping[str, int]
    seconds: float
    is_cut: bool = False
    is_stopped: bool = False
    error: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, one line for each cause, with the regions that have it."""
        regions: dict[str, list[str]] = {}
        has_many = len({number for number, _ in self.standings}) > 1
        for (number, region), one in self.standings.items():
            if not one.is_settled:
                name = f"instance {number} {region}" if has_many else region
                regions.setdefault(one.message or one.unread, []).append(name)
        lines = [f"{', '.join(names)} {words}" for words, names in regions.items()]
        return (self.error, *lines) if self.error else tuple(lines)


def asked_for(settings: Settings, rate: float | None) -> Settings:
    """Return settings that collect only records, optionally with another rate limit."""
    return replace(
        settings,
        collect_resources=True,
        collect_events=False,
        collect_job_metrics=False,
        full_sweep_interval=NO_SECOND_SWEEP,
        api_rate_limit=rate or settings.api_rate_limit,
    )


class _Reader:
    """Reads one instance until it is complete."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._sink = Records()
        self._ending = threading.Event()
        self._instance_run = build_instance_run(settings, cache=DictCache(), clock=clock, takes_resources=True)
        self.error = ""
        self.standings: Mapping[str, Standing] = self._sink.standings(self._instance_run.regions)
        self.records: Mapping[str, Mapping[str, object]] = {}
        # Not `join`: see `optimizationjob.cli.interrupts`.
        self.ended = threading.Event()

    def start(self) -> None:
        """Start to read, in a thread of its own."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()

    @property
    def calls(self) -> dict[str, int]:
        return self._instance_run.calls()

    def end(self) -> None:
        """Stop further calls; the current run keeps what it has read."""
        self._ending.set()
        self._instance_run.stop_calls()

    def _read(self) -> None:
        try:
            self._run_until_complete()
        finally:
            self.ended.set()

    def _run_until_complete(self) -> None:
        idle, seconds = 0, FIRST_RUN_SECONDS
        while True:
            before = self._progress()
            try:
                self._instance_run.run(self._sink, self._sink.show, seconds=seconds)
            except Exception as failure:  # noqa: BLE001 - reported by the main thread; keep what was read
                self.error = f"reading failed: {failure!r}; please report it as a bug"
            seconds = RUN_SECONDS
            self.standings = self._sink.standings(self._instance_run.regions)
            self.records = dict(self._sink.fields)
            idle = 0 if self._progress() != before else idle + 1
            step = next_step(self.standings.values(), idle)
            if self.error or step in (NextStep.DONE, NextStep.GIVE_UP) or self._ending.is_set():
                return
            if step is NextStep.PAUSE:
                self._clock.wait(self._ending, IDLE_SECONDS)

    def _progress(self) -> tuple[object, ...]:
        return (len(self.records), *((one.jobs, one.backlog, one.is_truncated) for one in self.standings.values()))


def collect(
    wanted: Sequence[tuple[int, Settings]],
    clock: Clock,
    ctrl_c: CtrlC,
    *,
    max_seconds: float | None,
    show: Callable[[Collected], None],
) -> Collected:
    """Read all instances in parallel, until Ctrl-C: no further call starts after it.

    Args:
        wanted: the instances with their numbers.
        clock: the time.
        ctrl_c: whether it was pressed.
        max_seconds: no further call starts after this time.
        show: called regularly with the progress.

    Raises:
        CommandFailed: a profile or region does not exist.
    """
    # The service checks contain the same messages; keep the log off standard error.
    logging.getLogger("optimizationjob").addHandler(logging.NullHandler())
    try:
        readers = {number: _Reader(settings, clock) for number, settings in wanted}
    except SettingsError as failure:
        raise CommandFailed(str(failure), status=WRONG_USE) from failure
    started = clock.monotonic()
    is_cut = False

    def standing() -> Collected:
        return Collected(
            records={key: fields for one in readers.values() for key, fields in one.records.items()},
            standings={(n, region): at for n, one in readers.items() for region, at in one.standings.items()},
            calls=sum((Counter(one.calls) for one in readers.values()), Counter()),
            seconds=clock.monotonic() - started,
            is_cut=is_cut,
            is_stopped=ctrl_c.is_pressed,
            error="; ".join(one.error for one in readers.values() if one.error),
        )

    for reader in readers.values():
        reader.start()
    while not _have_ended(readers.values(), LOOK_SECONDS) and not ctrl_c.is_pressed:
        show(standing())
        if max_seconds is not None and not is_cut and clock.monotonic() - started >= max_seconds:
            is_cut = True
            _end(readers.values())
    if ctrl_c.is_pressed:
        _end(readers.values())
        _have_ended(readers.values(), PATIENCE_SECONDS)
    return standing()


def _have_ended(readers: Collection[_Reader], seconds: float) -> bool:
    """Return whether all end within so many seconds."""
    return all(reader.ended.wait(seconds / len(readers)) for reader in readers)


def _end(readers: Iterable[_Reader]) -> None:
    for reader in readers:
        reader.end()
