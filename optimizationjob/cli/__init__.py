"""The console script `optimizationjob`. Importing this package needs no extra; running it needs `[cli]`."""

from __future__ import annotations

# The bare module, without the enumerations of `signal`: until `main` has run its first line, Ctrl-C prints a traceback.
import _signal  # type: ignore[import-not-found]  # a part of CPython without stubs
import sys


def main() -> None:
    """Run the console script and exit with its status."""
    # Until a command has something to finish, Ctrl-C ends the program at once; see `optimizationjob.cli.interrupts`.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    # Imported here so that Ctrl-C and a missing package print no traceback.
    from optimizationjob.cli.command_failure import INTERRUPTED, PROGRAM  # noqa: PLC0415 - see above
    from optimizationjob.cli.terminal_output import guard_streams  # noqa: PLC0415 - see above

    guard_streams()
    try:
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
    if status == INTERRUPTED:
        from optimizationjob.cli.interrupts import leave  # noqa: PLC0415 - see above

        leave(status)
    sys.exit(status)
