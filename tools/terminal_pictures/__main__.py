"""Render the output of the commands as SVG for the documentation: `python -m tools.terminal_pictures FOLDER`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.demo.demo_command import forget_own_aws
from optimizationjob.cli.demo.demo_options import DemoPlan
from tools.terminal_pictures.draw_terminals import make


def main() -> int:
    """Write the pictures to the folder and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.terminal_pictures", description="Render the commands.")
    parser.add_argument("folder", type=Path, help="output folder; created if missing")
    parser.add_argument("--jobs", type=int, default=120, help="random jobs in the day before the start")
    wanted = parser.parse_args()
    forget_own_aws()
    # textual would follow it.
    os.environ.pop("NO_COLOR", None)
    try:
        for path in make(DemoPlan(jobs=wanted.jobs, seed=1, interval=60.0, speed=60.0), wanted.folder):
            sys.stdout.write(f"{path}\n")
    except CommandFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return failure.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
