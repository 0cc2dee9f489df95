"""Writes the check as integrations-extras would take it: `python -m tools.upstream FOLDER`, a new folder.

FOLDER/optimizationjob is the integration. FOLDER/.github has what a pull request adds to the files of the same names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.upstream.extras_folder import REPOSITORY, NotAFolderForExtrasError, write

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.upstream", description=f"Write a folder for {REPOSITORY}.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that does not exist, or is empty")
    target: Path = parser.parse_args().folder
    try:
        count = write(target)
    except NotAFolderForExtrasError as failure:
        sys.exit(f"tools.upstream: {failure}")
    sys.stdout.write(f"{target}: {count} files\n")
