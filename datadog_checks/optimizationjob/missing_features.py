"""Says what this Agent lacks: by name, with the release that has it, and once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from optimizationjob.package_versions import RECORDS, lacks

if TYPE_CHECKING:
    from collections.abc import Mapping


class MissingFeatures:
    """Logs what the Agent lacks once in the life of a process, however many instances there are."""

    def __init__(self) -> None:
        self._is_logged = False

    def log(self, log: logging.LoggerAdapter, found: Mapping[str, str], *, are_records_missing: bool) -> None:
        """Log what is missing, if anything is.

        Args:
            log: the log of a check.
            found: the installed versions.
            are_records_missing: whether resource records are wanted, and the base package does not take them.
        """
        missing = lacks(found)
        words = [str(lack) for lack in missing if lack != RECORDS or are_records_missing]
        if are_records_missing and RECORDS not in missing:
            words.append(f"another base package for {RECORDS.what}, which {found.get(RECORDS.package)} does not take")
        if words and not self._is_logged:
            self._is_logged = True
            level = logging.WARNING if are_records_missing else logging.INFO
            log.log(level, "This Agent lacks some features; all else works. Needed: %s.", "; ".join(words))
