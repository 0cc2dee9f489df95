"""Measure the performance of the check and print a table; exit status 1 if a bound is exceeded.

uv run python benchmarks/run.py [--quick] [--write docs/performance.md]
"""

import sys

if __name__ == "__main__":
    # Guarded because processes started by the benchmarks also import this file.
    from bench.suite import main

    sys.exit(main())
