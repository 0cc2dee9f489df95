"""The commands of the console script, and its exit status: a failure prints one line, not a traceback."""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, TextIO

import typer
import typer.main
from typer.core import TyperGroup

from optimizationjob.cli.command_failure import PROGRAM, WRONG_USE, CommandFailed
from optimizationjob.jobs.printable_text import visible

READER_GONE = 141
"""The exit status if the reader of standard output closed the pipe (`| head`), as shells use it for SIGPIPE."""

# Older versions of typer use the click package, newer ones vendor a copy, so find the class through typer.
_Refused: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

_MISSPELLED = re.compile(r"No such (?:option:? '?(?P<option>-[\w-]*)'?|command '(?P<command>[^']*)')")

COMMANDS = {
    "assets": "assets.assets_command",
    "check": "check.check_command",
    "configure": "configure.configure_command",
    "demo": "demo.demo_command",
    "doctor": "doctor.doctor_command",
    "query": "query.query_command",
    "simulate": "simulate_command",
    "watch": "watch.watch_command",
}
"""Each command and the submodule whose function or Typer app of the same name implements it."""


class _Commands(TyperGroup):
    """Loads each command on demand, so that it does not depend on the libraries of the others."""

    def list_commands(self, _: Any) -> list[str]:  # noqa: ANN401 - the type moved between versions of typer
        return list(COMMANDS)

    def get_command(self, _: Any, name: str) -> Any:  # noqa: ANN401 - the same
        if name not in COMMANDS:
            return None
        command = getattr(import_module(f"optimizationjob.cli.{COMMANDS[name]}"), name)
        if not isinstance(command, typer.Typer):
            single = typer.Typer(rich_markup_mode=None, add_completion=False)
            single.command(name)(command)
            command = single
        return _explained(typer.main.get_command(command))

    # Wrapped because typer handles a closed pipe itself: --help writes while it parses.
    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the same
        with _system_failures():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the same
        with _system_failures():
            return super().invoke(ctx)


def _explained(command: Any) -> Any:  # noqa: ANN401 - the same
    """Mark the examples in the help of a command and its subcommands so that their lines are not wrapped."""
    for each in (command, *getattr(command, "commands", {}).values()):
        each.help = (each.help or "").replace("Example:", "\b\nExample:")
    return command


@contextmanager
def _system_failures() -> Iterator[None]:
    """Report operating system errors in one line, or silently if the pipe is closed.

    Raises:
        CommandFailed: the operating system returned an error.
    """
    try:
        yield
    except OSError as failure:
        _swallow(sys.stdout)
        if failure.errno not in {errno.EPIPE, errno.EIO}:
            raise CommandFailed(f"{failure}; check the system and try again") from failure
        raise CommandFailed("", status=READER_GONE) from failure


app = typer.Typer(
    name=PROGRAM,
    cls=_Commands,
    help="Watch Amazon SageMaker optimization jobs from a terminal, with the code that the Datadog Agent runs.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version('datadog-optimizationjob')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run() -> int:
    """Run the requested command and return the exit status.

    0: success. 1: a failure or a finding. 2: wrong usage. 130: interrupted by Ctrl-C. 141: the reader of the output
    closed the pipe.
    """
    for stream in (sys.stdout, sys.stderr):
        # Replace characters that the output cannot encode with a question mark.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text files over bytes here
    try:
        _refuse_other_encodings(sys.argv[1:])
        status = app(standalone_mode=False, prog_name=PROGRAM)
        with _system_failures():
            sys.stdout.flush()
    except CommandFailed as failure:
        return _failed(str(failure), failure.status)
    except MemoryError:
        return _failed("there is not enough memory for this: give a smaller file, or fewer jobs", 1)
    except typer.Abort:
        return _failed("stopped", 1)
    except _Refused as refusal:
        return _failed(_usage_error(refusal), WRONG_USE)
    return status if isinstance(status, int) else 0


def _refuse_other_encodings(arguments: Sequence[str]) -> None:
    """Refuse bytes that are not text: neither AWS nor DuckDB takes them, and libraries fail on them in many ways.

    Raises:
        CommandFailed: an argument is not UTF-8, or what else the locale says.
    """
    for number, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError as failure:
            shown = argument.encode(errors="replace").decode()
            raise CommandFailed(f"argument {number} is not UTF-8: {shown}", status=WRONG_USE) from failure


def _failed(words: str, status: int) -> int:
    if words:
        # One line, whatever it quotes: a second one could pose as another message.
        sys.stderr.write(f"{PROGRAM}: {visible(words, ' ')}\n")
    return status


def _usage_error(refusal: BaseException) -> str:
    """Return the usage error, the nearest name that exists, and a pointer to --help in one line."""
    words = " ".join(getattr(refusal, "format_message", lambda: str(refusal))().split())
    context = getattr(refusal, "ctx", None)
    if context is None:
        return f"{words.rstrip('.')}. Try: {PROGRAM} --help"
    # Versions of typer differ in what they suggest, and none of them knows commands that are not loaded.
    wrong = _MISSPELLED.match(words)
    close = _nearest(wrong["option"] or wrong["command"], context) if wrong else None
    if wrong:
        words = f"{wrong[0]}. Did you mean {close}?" if close else f"{wrong[0]}."
    return f"{words if words.endswith('?') else words.rstrip('.') + '.'} Try: {context.command_path} --help"


def _nearest(name: str, context: Any) -> str | None:  # noqa: ANN401 - the same
    """Return the command or option that is nearest to a misspelled one."""
    command = context.command
    if name.startswith("-"):
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    else:
        known = set(command.list_commands(context))
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), None)


def _swallow(stream: TextIO) -> None:
    """Discard the interpreter's last flush, which would fail again and change the exit status."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
