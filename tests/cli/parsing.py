"""The command line as the console script declares it, asked without running anything."""

from __future__ import annotations

import typer
import typer.main

from optimizationjob.cli.app import app

ROOT_COMMAND = typer.main.get_command(app)
# Whichever click typer has: its own copy, or the package.
REFUSED = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
# A parameter, a command, or the value of an option; a wrong option is a NoSuchOption.
LACKS = ("MissingParameter", "NoArgsIsHelpError", "BadOptionUsage")


def fault(arguments, *, may_lack=False):
    """What is wrong with arguments, as the user would be told; empty where nothing is.

    Args:
        arguments: what follows the name of the program.
        may_lack: whether what is required may be missing, as where a text only names a command.
    """
    # Reading these does them, and what is installed goes into the home of whoever runs the tests.
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
    """The command of this name, and those below it, by what one types to call them."""
    command = ROOT_COMMAND.get_command(None, name)
    below = getattr(command, "commands", {})
    return {name: command, **{f"{name} {each}": one for each, one in below.items()}}


def options(name):
    """The options of a command, and of those below it, in the form that one would write first."""
    return {
        max(parameter.opts, key=len)
        for command in leaves(name).values()
        for parameter in command.params
        if parameter.param_type_name == "option" and "--help" not in parameter.opts
    }


def example(command):
    """The arguments of the example in a command's help, as a line for the shell."""
    _, _, after = command.help.partition("Example:\n")
    return " ".join(after.split("\n\n")[0].replace("\b", "").split())
