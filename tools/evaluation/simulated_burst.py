"""Records the check after an outage of the Agent in which hundreds of jobs failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from optimizationjob.simulator import STORIES, FleetJob, ManualClock, Simulator
from tools.evaluation.day_story import RESEARCH, VIRGINIA
from tools.evaluation.recording import Recording
from tools.evaluation.simulated_day import START, Day, WatchedAccount

FAILURES: Final = 300
SILENCE: Final = timedelta(minutes=60)
RUNS_AFTERWARDS: Final = 20
"""One a minute; the reasons of so many failures take several runs."""


def simulated_burst() -> Day:
    """Run the check once, fail all jobs while it is silent, and run it again until everything is reported."""
    clock, recording = ManualClock(START), Recording()
    story = STORIES["cuda-memory"]
    with Simulator(clock=clock, check_model=False) as simulator:
        simulator.load(
            FleetJob(
                account=RESEARCH,
                region=VIRGINIA,
                name=f"burst-{number:03}",
                created_at=START - timedelta(seconds=number),
                story=story,
                fields=story.fields(),
            )
            for number in range(FAILURES)
        )
        watched = WatchedAccount(RESEARCH, [VIRGINIA], simulator.url, clock)
        for minute in (0, *(SILENCE // timedelta(minutes=1) + run for run in range(RUNS_AFTERWARDS))):
            moment = START + timedelta(minutes=minute)
            clock.advance((moment - clock.now()).total_seconds())
            recording.begin_run(moment)
            watched.cycle.run(recording)
    return Day(recording, START, START + SILENCE + timedelta(minutes=RUNS_AFTERWARDS), {})
