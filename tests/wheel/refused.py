"""Run the installed check on an Agent that cannot run it, and print the error: `python -I refused.py`."""

from __future__ import annotations

import json
import sys

from datadog_checks.optimizationjob import OptimizationJobCheck

if __name__ == "__main__":
    check = OptimizationJobCheck("optimizationjob", {}, [{"regions": ["us-east-1"]}])
    sys.stdout.write(json.loads(check.run())[0]["message"] + "\n")
