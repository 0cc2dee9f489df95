"""The files of deploy/ fit together, and what they configure is what the check takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
from datadog_checks.optimizationjob.config_models.instance import InstanceConfig
from optimizationjob.cli.configure.account_instances import AccountPlan, instances_for
from optimizationjob.cli.configure.account_list import HANDLE, ListedAccount, read_accounts
from optimizationjob.cli.configure.configuration_formats import written_as
from tests.deploy.datadog_fields import fields

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
ROLES = ("ecs/service.yaml", "kubernetes/pod-identity.yaml", "kubernetes/irsa.yaml")
HANDLE_OF_EXAMPLES = "ENC[optimizationjob;external_id]"
MEMORY = "/opt/datadog-agent/run/optimizationjob"


class Template(yaml.SafeLoader):
    """Reads CloudFormation: `!Ref Name` becomes ("Ref", "Name")."""


Template.add_multi_constructor(
    "!",
    lambda loader, tag, node: (
        tag,
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True),
    ),
)


def kubernetes(name):
    return yaml.safe_load((DEPLOY / f"kubernetes/{name}.yaml").read_text(encoding="utf-8"))


def template(name):
    return yaml.load((DEPLOY / name).read_text(encoding="utf-8"), Template)


def task():
    return template("ecs/service.yaml")["Resources"]["Task"]["Properties"]


def container():
    (only,) = task()["ContainerDefinitions"]
    return only


def environment():
    return {one["Name"]: one["Value"] for one in container()["Environment"]}


def policies(name):
    """What the role of whoever runs the check may do with the watched accounts, by the policy's name."""
    resources = template(name)["Resources"]
    role = resources.get("RunnerRole") or resources["AgentRole"]
    reported = {one["PolicyName"]: one["PolicyDocument"] for one in role["Properties"]["Policies"]}
    reported.pop("keep-the-memory", None)
    return reported


def files():
    """Every configuration file that a manifest brings, by where it is from."""
    helm = kubernetes("instances")["clusterAgent"]["advancedConfd"]["optimizationjob.d"]
    yield from ((f"instances {name}", text) for name, text in helm.items())
    yield from ((f"configmap {name}", text) for name, text in kubernetes("instances-configmap")["data"].items())
    yield "ecs", environment()["OPTIMIZATIONJOB_CONF"]


@pytest.mark.parametrize(("origin", "text"), [pytest.param(*one, id=one[0]) for one in files()])
def test_the_check_takes_every_configuration(origin, text):
    document = yaml.safe_load(text)
    assert document.get("cluster_check", False) is (origin != "ecs")
    for instance in document["instances"]:
        assert set(instance) <= set(InstanceConfig.model_fields), "what is misspelled would be ignored"
        filled = {key: "filled-in" if HANDLE.fullmatch(str(value)) else value for key, value in instance.items()}
        check = OptimizationJobCheck("optimizationjob", document["init_config"], [filled])
        check.load_configuration_models()
        assert check.settings().min_collection_interval == 60
    if origin != "ecs":
        assert len(document["instances"]) == 1, "the Cluster Agent gives a whole file to one runner"


def configured(form):
    plan = AccountPlan(role="datadog-optimizationjob")
    accounts = read_accounts(str(DEPLOY / "accounts.csv")).accounts
    return written_as(form, [one for account in accounts for one in instances_for(account, plan)])


@pytest.mark.parametrize(("form", "name"), [("helm", "instances"), ("configmap", "instances-configmap")])
def test_instances_are_those_that_configure_writes(form, name):
    assert configured(form) == (DEPLOY / f"kubernetes/{name}.yaml").read_text(encoding="utf-8")


def test_the_operator_brings_in_what_configure_says():
    patch = yaml.safe_load(configured("operator"))["spec"]["override"]["clusterAgent"]["extraConfd"]
    assert kubernetes("datadogagent")["spec"]["override"]["clusterAgent"]["extraConfd"] == patch
    items = patch["configMap"]["items"]
    assert [item["key"] for item in items] == list(kubernetes("instances-configmap")["data"])
    assert patch["configMap"]["name"] == kubernetes("instances-configmap")["metadata"]["name"]


def test_the_volume_is_where_the_agent_keeps_the_memory(agent):
    agent().run()
    # The Agent makes a folder of the run path of what stands before the colon.
    folders = {key.partition(":")[0] for key in agent_stub._cache if ":" in key}
    assert {f"/opt/datadog-agent/run/{folder}" for folder in folders} == {MEMORY}


def test_every_runner_has_the_shared_memory():
    claim = kubernetes("memory")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    helm = kubernetes("values")["clusterChecksRunner"]
    operator = kubernetes("datadogagent")["spec"]["override"]["clusterChecksRunner"]
    for volumes, mounts in (
        (helm["volumes"], helm["volumeMounts"]),
        (operator["volumes"], operator["containers"]["agent"]["volumeMounts"]),
    ):
        ((volume,), (mount,)) = volumes, mounts
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert mount == {"name": volume["name"], "mountPath": MEMORY}


def test_the_roles_are_the_same_everywhere():
    arns = re.findall(r"assume_role: (\S+)", "\n".join(text for _, text in files()))
    assert arns
    (command,) = re.findall(r"^watched=.*", PAGE, re.MULTILINE)
    printed = subprocess.run(
        ["bash", "-c", f'{command}; printf %s "$watched"'], check=True, capture_output=True, text=True, cwd=ROOT
    )
    listed = printed.stdout.split(",")
    assert set(listed) == set(arns)
    for name in ROLES:
        assert '"WatchedRoleArns=$watched"' in PAGE.partition(f"--template-file deploy/{name}")[2].partition("```")[0]
        parameter = template(name)["Parameters"]["WatchedRoleArns"]
        assert "Default" not in parameter
        assert all(re.fullmatch(parameter["AllowedPattern"], arn) for arn in listed)


@pytest.mark.parametrize("name", ROLES)
def test_only_listed_roles_may_be_assumed(name):
    (statement,) = policies(name)["assume-the-roles-of-the-watched-accounts"]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ("Ref", "WatchedRoleArns")}


def test_no_file_takes_a_wheel_from_where_everyone_can_write():
    pages = (*DEPLOY.rglob("*"), *(ROOT / name for name in ("README.md", "docs/install.md", "docs/containers.md")))
    texts = {path: path.read_text(encoding="utf-8") for path in pages if path.is_file()}
    assert [path for path, text in texts.items() if re.search(r"/tmp\b", text)] == []


def test_every_role_is_assumed_with_an_external_id_as_its_trust_policy_asks():
    condition = json.loads((DEPLOY / "iam/trust.json").read_text(encoding="utf-8"))["Statement"][0]["Condition"]
    assert "sts:ExternalId" in condition["StringEquals"]
    texts = [text for _, text in files()]
    everywhere = [path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*.yaml")]
    assert sum(text.count("assume_role: ") for text in texts) == sum(text.count("assume_role: ") for text in everywhere)
    instances = [instance for text in texts for instance in yaml.safe_load(text)["instances"]]
    assert [one for one in instances if "assume_role" in one and "external_id" not in one] == []


def test_whoever_runs_the_check_may_assume_the_roles_and_read_the_external_id():
    reported = [policies(name) for name in ROLES]
    assert all(one == reported[0] for one in reported)
    assert set(reported[0]) == {"assume-the-roles-of-the-watched-accounts", "read-the-external-id"}
    handles = {one for _, text in files() for one in re.findall(r"external_id: ENC\[(\w+);external_id\]", text)}
    assert {template(name)["Parameters"]["SecretName"]["Default"] for name in ROLES} == handles
    override = kubernetes("datadogagent")["spec"]["override"]["clusterChecksRunner"]
    runners = (
        kubernetes("values")["clusterChecksRunner"]["envDict"],
        {one["name"]: one["value"] for one in override["env"]},
        {one["Name"]: one["Value"] for one in container()["Environment"]},
    )
    for named in runners:
        assert named["DD_SECRET_BACKEND_TYPE"] == "aws.secrets"
        assert "aws_session" in str(named["DD_SECRET_BACKEND_CONFIG"])


def test_with_irsa_only_the_service_account_of_the_runners_gets_the_role():
    text = template("kubernetes/irsa.yaml")["Resources"]["RunnerRole"]["Properties"]["AssumeRolePolicyDocument"][1]
    defaults = {name: one.get("Default") for name, one in template("kubernetes/irsa.yaml")["Parameters"].items()}
    given = {**defaults, "OidcProvider": "oidc.example/id/1", "AWS::Partition": "aws", "AWS::AccountId": "111111111111"}
    (statement,) = json.loads(re.sub(r"\$\{([\w:]+)\}", lambda name: given[name[1]], text))["Statement"]
    assert statement["Principal"] == {"Federated": "arn:aws:iam::111111111111:oidc-provider/oidc.example/id/1"}
    assert statement["Condition"]["StringEquals"] == {
        "oidc.example/id/1:aud": "sts.amazonaws.com",
        "oidc.example/id/1:sub": "system:serviceaccount:datadog:datadog-cluster-checks",
    }
    for runner in (
        kubernetes("values")["clusterChecksRunner"]["rbac"],
        kubernetes("datadogagent")["spec"]["override"]["clusterChecksRunner"],
    ):
        arn = runner["serviceAccountAnnotations"]["eks.amazonaws.com/role-arn"]
        assert arn.partition(":role/")[2] == defaults["RoleName"]


def test_ecs_runs_one_agent_at_a_time_with_its_memory():
    resources = template("ecs/service.yaml")["Resources"]
    service = resources["Service"]["Properties"]
    assert service["DesiredCount"] == 1
    assert service["DeploymentConfiguration"] == {"MinimumHealthyPercent": 0, "MaximumPercent": 100}
    (mount,), (volume,) = container()["MountPoints"], task()["Volumes"]
    assert mount == {"SourceVolume": volume["Name"], "ContainerPath": MEMORY}


def test_the_page_says_how_many_instances_a_template_and_a_task_definition_hold():
    text = (DEPLOY / "ecs/service.yaml").read_text(encoding="utf-8")
    there = textwrap.indent(environment()["OPTIMIZATIONJOB_CONF"], " " * 16)
    assert there in text
    plan = AccountPlan(
        regions=("us-east-1", "us-west-2"), role="datadog-optimizationjob", external_id=HANDLE_OF_EXAMPLES
    )

    def sizes(number):
        accounts = [ListedAccount(id=f"{one:012d}", place="", name=f"account-{one}") for one in range(number)]
        conf = written_as("conf", [one for account in accounts for one in instances_for(account, plan)])
        rest = {key: value for key, value in task().items() if key != "Volumes"}
        return len(text.replace(there, textwrap.indent(conf, " " * 16))), len(json.dumps(conf)) + len(json.dumps(rest))

    in_template, in_task = (int(number) for number in re.findall(r"about (\d+) instances", PAGE))
    assert sizes(in_template)[0] <= 51_200 < sizes(round(in_template * 1.1))[0]
    assert sizes(in_task)[1] <= 64 * 1024 < sizes(round(in_task * 1.1))[1]


def test_the_command_of_the_task_writes_the_configuration_and_starts_the_agent(tmp_path):
    (tmp_path / "conf.d").mkdir()
    entrypoint = tmp_path / "entrypoint.sh"
    entrypoint.write_text("#!/bin/sh\necho started\n")
    entrypoint.chmod(0o755)
    shell, flag, command = container()["Command"]
    moved = command.replace("/conf.d/", f"{tmp_path}/conf.d/").replace("/bin/entrypoint.sh", str(entrypoint))
    assert moved.count(str(tmp_path)) == 2
    ended = subprocess.run([shell, flag, moved], check=True, capture_output=True, text=True, env=environment_of_task())
    assert ended.stdout == "started\n"
    conf = tmp_path / "conf.d/optimizationjob.yaml"
    assert conf.read_text() == environment()["OPTIMIZATIONJOB_CONF"]
    assert conf.stat().st_mode & 0o777 == 0o640


def environment_of_task():
    return {"PATH": "/usr/bin:/bin", "OPTIMIZATIONJOB_CONF": environment()["OPTIMIZATIONJOB_CONF"]}


@pytest.mark.parametrize(("base", "status"), [("36.13.0", 0), ("36.9.0", 1)])
def test_an_image_is_not_built_on_an_agent_that_is_too_old(base, status):
    text = (DEPLOY / "container/Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    ((_, flag, program),) = (json.loads(line[4:]) for line in text.splitlines() if line.startswith("RUN ["))
    assert flag == "-c"
    stand_in = f"import importlib.metadata as m; m.version = lambda name: {base!r} if 'base' in name else '2'\n"
    ended = subprocess.run([sys.executable, "-c", stand_in + program], check=False, capture_output=True, text=True)
    assert ended.returncode == status, ended.stderr
    assert status == 0 or "optimizationjob needs Agent 7.57 or newer" in ended.stderr


def test_the_page_and_the_folder_name_each_other():
    there = {path.relative_to(ROOT).as_posix() for path in DEPLOY.rglob("*") if path.is_file()}
    there = {name for name in there if not name.startswith("deploy/iam/")}
    text = PAGE + (ROOT / "docs/install.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(\.\./(deploy/[\w./-]+)\)", text))
    assert there <= named
    assert [name for name in named if not (ROOT / name).exists()] == []
    in_commands = set(
        re.findall(r"(?<![\w/.])deploy/[\w./-]+\w", "".join(re.findall(r"```shell\n(.*?)```", text, re.DOTALL)))
    )
    assert in_commands
    assert [name for name in in_commands if not (ROOT / name).exists()] == []


def test_the_list_that_a_page_shows_is_the_file():
    page = (ROOT / "docs/configure.md").read_text(encoding="utf-8")
    assert re.findall(r"```text\n(account_id,.*?)```", page, re.DOTALL) == [
        (DEPLOY / "accounts.csv").read_text(encoding="utf-8")
    ]


def test_the_page_says_what_every_field_does():
    written = {field for name in ("first-values", "values", "instances") for field in fields(kubernetes(name))}
    for name in ("first-datadogagent", "datadogagent"):
        written |= set(fields({"spec": kubernetes(name)["spec"]}))
    table = PAGE.partition("### The fields")[2]
    assert set(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)) == written
