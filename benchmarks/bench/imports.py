"""CPU time to import the check, compared with what an Agent imports anyway."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import Final

from bench.table import Row

ANYWAY: Final = "import boto3, datadog_checks.base"
CHECK: Final = "import datadog_checks.optimizationjob"
MOST: Final = 1.2
ROUNDS: Final = 5


def row() -> Row:
    """Import both in new processes, alternating; the lowest CPU time of each counts."""
    seconds: dict[str, list[float]] = {ANYWAY: [], CHECK: []}
    for _ in range(ROUNDS):
        for statement, taken in seconds.items():
            taken.append(_cpu_of(statement))
    anyway, check = (min(taken) for taken in seconds.values())
    ratio = check / anyway
    return Row(
        case="CPU of importing the check relative to `import boto3, datadog_checks.base`",
        measured=f"{ratio:.2f} times ({1000 * check:.0f} ms, {1000 * anyway:.0f} ms)",
        bound=f"{MOST} times",
        is_met=ratio <= MOST,
    )


def _cpu_of(statement: str) -> float:
    """Return the CPU seconds of a process that runs a statement, minus those of an empty one."""
    return _spent([sys.executable, "-c", statement]) - _spent([sys.executable, "-c", ""])


def _spent(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)  # noqa: S603 - this Python and our own statements
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
