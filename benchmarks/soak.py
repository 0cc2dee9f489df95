"""Let the check live through a simulated month of churn, outages, restarts and crashes, and hold it against the truth.

uv run python benchmarks/soak.py [--days N] [--interval SECONDS] [--seed N] [--write docs/reliability.md]
"""

import sys

if __name__ == "__main__":
    # Here, since processes started by the soak load this file, too, and need none of it.
    from bench.soak.month import main

    sys.exit(main())
