"""Parses command lines with the console script's own definitions, without running anything."""

from __future__ import annotations

import typer
import typer.main

from optimizationjob.cli.app import app

ROOT_COMMAND = typer.main.get_command(app)
# The click that typer uses: a vendored copy or the package.
REFUSED = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
# Raised for a missing parameter, command or option value; an unknown option raises NoSuchOption.
LACKS = ("MissingParameter", "NoArgsIsHelpError", "BadOptionUsage")


def fault(arguments, *, may_lack=False):
    """The usage error for arguments as shown to the user; empty if there is none.

    Args:
        arguments: the arguments after the program name.
        may_lack: whether required parts may be missing, as in prose that only names a command.
    """
    # Parsing these options executes them, and the installation would write to the user's home.
    if len(arguments) == 1 and set(arguments) <= {"--install-completion", "--show-completion"}:
        return "" if any(arguments[0] in parameter.opts for parameter in ROOT_COMMAND.params) else "no such option"
    command, context, rest = ROOT_COMMAND, None, list(arguments)
    try:
        while True:
            context = command.make_context(command.name, rest, parent=context)
            if not hasattr(command, "commands"):
                return ""
            rest = [*context._protected_args, *context.args]
            if not rest:
                return "" if may_lack else "no command"
            _, command, rest = command.resolve_command(context, rest)
    except typer.Exit:
        return ""
    except REFUSED as refusal:
        is_lack = type(refusal).__name__ in LACKS
        return "" if is_lack and may_lack else refusal.format_message() or type(refusal).__name__


def leaves(name):
    """The command of this name and its subcommands by invocation."""
    command = ROOT_COMMAND.get_command(None, name)
    below = getattr(command, "commands", {})
    return {name: command, **{f"{name} {each}": one for each, one in below.items()}}


def options(name):
    """The options of a command and its subcommands, in their primary form."""
    return {
        max(parameter.opts, key=len)
        for command in leaves(name).values()
        for parameter in command.params
        if parameter.param_type_name == "option" and "--help" not in parameter.opts
    }


def example(command):
    """The example in a command's help as a shell line."""
    _, _, after = command.help.partition("Example:\n")
    return " ".join(after.split("\n\n")[0].replace("\b", "").split())
