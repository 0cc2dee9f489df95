"""The name of the program, and the error that ends a command with a message."""

from __future__ import annotations

PROGRAM = "optimizationjob"

WRONG_USE = 2
"""The exit status for invalid arguments or an invalid environment."""

INTERRUPTED = 130
"""The exit status that shells use after Ctrl-C."""


class CommandFailed(Exception):
    """A command failed.

    Attributes:
        status: the exit status, 1 by default.
    """

    def __init__(self, words: str, *, status: int = 1) -> None:
        """Describe the failure.

        Args:
            words: one line for the user that includes the next step; empty if no one can read it.
            status: the exit status.
        """
        super().__init__(words)
        self.status = status


class Interrupted(CommandFailed):
    """Ctrl-C ended a command before it was done."""

    def __init__(self, words: str) -> None:
        """Describe what is missing, in one line."""
        super().__init__(words, status=INTERRUPTED)
