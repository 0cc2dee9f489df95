"""Profiles of hypothesis for the tests of this folder, and the way to the modules beside them."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# With --import-mode=importlib a folder's own modules are not found by themselves.
sys.path.insert(0, str(Path(__file__).parent))

EVERY_CHECK = list(HealthCheck)
settings.register_profile(
    "suite",
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=EVERY_CHECK,
)
settings.register_profile(
    "proof",
    max_examples=2000,
    stateful_step_count=30,
    deadline=None,
    # New ones in each run; a failure prints what plays it again.
    derandomize=False,
    print_blob=True,
    suppress_health_check=EVERY_CHECK,
)
