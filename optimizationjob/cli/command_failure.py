"""The name of the program, and the error that ends a command with a message."""

from __future__ import annotations

PROGRAM = "optimizationjob"

WRONG_USE = 2
"""The exit status for wrong arguments or a wrong environment."""


class CommandFailed(Exception):
    """A command failed.

    Attributes:
        status: the exit status, 1 by default.
    """

    def __init__(self, words: str, *, status: int = 1) -> None:
        """Describe the failure.

        Args:
            words: one line for the user, with the next step; empty if there is no reader.
            status: the exit status.
        """
        super().__init__(words)
        self.status = status
