"""`python -m optimizationjob`: the console script where its folder is not on the path."""

from optimizationjob.cli import main

if __name__ == "__main__":
    main()
