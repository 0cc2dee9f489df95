"""Measure what broken transports and hostile accounts cost and print a table; exit status 1 if a bound is exceeded.

uv run python benchmarks/hostile.py [--write docs/reliability.md]
"""

import sys

if __name__ == "__main__":
    # Guarded because processes started by the benchmarks also import this file.
    from bench.hostile.costs import main

    sys.exit(main())
