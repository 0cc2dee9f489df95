"""The way to the modules beside these tests; `fuzz/run.py` goes the same way."""

from __future__ import annotations

import sys
from pathlib import Path

# With --import-mode=importlib a folder's own modules are not found by themselves.
sys.path.insert(0, str(Path(__file__).parent))
