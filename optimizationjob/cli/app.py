"""The commands of the console script, and how it ends: one line for what went wrong, never a traceback for it."""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version
from typing import Annotated, TextIO

import typer

from optimizationjob.cli import PROGRAM
from optimizationjob.cli.demo import demo
from optimizationjob.cli.failure import CommandFailed
from optimizationjob.cli.simulate import simulate

WRONG_USE = 2
READER_GONE = 141
"""The exit status where the reader of standard output went away (`| head`), as shells know it from SIGPIPE."""

# typer brought the click package along up to 0.24 and has its own copy since: the class is found through typer.
_Refused = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name=PROGRAM,
    help="Watch Amazon SageMaker optimization jobs from a terminal, with the code that the Datadog Agent runs.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version('datadog-optimizationjob')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[  # noqa: ARG001, A002 - the option's name; its callback does the work
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None: ...


app.command()(demo)
app.command()(simulate)


def run() -> int:
    """Run the command that the arguments name and return the exit status.

    0: it went well. 1: it failed, or found something. 2: it was called in a wrong way. 130: Ctrl-C came before the
    command could end by itself. 141: the reader of its output went away.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal or log that cannot show a character gets a question mark in its place.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text files over bytes here
    try:
        status = app(standalone_mode=False, prog_name=PROGRAM)
        sys.stdout.flush()
    except CommandFailed as failure:
        return _failed(str(failure), failure.status)
    except typer.Abort:
        return _failed("stopped", 1)
    except _Refused as refusal:
        return _failed(_told(refusal), WRONG_USE)
    except OSError as failure:
        if failure.errno not in {errno.EPIPE, errno.EIO}:
            return _failed(f"{failure}; free what it needs and try again", 1)
        _swallow(sys.stdout)
        return READER_GONE
    return status if isinstance(status, int) else 0


def _failed(words: str, status: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {words}\n")
    return status


def _told(refusal: BaseException) -> str:
    """Return what is wrong with the arguments and where help is, in one line."""
    words = " ".join(getattr(refusal, "format_message", lambda: str(refusal))().split())
    context = getattr(refusal, "ctx", None)
    return f"{words} Try: {context.command_path if context else PROGRAM} --help"


def _swallow(stream: TextIO) -> None:
    """Let the interpreter's last flush go nowhere: nobody reads any more, and it would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
