"""What stands in for the check on an Agent that cannot run it: it says why, and does nothing else.

An exception while the check is imported would not be seen: the Agent then tries to load the package `optimizationjob`
instead, finds no check in it, and shows only that in its status.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from datadog_checks.base import AgentCheck

logger = logging.getLogger(__name__)


class RefusedAgent(AgentCheck):
    """A check whose every run ends with an error."""

    reason: ClassVar[str] = ""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the base class has them
        super().__init__(*args, **options)
        # This Agent may not be able to load the models of the configuration.
        self.check_initializations.clear()

    def check(self, _: object) -> None:
        """Say what the Agent must have."""
        raise RuntimeError(self.reason)


def stand_in(reason: str) -> type[RefusedAgent]:
    """Return the check that says why the real one cannot run, in one line, which is logged once."""
    logger.error("The check cannot run: %s", reason)
    RefusedAgent.reason = reason
    return RefusedAgent
