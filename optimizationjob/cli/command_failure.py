"""The name of the program, and the error that ends a command with a message."""

from __future__ import annotations

PROGRAM = "optimizationjob"

WRONG_USE = 2
"""The exit status for invalid arguments or an invalid environment."""


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
