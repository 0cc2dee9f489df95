"""Render the dashboards as one web page: `python -m tools.preview [--output preview.html] [--pictures FOLDER]`.

The data is what the real check submits in a simulated day. The page is self-contained; no account is needed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from optimizationjob.assets import asset_files
from optimizationjob.cli.command_failure import CommandFailed
from tools.preview.draw_preview import draw


def main() -> int:
    """Write the requested files and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.preview", description="Render the dashboards as a web page.")
    parser.add_argument("--output", type=Path, default=Path("preview.html"), metavar="FILE", help="page to write")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="also write a PNG of each dashboard, rendered by Chromium or Chrome",
    )
    wanted = parser.parse_args()
    try:
        for path in draw(asset_files.load(asset_files.folder()), wanted.output, wanted.pictures):
            sys.stdout.write(f"{path}\n")
    except CommandFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return failure.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
