"""The console script: help, usage errors and exit statuses."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from optimizationjob.cli import app as app_module
from optimizationjob.cli.app import COMMANDS, app
from optimizationjob.cli.demo.demo_options import DemoPlan
from tests.cli.parsing import leaves

PATIENCE = 50
WITHOUT = "import sys; sys.modules[{name!r}] = None\nfrom optimizationjob.cli import main; main()"


def one_line(text):
    assert text.startswith("optimizationjob: ")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_help_has_an_example(command):
    ended = CliRunner().invoke(app, [command, "--help"], prog_name="optimizationjob")
    assert ended.exit_code == 0
    assert f"\n      optimizationjob {command} " in ended.stdout


@pytest.mark.parametrize("command", ["", *(name for command in COMMANDS for name in leaves(command))])
def test_help_fits_into_80_columns_and_names_values(command):
    ended = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*command.split(), "--help"], prog_name="optimizationjob")
    _, *lines = ended.stdout.splitlines()
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []
    # What stands for a value is a word in capitals, not a type of Python.
    options = ended.stdout.partition("\nOptions:")[2]
    assert re.findall(r"--[a-z-]+ <[^>]*>", options) == []


@pytest.mark.parametrize("arguments", [[], ["assets"]])
def test_without_a_command_the_help_is_printed(run, arguments):
    ended = run(*arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == run(*arguments, "--help").stdout


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "optimizationjob", "--version"]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.stdout.startswith("optimizationjob 0.")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["quer"], "query"),
        (["assets", "pus"], "push"),
        (["query", "--regin", "us-east-1"], "--region"),
        (["query", "--output-file", "x.csv"], "--output"),
        (["configure", "--form", "helm", "x.csv"], "--format"),
        (["--versoin"], "--version"),
    ],
)
def test_the_nearest_name_is_suggested(run, arguments, name):
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f". Did you mean {name}? Try: optimizationjob" in one_line(ended.stderr)


@pytest.mark.parametrize(
    "arguments", [[b"mod\xe8le"], [b"query", b"SELECT 'mod\xe8le'"], [b"check", b"--profile", b"mod\xe8le"]]
)
def test_arguments_that_are_not_utf_8_are_one_line(arguments):
    command = [sys.executable.encode(), b"-m", b"optimizationjob", *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert f"argument {len(arguments)} is not UTF-8: " in one_line(ended.stderr.decode())
    assert "mod?le" in ended.stderr.decode()


def test_the_script_lists_its_commands(run):
    ended = run("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert all(f"\n  {command} " in ended.stdout for command in COMMANDS)


def test_version_is_the_package_version(run):
    assert run("--version").stdout.startswith("optimizationjob 0.")


@pytest.mark.parametrize(
    ("arguments", "help_of"),
    [
        (["forecast"], "optimizationjob"),
        (["demo", "--velocity", "3"], "optimizationjob demo"),
        (["demo", "--speed", "fast"], "optimizationjob demo"),
        (["demo", "--interval", "0"], "optimizationjob demo"),
        (["assets", "pull"], "optimizationjob assets"),
        (["assets", "export"], "optimizationjob assets export"),
    ],
)
def test_usage_error_is_one_line_with_a_pointer_to_help(monkeypatch, capsys, arguments, help_of):
    monkeypatch.setattr(sys, "argv", ["optimizationjob", *arguments])
    assert app_module.run() == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert one_line(told.err).endswith(f". Try: {help_of} --help\n")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("typer", ("demo", "--once")),
        ("rich", ("demo", "--once")),
        ("botocore", ("demo", "--once")),
        ("datadog_api_client", ("assets", "check")),
        ("datadog_api_client", ("assets", "push")),
    ],
)
def test_missing_extra_is_one_line_naming_what_to_install(run, name, arguments):
    ended = run(*arguments, program=WITHOUT.format(name=name))
    assert (ended.returncode, ended.stdout) == (1, "")
    line = ended.stderr.splitlines(keepends=True)[-1]
    assert f"`{name}`" in one_line(line)
    assert "install the extra `datadog-optimizationjob[cli]`" in line


def test_a_port_in_use_is_one_line(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("simulate", "--port", str(taken.getsockname()[1]))
    assert (ended.returncode, ended.stdout) == (1, "")
    one_line(ended.stderr)


def test_a_full_disk_is_one_line(begin):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device file
        process = begin("--help", stdout=full, stderr=subprocess.PIPE, text=True)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    one_line(errors)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_closed_pipe_prints_no_traceback(begin, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    process = begin(*arguments, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 141
    assert errors == ""


def test_demo_plan_defaults_to_real_time():
    assert DemoPlan(jobs=1, seed=1, interval=60).speed == 1
