"""`optimizationjob configure`: from lists of accounts to instances."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.configure.account_instances import AccountPlan, instances_for
from optimizationjob.cli.configure.account_list import read_accounts
from optimizationjob.cli.configure.configuration_formats import written_as
from optimizationjob.cli.configure.configure_command import configure
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator

PLAN = AccountPlan(regions=("us-east-1",), role="watch")
ARN = "arn:aws:iam::111111111111:role/watch"


@pytest.fixture
def put(tmp_path):
    def put_file(text, name="accounts.csv"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return str(path)

    return put_file


def planned(source, plan=PLAN):
    return [one for account in read_accounts(source).accounts for one in instances_for(account, plan)]


def instances(source, plan=PLAN):
    return [one.instance for one in planned(source, plan)]


def test_an_account_becomes_an_instance(put):
    plan = AccountPlan(regions=("us-*",), role="path/watch", external_id="ENC[shared]", tags=("team:ml",), interval=120)
    assert instances(put("account_id,name\n111111111111,research\n"), plan) == [
        {
            "regions": ["us-*"],
            "assume_role": "arn:aws:iam::111111111111:role/path/watch",
            "external_id": "ENC[shared]",
            "min_collection_interval": 120,
            "empty_default_hostname": True,
            "tags": ["account_name:research", "team:ml"],
        }
    ]


def test_csv_json_and_yaml_are_equivalent(put):
    rows = [
        {"account_id": "012345670123", "name": "a, b", "regions": ["us-east-1", "eu-west-1"], "external_id": "ENC[x]"},
        {"account_id": "111111111111", "role": ARN},
    ]
    expected = instances(put(rows, "accounts.json"))
    assert expected[0]["assume_role"] == "arn:aws:iam::012345670123:role/watch"
    # YAML would read the first ID as an octal number.
    text = """
        accounts:
          - {account_id: 012345670123, name: "a, b", regions: [us-east-1, eu-west-1], external_id: "ENC[x]"}
          - account_id: 111111111111
            role: %s
    """
    assert instances(put(text % ARN, "accounts.yaml")) == expected
    lines = ["\ufeffaccount_id,name,regions,role,external_id", '012345670123,"a, b",us-east-1;eu-west-1,,ENC[x]']
    assert instances(put("\r\n".join([*lines, f"111111111111,,,{ARN},", ""]))) == expected


def test_only_active_organization_accounts_are_configured(put):
    answer = {
        "Accounts": [
            {"Id": "222222222222", "Name": "old answers have Status", "Status": "ACTIVE"},
            {"Id": "111111111111", "Name": "research", "State": "ACTIVE", "Status": "ACTIVE", "Email": "a@b.c"},
            {"Id": "333333333333", "Name": "left", "State": "CLOSED", "Status": "SUSPENDED"},
        ]
    }
    found = read_accounts(put(answer, "organization.json"))
    assert [account.id for account in found.accounts] == ["111111111111", "222222222222"], "by id"
    assert found.closed == 1


def test_regions_are_split_into_disjoint_groups(put):
    plan = AccountPlan(regions=("eu-west-1", "us-east-*", "us-east-1"), per_instance=2, role="watch")
    found = planned(put("account_id\n111111111111\n"), plan)
    assert [one.instance["regions"] for one in found] == [["eu-west-1", "us-east-1"], ["us-east-2"]]
    assert [one.name for one in found] == ["111111111111-1", "111111111111-2"]


@pytest.mark.parametrize(("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")])
def test_role_arn_uses_the_partition_of_the_regions(put, region, partition):
    (instance,) = instances(put("account_id\n111111111111\n"), AccountPlan(regions=(region,), role="watch"))
    assert instance["assume_role"] == f"arn:{partition}:iam::111111111111:role/watch"


def test_no_role_is_assumed_in_the_agents_own_account(put):
    source = put("account_id\n111111111111\n222222222222\n")
    own, other = instances(source, AccountPlan(regions=("us-east-1",), role="watch", own_account="111111111111"))
    assert "assume_role" not in own
    assert other["assume_role"].startswith("arn:aws:iam::222222222222:")


CSV = "account_id,name,regions,role,external_id\n"
WRONG = {
    "no_column": ("name\na\n", "has no column `account_id`"),
    "column_twice": ("account_id,account_id\n1,2\n", "has the column 'account_id' twice"),
    "strange_column": ("account_id,rigions\n1,2\n", "has the column 'rigions'"),
    "empty": ("", "has no column"),
    "no_row": (CSV, "has no account"),
    "short": (CSV + "111111111111,a\n", "line 2: does not have as many values"),
    "long": (CSV + "111111111111,a,,,,,\n", "line 2: does not have as many values"),
    "quote": (CSV + '111111111111,"a\n', "is not CSV"),
    "short_id": (CSV + "111111111111,,,,\n11111111111,,,,\n", "line 3: `account_id` is '11111111111': give 12 digits"),
    "twice": (CSV + "111111111111,,,,\n111111111111,b,,,\n", "line 3: account 111111111111 is there already, see"),
    "region": (CSV + "111111111111,,us-eats,,\n", "line 2: `regions` has 'us-eats'"),
    "partitions": (CSV + "111111111111,,us-east-1;cn-north-1,,\n", "regions of one partition"),
    "role": (CSV + "111111111111,,,two words,\n", "line 2: `assume_role` is"),
    "other_role": (CSV + "222222222222,,," + ARN + ",\n", "is not one of account 222222222222 in partition aws"),
    "other_partition": (CSV + "111111111111,,cn-north-1," + ARN + ",\n", "in partition aws-cn"),
    "clear_secret": (CSV + "111111111111,,,,planted-word\n", "line 2: `external_id` is ********: give a handle"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_invalid_row_is_reported_in_one_line(put, text, words):
    with pytest.raises(CommandFailed) as refused:
        planned(put(text))
    assert words in str(refused.value)
    assert "accounts.csv" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "planted" not in str(refused.value)
    assert refused.value.status == 2


WRONG_DOCUMENTS = {
    "number": ([{"account_id": 111111111111}], "account 1: `account_id` is 111111111111: give 12 digits in quotes"),
    "no_list": ({"rows": []}, "give a list of accounts"),
    "no_mapping": (["111111111111"], "account 1: is '111111111111': give a mapping"),
    "strange_key": ([{"account_id": "111111111111", "region": "us-east-1"}], "has 'region': give any of"),
    "regions_text": ([{"account_id": "111111111111", "regions": "us-east-1"}], "give a list of names"),
    "name": ([{"account_id": "111111111111", "name": 7}], "`name` is 7: give text"),
    "secret": ([{"account_id": "111111111111", "external_id": 77777}], "`external_id` is ********"),
    "page": ({"Accounts": [], "NextToken": "x"}, "is not the whole list"),
    "no_state": ({"Accounts": [{"Id": "111111111111"}]}, "account 1: has no `State`"),
    "nested": ([[[[[["x"] * 9] * 9] * 9] * 9] * 9], "account 1: is [[[...], [...], "),
    "none_active": ({"Accounts": [{"Id": "1", "State": "CLOSED"}]}, "has no account that is ACTIVE"),
    "no_json": ("{", "is not JSON"),
}


@pytest.mark.parametrize(("document", "words"), WRONG_DOCUMENTS.values(), ids=WRONG_DOCUMENTS)
def test_invalid_document_is_reported_in_one_line(put, document, words):
    with pytest.raises(CommandFailed) as refused:
        read_accounts(put(document, "accounts.json"))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "77777" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_a_list_without_an_end_is_refused(tmp_path):
    (tmp_path / "accounts.csv").symlink_to("/dev/zero")
    with pytest.raises(CommandFailed, match="has more than 16 MB"):
        read_accounts(str(tmp_path / "accounts.csv"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"regions": []}, "account 111111111111 has no region"),
        ({"role_name": ""}, "account 111111111111 has no role"),
        ({"external_id": "planted-word"}, "--external-id: `external_id` is ********"),
        ({"own_account": "999999999999"}, "--own-account 999999999999 is not in the list"),
        ({"tags": [" "]}, "`tags` has ' '"),
        ({"accounts": "nowhere.csv"}, "nowhere.csv: cannot be read"),
        ({"accounts": "accounts.txt"}, "ends in .csv, .json, .yaml, .yml"),
    ],
)
def test_invalid_options_are_reported_and_nothing_is_written(put, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    put("account_id\n111111111111\n")
    put("", "accounts.txt")
    target = tmp_path / "conf.yaml"
    usual = {"accounts": "accounts.csv", "regions": ["us-east-1"], "role_name": "watch", "output": target}
    with pytest.raises(CommandFailed) as refused:
        configure(**{**usual, **options})
    assert words in str(refused.value)
    assert "planted" not in str(refused.value)
    assert not target.exists()


def test_a_role_for_the_agents_own_account_is_refused(put):
    source = put(f"account_id,role\n111111111111,{ARN}\n")
    with pytest.raises(CommandFailed, match="no role is assumed in it"):
        planned(source, AccountPlan(regions=("us-east-1",), own_account="111111111111"))


def test_kubernetes_formats_have_one_file_per_instance(put):
    source = put('account_id,name\n222222222222,"quote ""it"": {x}"\n111111111111,a\n')
    found = planned(source)
    helm = yaml.safe_load(written_as("helm", found))["clusterAgent"]["advancedConfd"]["optimizationjob.d"]
    assert list(helm) == ["111111111111.yaml", "222222222222.yaml"]
    for text, one in zip(helm.values(), found, strict=True):
        assert yaml.safe_load(text) == {"cluster_check": True, "init_config": {}, "instances": [one.instance]}
    config_map = yaml.safe_load(written_as("configmap", found))
    assert config_map["data"] == helm
    patch = yaml.safe_load(written_as("operator", found))["spec"]["override"]["clusterAgent"]["extraConfd"]["configMap"]
    assert patch["name"] == config_map["metadata"]["name"]
    assert [item["path"] for item in patch["items"]] == [f"optimizationjob.d/{name}" for name in helm]
    conf = yaml.safe_load(written_as("conf", found))
    assert conf == {"init_config": {}, "instances": [one.instance for one in found]}


def test_name_with_a_helm_template_is_rejected(put):
    found = planned(put("account_id,name\n111111111111,{{ .Values }}\n"))
    with pytest.raises(CommandFailed, match="rename it"):
        written_as("helm", found)
    assert "{{" in written_as("configmap", found)


KEY = "%%env_DD_API_KEY%%"
ROW = {"account_id": "111111111111"}
LISTED = {"Id": "111111111111", "State": "ACTIVE", "Name": f"a{KEY}"}
CARRIERS = {
    "name": (PLAN, [{**ROW, "name": f"a{KEY}"}], "tags"),
    "of Organizations": (PLAN, {"Accounts": [LISTED]}, "tags"),
    "unclosed": (PLAN, [{**ROW, "name": "50%%"}], "tags"),
    "role": (PLAN, [{**ROW, "role": f"watch{KEY}"}], "assume_role"),
    "external id": (PLAN, [{**ROW, "external_id": f"ENC[{KEY}]"}], "external_id"),
    "--tag": (replace(PLAN, tags=(f"x:{KEY}",)), [ROW], "tags"),
    "--role-name": (replace(PLAN, role=f"x{KEY}"), [ROW], "assume_role"),
    "--external-id": (replace(PLAN, external_id=f"ENC[{KEY}]"), [ROW], "external_id"),
}


@pytest.mark.parametrize("case", CARRIERS)
def test_what_the_agent_would_replace_is_refused(put, case):
    plan, document, option = CARRIERS[case]
    with pytest.raises(CommandFailed, match=rf"account 1: .* in `{option}` has %%, which the Agent would replace"):
        planned(put(document, "accounts.json"), plan)


@pytest.mark.parametrize("region", [KEY, f"us-*{KEY}"])
def test_a_variable_of_the_agent_is_no_region(put, region):
    for plan, row in ((replace(PLAN, regions=(region,)), ROW), (PLAN, {**ROW, "regions": [region]})):
        with pytest.raises(CommandFailed, match="regions"):
            planned(put([row], "accounts.json"), plan)


@pytest.mark.parametrize("form", ["conf", "helm", "configmap", "operator"])
def test_no_form_is_written_with_a_variable_of_the_agent(run, put, form):
    ended = run("configure", put([{**ROW, "name": KEY}], "accounts.json"), "--region", "us-east-1", "--format", form)
    assert (ended.returncode, ended.stdout) == (2, "")
    ended = run(
        "configure",
        put([{**ROW, "name": "50% off"}], "accounts.json"),
        "--region",
        "us-east-1",
        "--own-account",
        "111111111111",
        "--format",
        form,
    )
    assert ended.returncode == 0


def test_instances_exceeding_a_config_map_are_rejected(put):
    source = put("account_id\n" + "".join(f"{number:012d}\n" for number in range(600)))
    found = planned(source, replace(PLAN, tags=("x" * 2000,)))
    with pytest.raises(CommandFailed, match="a ConfigMap holds 1048576"):
        written_as("configmap", found)
    assert len(yaml.safe_load(written_as("conf", found[:2]))["instances"]) == 2
    assert written_as("conf", found).count("assume_role") == 600


def test_standard_input_gives_deterministic_output(tmp_path):
    answer = {"Accounts": [{"Id": "111111111111", "State": "ACTIVE"}, {"Id": "222222222222", "State": "SUSPENDED"}]}
    command = [sys.executable, "-c", "from optimizationjob.cli import main; main()", "configure", "-"]
    command += ["--region", "us-east-1", "--role-name", "watch"]
    ended = subprocess.run(command, check=False, input=json.dumps(answer), capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (
        0,
        "1 instance for 1 account; 1 account is left out: not ACTIVE\n",
    )
    assert ended.stdout.startswith("# 1 instance, written by")
    assert yaml.safe_load(ended.stdout)["instances"][0]["assume_role"] == ARN


def test_counts_use_singular_and_plural(put, capsys):
    answer = [{"Id": f"{number:012d}", "State": "ACTIVE" if number < 2 else "CLOSED"} for number in range(4)]
    configure(accounts=put({"Accounts": answer}, "all.json"), regions=["us-east-1"], role_name="watch")
    captured = capsys.readouterr()
    assert captured.err == "2 instances for 2 accounts; 2 accounts are left out: not ACTIVE\n"
    assert captured.out.startswith("# 2 instances, written by")


def test_file_is_written_atomically_and_not_overwritten(put, tmp_path, capsys):
    target = tmp_path / "conf.yaml"
    options = {"accounts": put("account_id\n111111111111\n"), "regions": ["us-east-1"], "role_name": "watch"}
    configure(**options)
    shown = capsys.readouterr().out
    configure(**options, output=target)
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8") == shown
    with pytest.raises(CommandFailed, match="exists already"):
        configure(**options, output=target)
    configure(**options, output=target, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.csv", "conf.yaml"]


@pytest.mark.parametrize(("before", "after"), [(None, 0o640), (0o666, 0o640), (0o600, 0o600)])
def test_others_cannot_read_the_file(put, tmp_path, before, after):
    target = tmp_path / "conf.yaml"
    if before is not None:
        target.touch()
        target.chmod(before)
    options = {"accounts": put("account_id\n111111111111\n"), "regions": ["us-east-1"], "role_name": "watch"}
    configure(**options, output=target, overwrite=True)
    assert target.stat().st_mode & 0o777 == after


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_the_agents_user_stays_its_own(put, tmp_path):
    target = tmp_path / "conf.yaml"
    target.touch(0o640)
    os.chown(target, 12_345, 23_456)
    options = {"accounts": put("account_id\n111111111111\n"), "regions": ["us-east-1"], "role_name": "watch"}
    configure(**options, output=target, overwrite=True)
    after = target.stat()
    assert (after.st_uid, after.st_gid, after.st_mode & 0o777) == (12_345, 23_456, 0o640)


def test_the_check_runs_what_was_written(run, put, tmp_path):
    target = tmp_path / "conf.yaml"
    options = {"accounts": put("account_id,name\n111111111111,research\n"), "regions": ["us-east-1"]}
    configure(**options, own_account="111111111111", output=target)
    with Simulator(clock=SystemClock()) as simulator:
        simulator.put_job("111111111111", "us-east-1", "one")
        keys = {"AWS_ACCESS_KEY_ID": "AKIA111111111111", "AWS_SECRET_ACCESS_KEY": "simulated"}
        ended = run("check", "--config", str(target), "--json", AWS_ENDPOINT_URL=simulator.url, **keys)
    assert ended.returncode == 0, ended.stderr
    assert "account_name:research" in ended.stdout
    assert "optimization_job_name:one" in ended.stdout
