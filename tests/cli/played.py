"""Run the console script in the warm process; as a program, this behaves like the console script itself.

It imports little, so that it starts quickly.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def play(path, arguments, environment, streams, *, passes_signals=False):
    """Run it in the current folder with three open files as standard streams and return its exit status."""
    asked = {"arguments": list(arguments), "environment": environment, "folder": os.getcwd()}  # noqa: PTH109 - fewer imports
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        for number in PASSED_ON if passes_signals else ():
            signal.signal(number, lambda sent, _: server.sendall(bytes([sent])))
        text = json.dumps(asked).encode() + b"\n"
        server.sendall(text[socket.send_fds(server, [text], streams) :])
        answer = b"".join(iter(lambda: server.recv(64), b""))
    return int(answer)


if __name__ == "__main__":
    ended = play(sys.argv[1], sys.argv[2:], dict(os.environ), (0, 1, 2), passes_signals=True)
    sys.exit(ended if ended >= 0 else 128 - ended)
