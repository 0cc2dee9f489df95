"""`./run`: the commands of a checkout on a machine that may have no uv, with programs in place of uv and Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = '#!/bin/sh\n[ "$1" = --version ] && exit\necho "$PWD: $*${VIRTUAL_ENV+ in another environment}"\n'
PYTHON = f"""#!/bin/sh
echo "$*" >>{{log}}
[ "$2 $3" = 'pip install' ] || exit 1
for last; do [ "$before" = --target ] && folder=$last; before=$last; done
mkdir -p "$folder/bin"
cat >"$folder/bin/uv" <<'END'
{UV}END
chmod +x "$folder/bin/uv"
echo some progress
"""
BROKEN = "#!/bin/sh\necho 'no module named pip' >&2\nexit 1\n"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


@pytest.fixture
def machine(tmp_path):
    """A machine with a checkout, and with the programs that a test writes and no other but the system's smallest."""
    checkout = tmp_path / "the checkout"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / "run", checkout)
    shutil.copy(ROOT / ".ci/provide_uv", checkout / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "mkdir", "cat", "chmod"):
        (programs / name).symlink_to(shutil.which(name))
    return tmp_path


def has(machine, name, text):
    program = machine / "bin" / name
    program.write_text(text.replace("{log}", str(machine / "log")), encoding="utf-8")
    program.chmod(0o755)


def started(machine, *arguments, cwd, shell=()):
    environment = {"PATH": str(machine / "bin"), "HOME": str(machine), "VIRTUAL_ENV": "/a/venv"}
    script = os.path.relpath(machine / "the checkout" / "run", cwd)
    command = [*shell, script if "/" in script else f"./{script}", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment, timeout=20)


@pytest.mark.parametrize("shell", SHELLS)
def test_where_uv_is_it_is_uv_run(machine, shell):
    has(machine, "uv", UV)
    checkout = machine / "the checkout"
    words = [shutil.which(shell), *(["sh"] if shell == "busybox" else [])]
    assert started(machine, "test", "-k", "a b", cwd=checkout, shell=words).stdout == f"{checkout}: run pytest -k a b\n"
    ended = started(machine, "check", "--json", cwd=checkout, shell=words)
    assert ended.stdout == f"{checkout}: run --project {checkout} optimizationjob check --json\n"
    assert (ended.returncode, ended.stderr) == (0, "")
    assert started(machine, cwd=checkout).stdout == f"{checkout}: run --project {checkout} optimizationjob\n"


def test_files_are_those_of_the_users_folder_but_for_the_tests(machine):
    has(machine, "uv", UV)
    folder = machine / "elsewhere"
    folder.mkdir()
    assert started(machine, "doctor", cwd=folder).stdout.startswith(f"{folder}: run --project {machine}/the checkout ")
    assert started(machine, "test", cwd=folder).stdout.startswith(f"{machine}/the checkout: run pytest")


def test_uv_is_installed_once_where_it_is_missing(machine):
    has(machine, "python3", BROKEN)
    has(machine, "python3.11", PYTHON)
    checkout = machine / "the checkout"
    first = started(machine, "demo", cwd=checkout)
    assert first.stdout == f"{checkout}: run --project {checkout} optimizationjob demo\n"
    assert first.stderr == f"installing uv into {checkout}/build/uv\n"
    again = started(machine, "demo", cwd=checkout)
    assert (again.stdout, again.stderr) == (first.stdout, "")
    (asked,) = (machine / "log").read_text(encoding="utf-8").splitlines()
    assert asked.endswith(f"--target {checkout}/build/uv uv")


def test_a_uv_that_does_not_start_is_none(machine):
    has(machine, "uv", "#!/bin/sh\necho 'pyenv: uv: command not found' >&2\nexit 127\n")
    has(machine, "python3", PYTHON)
    checkout = machine / "the checkout"
    assert started(machine, "test", cwd=checkout).stdout == f"{checkout}: run pytest\n"


def test_without_a_python_with_pip_it_says_so(machine):
    has(machine, "python3", BROKEN)
    ended = started(machine, "test", cwd=machine / "the checkout")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1] == "FAIL uv is missing and cannot be installed: no Python with pip was found"


def test_the_gate_takes_the_same_piece_and_the_same_command():
    gate = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "source .ci/provide_uv\n" in gate
    assert "\ngate tests ./run test\n" in gate
    assert os.access(ROOT / "run", os.X_OK)
