"""The script that installs the check on a host, with programs in place of the Agent's and the system's."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/host/install.sh"
PROGRAMS = {
    "sudo": '[[ $1 == -u && $2 == dd-agent ]] && shift 2 && exec "$@"',
    "chown": "true",
    "systemctl": 'echo "systemctl $*" >> "$TOLD"',
    "datadog-agent": """
echo "$*" >> "$TOLD"
[[ $2 != install ]] || stat --format="%a %n" "$(dirname "$5")" "$5" > "$TOLD.rights"
case $2 in
    freeze) printf 'datadog-checks-base==%s\\ndatadog-optimizationjob==0.1.0\\n' "$BASE" ;;
    install) mkdir -p "$DD_CONF_D/optimizationjob.d"
        echo example > "$DD_CONF_D/optimizationjob.d/conf.yaml.example" ;;
esac""",
}


@pytest.fixture
def host(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/bash\n{body}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "check.whl").write_text("the wheel")

    def install(*arguments, base="38.5.0"):
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DD_CONF_D": str(tmp_path / "conf.d"),
            "TOLD": str(tmp_path / "told"),
            "BASE": base,
        }
        return subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        )

    return install


def test_a_first_installation_leaves_the_example_to_edit(host, tmp_path):
    ended = host("check.whl")
    assert ended.returncode == 0, ended.stderr
    assert "Edit" in ended.stdout
    assert (tmp_path / "conf.d/optimizationjob.d/conf.yaml").read_text() == "example\n"
    assert stat.S_IMODE((tmp_path / "conf.d/optimizationjob.d/conf.yaml").stat().st_mode) == 0o640
    asked, installed = (tmp_path / "told").read_text().splitlines()
    assert asked == "integration freeze"
    assert re.fullmatch(r"integration install -r -w /\S+/check\.whl", installed)


def test_the_wheel_is_installed_from_a_folder_of_root_s_own(host, tmp_path):
    assert host("check.whl").returncode == 0
    (folder, folder_mode), (wheel, wheel_mode) = (
        line.split()[::-1] for line in (tmp_path / "told.rights").read_text().splitlines()
    )
    assert (folder_mode, wheel_mode) == ("755", "644")
    assert Path(wheel).parent == Path(folder) != tmp_path
    assert not Path(folder).exists(), "it goes with the script"


def test_a_wheel_that_everyone_can_replace_is_refused(host, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open/check.whl").touch()
    (tmp_path / "open").chmod(0o1777)
    ended = host("open/check.whl")
    assert ended.returncode == 1
    assert "everyone can write to the folder of open/check.whl: put it into one of your own" in ended.stderr
    assert not (tmp_path / "told").exists()


def test_a_configuration_that_is_given_is_put_in_place_and_the_agent_restarted(host, tmp_path):
    (tmp_path / "mine.yaml").write_text("instances: []\n")
    ended = host("check.whl", "mine.yaml")
    assert (ended.returncode, ended.stdout) == (0, "datadog-optimizationjob==0.1.0\n"), ended.stderr
    conf = tmp_path / "conf.d/optimizationjob.d/conf.yaml"
    assert conf.read_text() == "instances: []\n"
    assert stat.S_IMODE(conf.stat().st_mode) == 0o640
    assert "systemctl restart datadog-agent" in (tmp_path / "told").read_text()


def test_a_renewal_keeps_the_configuration(host, tmp_path):
    conf = tmp_path / "conf.d/optimizationjob.d/conf.yaml"
    conf.parent.mkdir(parents=True)
    conf.write_text("mine\n")
    assert host("check.whl").returncode == 0
    assert conf.read_text() == "mine\n"
    assert "systemctl restart datadog-agent" in (tmp_path / "told").read_text()


@pytest.mark.parametrize(
    ("arguments", "base", "words"),
    [
        ((), "38.5.0", "give the wheel"),
        (("missing.whl",), "38.5.0", "missing.whl cannot be read"),
        (("check.whl", "missing.yaml"), "38.5.0", "missing.yaml cannot be read"),
        (("check.whl",), "36.12.0", "Agent 7.57 or newer is needed, and this one has datadog-checks-base 36.12.0"),
        (("check.whl",), "", "this one has datadog-checks-base of no version"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_installed(host, tmp_path, arguments, base, words):
    ended = host(*arguments, base=base)
    assert ended.returncode == 1
    assert words in ended.stderr
    reported = tmp_path / "told"
    assert not reported.exists() or "install" not in reported.read_text()
