"""Measure every number that the check is to reach, and print the table; exit status 1 where one is missed.

uv run python benchmarks/run.py [--quick] [--write docs/performance.md]
"""

import sys

if __name__ == "__main__":
    # Here, since processes started by the benchmarks load this file, too, and need none of it.
    from bench.suite import main

    sys.exit(main())
