"""Texts of the watch that more than one place uses. Pure."""

from __future__ import annotations

from typing import Final

STUCK: Final = "stuck"
NO_LIMIT: Final = "no limit known"
NOT_DESCRIBED: Final = "not described yet"
TAGS_NOT_READ: Final = "not read yet"
REASON_UNREADABLE: Final = "its reason cannot be read"
REPORT_IT: Final = "please report it as a bug"
THE_INSTANCE: Final = "the instance"

# Regions that cannot be read.
PARTLY_READ: Final = "not read in full"
NO_CAUSE: Final = "the cause is unknown"

HELP: Final = """\
**LIMIT** is the used share of the limit that can end the job next: green, yellow from 80 %, red from 90 %.
It counts MaxPendingTimeInSeconds until the job has started, MaxRuntimeInSeconds afterwards, and MaxWaitTimeInSeconds.

**stuck** means stopping, or past a limit, for longer than `stuck_after`, 15 minutes by default.

**-** means that nothing is known.

**/** filters by name, status, technique, instance type, category, tag (`team:search`), account and region:
every word must be found, a word after `!` must not.
"""
