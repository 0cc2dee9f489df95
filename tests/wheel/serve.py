"""Serve a simulated AWS, and let another Python run the installed check against it: `serve.py PYTHON`."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from optimizationjob.simulator import Simulator

# Loopback is reached without a proxy; whatever else the check wanted to reach would end at a closed port.
NOWHERE = "http://127.0.0.1:9"
KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP")


def serve(python: str) -> int:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    with Simulator() as simulator:
        created = simulator.clock.now() - timedelta(minutes=10)
        started = created + timedelta(minutes=5)
        for name, fill in (("running", "usual"), ("newest", "everything")):
            simulator.put_job("111111111111", "us-east-1", name, created_at=created, started_at=started, fill=fill)
        return subprocess.run(
            [python, "-I", str(Path(__file__).with_name("agent.py")), simulator.url],
            env={**kept, "HTTPS_PROXY": NOWHERE, "AWS_EC2_METADATA_DISABLED": "true"},
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1]))
