"""The way to the modules beside these tests; `fuzz/run.py` goes the same way."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

# A fifth of it where each example is a run of the check: 1,000.
settings.register_profile("hostile", max_examples=5000, derandomize=False, print_blob=True)

# With --import-mode=importlib a folder's own modules are not found by themselves.
sys.path.insert(0, str(Path(__file__).parent))
