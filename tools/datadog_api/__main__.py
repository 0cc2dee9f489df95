"""Serve a stand-in for Datadog's API until Ctrl-C: `python -m tools.datadog_api [--port 8126]`."""

from __future__ import annotations

import argparse
import sys
import threading

from tools.datadog_api.stand_in_account import StandInAccount
from tools.datadog_api.stand_in_server import serve

WORDS = """\
It takes any DD_API_KEY and DD_APP_KEY, is empty at the start, and forgets everything at the end.
Stop with Ctrl-C.
"""


def main() -> int:
    """Serve until Ctrl-C and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.datadog_api", description="Serve a stand-in for Datadog's API."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    wanted = parser.parse_args()
    try:
        server = serve(StandInAccount(takes_any_key=True), wanted.port)
    except OSError as failure:
        sys.stderr.write(f"cannot listen on port {wanted.port}: {failure.strerror}; give another --port\n")
        return 1
    try:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stderr.write(WORDS)
        sys.stderr.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
