"""The command `doctor`: output and exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from optimizationjob.aws.credentials import NO_CREDENTIALS
from optimizationjob.cli import app as app_module
from optimizationjob.cli.doctor.doctor_tables import document
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import examine
from optimizationjob.simulator import Fault, Simulator

ACCOUNT, OTHER, EAST = "111111111111", "222222222222", "us-east-1"
ROLE = f"arn:aws:iam::{OTHER}:role/watch"
EXTERNAL_ID = "planted-external-id"
NO_REGION = "give at least one region, on the command line --region, or set AWS_REGION"
KEYS = {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": "planted-secret-key"}


@pytest.fixture
def simulator():
    """A simulator on the system clock, like the console script."""
    with Simulator() as running:
        running.put_job(ACCOUNT, EAST, "one")
        yield running
        assert running.breaches == []


@pytest.fixture(autouse=True)
def all_is_new(monkeypatch):
    """What is installed here is no part of the story."""
    monkeypatch.setattr("optimizationjob.diagnosis.examination.installed", lambda: {"Python": "3.13.7"})


@pytest.fixture
def doctor(monkeypatch, capsys, simulator):
    def run_doctor(*arguments, **environment):
        monkeypatch.setattr(sys, "argv", ["optimizationjob", "doctor", *arguments])
        for name, value in {**KEYS, **environment}.items():
            monkeypatch.setenv(name, value)
        status = app_module.run()
        ended = subprocess.CompletedProcess([], status, *capsys.readouterr())
        assert "planted" not in ended.stdout + ended.stderr
        return ended

    return run_doctor


@pytest.fixture
def options(simulator):
    return ("--endpoint-url", simulator.url, "--region", EAST)


@pytest.fixture
def conf(tmp_path, simulator):
    path = tmp_path / "conf.yaml"
    role = {"assume_role": ROLE, "external_id": EXTERNAL_ID}
    usual = {"regions": [EAST], "endpoint_url": simulator.url}
    path.write_text(json.dumps({"instances": [usual, {**usual, **role}]}))
    return path


def test_ok_findings_are_one_line_each(doctor, options):
    ended = doctor(*options)
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert f"ok {ACCOUNT} {EAST} list: sagemaker:ListOptimizationJobs returned 1 job" in ended.stdout
    assert lines[-1] == f"{len(lines) - 1} ok, 0 warning, 0 failure."
    assert ended.stderr == ""


def test_failure_has_a_remedy_and_exit_status_1(doctor, options, simulator):
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    ended = doctor(*options)
    assert ended.returncode == 1
    assert f"\nfailure {ACCOUNT} {EAST} describe: " in ended.stdout
    assert "\n  -> Allow `sagemaker:DescribeOptimizationJob`" in ended.stdout


def test_warning_alone_exits_with_0(doctor, options, simulator):
    simulator.fault(Fault.DENIED, operation="GetResources")
    ended = doctor(*options)
    assert (ended.returncode, ended.stdout.splitlines()[-1].split(", ")[1:]) == (0, ["1 warning", "0 failure."])


def test_all_instances_or_one_of_a_file_are_examined(doctor, conf):
    both = doctor("--config", str(conf), "--json")
    assert both.returncode == 1, "the role does not exist"
    found = json.loads(both.stdout)["findings"]
    assert {finding["account"] for finding in found} == {"", ACCOUNT, OTHER}
    assert sum(finding["name"] == "versions" for finding in found) == 1
    one = doctor("--config", str(conf), "--json", "--instance", "1")
    assert one.returncode == 0
    assert {finding["account"] for finding in json.loads(one.stdout)["findings"]} == {"", ACCOUNT}


def test_unknown_options_are_findings(doctor, simulator, tmp_path):
    path = tmp_path / "typo.yaml"
    path.write_text(json.dumps({"instances": [{"regions": [EAST], "endpoint_url": simulator.url, "tag": ["a:b"]}]}))
    ended = doctor("--config", str(path))
    assert ended.returncode == 0
    assert "warning - options: `tag` is not an option of the instance" in ended.stdout
    assert "\n  -> Did you mean `tags`?\n" in ended.stdout


@pytest.mark.parametrize("width", [20, 80])
def test_progress_does_not_stay_on_the_screen(shown_at, options, width):
    shown = shown_at(width, "doctor", *options, **KEYS)
    assert "list" in shown
    assert "looking at" not in shown
    assert "planted" not in shown


def test_a_state_has_one_sentence_in_all_commands(run):
    own = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    commands = (["check"], ["watch"], ["doctor"], ["query", "SELECT 1"])
    for place, sentence in (((), NO_REGION), (("--region", EAST), NO_CREDENTIALS)):
        for command in commands:
            ended = run(*command, *place, **own)
            written = ended.stdout + ended.stderr
            assert written.lower().count(sentence.lower()) == 1, (command, written)
            assert "AWS's time is unknown" not in written


def test_json_document_is_stable(golden, clock):
    with Simulator(clock=clock) as simulator:
        simulator.put_job(ACCOUNT, EAST, "one", tags={"team": "ml"})
        simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
        simulator.fault(Fault.DENIED, operation="GetResources")
        keys = {"aws_access_key_id": f"AKIA{ACCOUNT}", "aws_secret_access_key": "planted-secret-key"}
        instance = {"regions": [EAST], "endpoint_url": simulator.url, "min_collection_interval": 60, **keys}
        findings = examine(Settings.from_mapping(instance), clock)
        text = json.dumps(document(findings)).replace(simulator.url, "http://127.0.0.1:1")
    golden("doctor_document", json.loads(re.sub(r"Python \d[^\"]*", "Python and packages.", text)))


def test_only_the_policy_goes_to_standard_output(doctor, options):
    ended = doctor(*options, "--policy")
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert told["Statement"][1]["Resource"] == f"arn:aws:sagemaker:*:{ACCOUNT}:optimization-job/*"
    assert told["Statement"][0]["Condition"] == {"StringEquals": {"aws:RequestedRegion": [EAST]}}


def test_role_has_three_policies(doctor, conf):
    ended = doctor("--config", str(conf), "--instance", "2", "--policy")
    told = json.loads(ended.stdout)
    assert list(told) == ["permissions_of_the_role", "trust_policy_of_the_role", "permissions_of_the_agent"]
    assert f"::{ACCOUNT}:user/simulator" in str(told["trust_policy_of_the_role"])
    assert f":{OTHER}:optimization-job/*" in str(told["permissions_of_the_role"])
    assert told["permissions_of_the_agent"]["Statement"][0]["Resource"] == ROLE
    assert ended.stderr == "Replace <EXTERNAL_ID> with the external id.\n"


def test_policy_without_an_account_names_the_placeholder(doctor, options):
    ended = doctor(*options, "--policy", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert ended.returncode == 0
    assert ":222222222222:" in ended.stdout
    assert "Unable to locate credentials" in ended.stderr
    assert "replace 222222222222 with it" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", "{conf}", "--policy"], "select one with --instance"),
        (["--config", "{conf}", "--instance", "3"], "no number 3"),
        (["--instance", "1"], "add --config"),
        (["--policy", "--json"], "leave out --json"),
        (["--instance", "0"], "optimizationjob doctor --help"),
        (["--region", "nowhere!", "--policy"], "`regions`"),
    ],
)
def test_usage_error_is_one_line(doctor, conf, arguments, words):
    ended = doctor(*(argument.format(conf=conf) for argument in arguments))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
