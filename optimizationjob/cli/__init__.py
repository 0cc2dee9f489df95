"""The console script `optimizationjob`. Importing this package needs no extra; running it needs `[cli]`."""

from __future__ import annotations

import sys

from optimizationjob.cli.command_failure import PROGRAM
from optimizationjob.cli.terminal_output import guard_streams

INTERRUPTED = 130
"""The exit status that shells use after Ctrl-C."""


def main() -> None:
    """Run the console script and exit with its status."""
    guard_streams()
    try:
        # Imported here so that a missing package or Ctrl-C during the import prints no traceback.
        from optimizationjob.cli.app import run  # noqa: PLC0415 - see above

        status = run()
    except ModuleNotFoundError as missing:
        name = (missing.name or "").partition(".")[0]
        if name in {"", PROGRAM}:
            raise
        sys.stderr.write(
            f"{PROGRAM}: the Python package `{name}` is not installed; "
            "install the extra `datadog-optimizationjob[cli]` from the same wheel or checkout\n"
        )
        status = 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)
