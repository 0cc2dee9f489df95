"""Shows the progress of a collection on standard error, and its cost at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.demo.demo_status_tables import camel
from optimizationjob.cli.query.record_collection import Collected

DESCRIBE = "describe_optimization_job"


@contextmanager
def shown() -> Iterator[Callable[[Collected], None]]:
    """Yield a function that shows the progress; it does nothing without a terminal."""
    console = HarmlessConsole(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=16), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("asking AWS", total=None)

        def show(far: Collected) -> None:
            jobs = sum(one.jobs for one in far.standings.values())
            # Calls are counted as they are made, jobs only when a run ends.
            described = far.calls.get(DESCRIBE, 0)
            listed = f"{jobs:,} jobs listed" if jobs else "listing jobs"
            words = f"{listed}, {described:,} described, {sum(far.calls.values()):,} calls"
            progress.update(task, description=words, total=jobs or None, completed=min(described, jobs))

        yield show


def report(collected: Collected) -> None:
    """Report the cost of a collection and what is missing."""
    number = sum(collected.calls.values())
    calls = ", ".join(f"{made:,} {camel(name)}" for name, made in sorted(collected.calls.items()))
    what = f"{len(collected.records):,} jobs, {number:,} calls to AWS in {collected.seconds:.0f} s"
    sys.stderr.write(f"{what}{f': {calls}' if calls else ''}\n")
    if collected.missing:
        cause = "Ctrl-C was pressed" if collected.is_stopped else "--max-seconds was reached"
        sys.stderr.write(f"incomplete{f': {cause}' if collected.is_stopped or collected.is_cut else ''}\n")
    for line in collected.missing:
        sys.stderr.write(f"  {line}\n")
