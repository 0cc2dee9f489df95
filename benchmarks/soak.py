"""Run the check for a simulated month of churn, outages, restarts and crashes, and verify its reports.

uv run python benchmarks/soak.py [--days N] [--interval SECONDS] [--seed N] [--write docs/reliability.md]
"""

import sys

if __name__ == "__main__":
    # Guarded because processes started by the soak also import this file.
    from bench.soak.month import main

    sys.exit(main())
