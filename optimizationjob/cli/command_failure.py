"""The name of the program, and what a command says when it cannot go on."""

from __future__ import annotations

PROGRAM = "optimizationjob"

WRONG_USE = 2
"""The exit status where the arguments or the environment are not what a command needs."""


class CommandFailed(Exception):
    """A command cannot go on.

    Attributes:
        status: the exit status, 1 unless told otherwise.
    """

    def __init__(self, words: str, *, status: int = 1) -> None:
        """Describe the failure.

        Args:
            words: one line for the user, with the next step; nothing where nobody is left to read it.
            status: the exit status.
        """
        super().__init__(words)
        self.status = status
