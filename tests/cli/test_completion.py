"""Shell completion of commands, options and values."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optimizationjob.cli.app import COMMANDS
from tests.cli.parsing import leaves

SCRIPTS = Path(sys.executable).parent
SHELLS = {
    "bash": "complete -o default -F _optimizationjob_completion optimizationjob",
    "zsh": "compdef _optimizationjob_completion optimizationjob",
    "fish": "complete --command optimizationjob",
}
# What bash does on Tab after these words; the last one is to be completed.
TAB = """
source "$HOME/.bashrc"
complete -p optimizationjob > "$HOME/registered"
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_optimizationjob_completion optimizationjob
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def asked(run, shell, words):
    """The completions that the console script returns for these words."""
    about = {
        "bash": {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": words},
        "fish": {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    ended = run(_OPTIMIZATIONJOB_COMPLETE=f"complete_{shell}", **about[shell])
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("optimizationjob ", [*COMMANDS]),
        ("optimizationjob que", ["query"]),
        ("optimizationjob query --reg", ["--region"]),
        ("optimizationjob query --format ", ["table", "expanded", "csv", "json", "parquet"]),
        ("optimizationjob assets ", ["list", "check", "export", "push"]),
        ("optimizationjob assets export --for", ["--format"]),
        ("optimizationjob assets export --format t", ["terraform"]),
        ("optimizationjob assets export job", ["job_failed", "job_stuck", "jobs_succeed"]),
        ("optimizationjob check --region ap-northeast-", ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"]),
        ("optimizationjob watch --status st", ["starting", "stopping", "stopped"]),
    ],
)
def test_commands_options_and_values_are_completed(run, words, completed):
    assert asked(run, "bash", words).split() == completed


def test_profiles_are_completed(run, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile audit]\nregion = us-east-1\n[profile research]\n[default]\n", encoding="utf-8")
    own = {"COMP_WORDS": "optimizationjob doctor --profile a", "COMP_CWORD": "3"}
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    ended = run(_OPTIMIZATIONJOB_COMPLETE="complete_bash", **own, **files)
    assert (ended.stdout.split(), ended.stderr) == (["audit"], "")
    config.write_text("no section\n", encoding="utf-8")
    ended = run(_OPTIMIZATIONJOB_COMPLETE="complete_bash", **own, **files)
    assert (ended.stdout.split(), ended.stderr) == ([], "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_completed(run, command):
    for name, one in leaves(command).items():
        declared = {option for parameter in one.params for option in parameter.opts if option.startswith("--")}
        completed = asked(run, "bash", f"optimizationjob {name} --").split()
        assert set(completed) == declared | {"--help"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_their_own_format(run, shell):
    assert "--region" in asked(run, shell, "optimizationjob query --reg")
    assert "query" in asked(run, shell, "optimizationjob que")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_script_is_printed_for_each_shell(run, shell):
    assert SHELLS[shell] in run(_OPTIMIZATIONJOB_COMPLETE=f"source_{shell}").stdout


def test_completion_works_in_bash_with_the_installed_script(tmp_path):
    own = {**os.environ, "HOME": str(tmp_path), "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}

    def bash(text):
        # Two commands, so that bash does not exec the last one and stays the parent shell.
        ended = subprocess.run(
            ["bash", "--norc", "-c", f"{text}\ntrue"], check=True, capture_output=True, text=True, env=own, timeout=50
        )
        return ended.stdout

    assert "bash completion installed" in bash("optimizationjob --install-completion")
    assert bash(TAB.format(words="optimizationjob query --max")).split() == ["--max-seconds"]
    assert "optimizationjob" in (tmp_path / "registered").read_text()
