"""The files of deploy/ go with what is in a cluster, a registry or a folder already."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import yaml

from datadog_checks.optimizationjob.__about__ import __version__
from optimizationjob.diagnosis import iam_policy
from tests.deploy.datadog_fields import faults, fields, unknown

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
KUBERNETES = DEPLOY / "kubernetes"
FOR_HELM = ("first-values", "values", "instances")
FOR_THE_OPERATOR = ("first-datadogagent", "datadogagent")
DOCKERFILE = (DEPLOY / "container/Dockerfile").read_text(encoding="utf-8")
ARGUMENTS = ("AGENT_VERSION", "VERSION")
SKIP_CHECKS = "DD_SECRET_BACKEND_SKIP_CHECKS"


def kubernetes(name):
    return yaml.safe_load((KUBERNETES / f"{name}.yaml").read_text(encoding="utf-8"))


def known_fields():
    with Path(__file__).with_name("datadog_fields.csv").open(encoding="utf-8", newline="") as file:
        return {row["field"]: row["seen_in"] for row in csv.DictReader(file)}


def written_fields():
    """The fields of the files, with those in comments, and of the examples of the page."""
    texts = [(KUBERNETES / f"{name}.yaml").read_text(encoding="utf-8") for name in FOR_HELM + FOR_THE_OPERATOR]
    texts = [re.sub(r"# (pullSecrets:)", r"\1", text) for text in texts]
    texts += re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for document in map(yaml.safe_load, texts):
        yield from fields({"spec": document["spec"]} if "spec" in document else document)


def merged(below, above):
    """What Helm makes of two files of values, and Kubernetes of an object and a merge patch (RFC 7386)."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    kept = {key: value for key, value in below.items() if key not in above}
    return kept | {key: merged(below.get(key), value) for key, value in above.items() if value is not None}


def lists(document, above=""):
    for key, value in document.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            yield from lists(value, path)
        elif isinstance(value, list):
            yield path


def test_every_field_is_one_of_the_chart_or_the_operator():
    known, written = known_fields(), set(written_fields())
    assert written == set(known), "add what is new, with the versions that were looked at; take away what is gone"
    assert all(known.values())


def test_a_field_that_the_chart_does_not_have_is_found(tmp_path):
    values = {"clusterAgent": {"enabled": True, "envDict": {}, "image": {"tag": None}}, "datadog": {}}
    right = {"clusterAgent": {"enabled": True, "envDict": {"A": "b"}, "image": {"tag": "7"}}, "datadog": {"any": 1}}
    assert unknown(right, values) == []
    wrong = {"clusterAgent": {"image": {"tags": "7"}, "enable": True}}
    assert unknown(wrong, values) == ["clusterAgent.image.tags", "clusterAgent.enable"]
    for name, document in (("values", values), ("right", right), ("wrong", wrong)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    values, right, wrong = (tmp_path / f"{name}.yaml" for name in ("values", "right", "wrong"))
    assert faults(values, right) == ""
    assert faults(values, right, wrong) == f"{wrong}: the chart has no clusterAgent.enable, clusterAgent.image.tags"


def test_the_page_names_the_versions_that_are_compared():
    named = re.findall(r"\b(chart|operator)=([\d.]+)", (ROOT / ".ci/deploy").read_text(encoding="utf-8"))
    assert [name for name, _ in named] == ["chart", "operator"]
    (passage,) = re.findall(r"\nVersions tried: .*?\n\n", PAGE, re.DOTALL)
    assert all(re.search(rf"(?i){name}\s{re.escape(version)}", passage) for name, version in named)


def test_own_values_of_a_release_stay():
    own = {
        "datadog": {"site": "datadoghq.eu", "apiKey": "planted", "clusterName": "production"},
        "clusterAgent": {"replicas": 2, "env": [{"name": "A", "value": "b"}], "advancedConfd": {"redisdb.d": {}}},
        "clusterChecksRunner": {"env": [{"name": "C", "value": "d"}], "resources": {"limits": {"memory": "1Gi"}}},
    }
    both = merged(merged(own, kubernetes("values")), kubernetes("instances"))
    assert both["datadog"] == {**own["datadog"], "clusterChecks": {"enabled": True}}
    assert set(both["clusterAgent"]["advancedConfd"]) == {"redisdb.d", "optimizationjob.d"}
    for component in ("clusterAgent", "clusterChecksRunner"):
        assert both[component]["env"] == own[component]["env"]
    assert both["clusterChecksRunner"]["resources"] == own["clusterChecksRunner"]["resources"]


def test_own_settings_of_a_datadogagent_stay():
    own = {
        "metadata": {"name": "datadog", "namespace": "datadog"},
        "spec": {
            "global": {"site": "datadoghq.eu", "credentials": {"apiSecret": {"secretName": "mine"}}},
            "override": {"nodeAgent": {"priorityClassName": "high"}, "clusterAgent": {"replicas": 2}},
        },
    }
    both = merged(own, kubernetes("datadogagent"))
    assert both["metadata"] == own["metadata"]
    assert both["spec"]["global"] == own["spec"]["global"]
    assert both["spec"]["override"]["nodeAgent"] == own["spec"]["override"]["nodeAgent"]
    assert both["spec"]["override"]["clusterAgent"]["replicas"] == 2


def test_the_page_names_each_list_that_replaces_an_own_one():
    (passage,) = re.findall(r"\*\*A layer over what you have\.\*\*.*?\n\n", PAGE, re.DOTALL)
    helm = {path.rpartition(".")[2] for path in lists(kubernetes("values"))}
    operator = {path.rpartition(".")[2] for path in lists(kubernetes("datadogagent"))}
    assert helm == {"volumes", "volumeMounts"}
    assert operator == helm | {"env", "items"}
    assert all(f"`{name}`" in passage for name in helm | {"env", "extraConfd"})


def test_a_first_installation_brings_what_the_layer_leaves_out():
    values = merged(kubernetes("first-values"), kubernetes("values"))
    agent = merged(kubernetes("first-datadogagent"), kubernetes("datadogagent"))
    secret = agent["spec"]["global"]["credentials"]["apiSecret"]
    assert values["datadog"]["apiKeyExistingSecret"] == secret["secretName"]
    assert f"create secret generic {secret['secretName']} --from-literal {secret['keyName']}=" in PAGE
    assert values["datadog"]["site"] == agent["spec"]["global"]["site"]


def test_the_cluster_agent_passes_handles_on_and_the_runners_fill_them_in():
    helm, override = kubernetes("values"), kubernetes("datadogagent")["spec"]["override"]
    operator = {name: {one["name"]: one["value"] for one in override[name]["env"]} for name in override}
    # A name or value that is no text would end the rendering.
    assert helm["clusterAgent"]["envDict"] == operator["clusterAgent"] == {SKIP_CHECKS: "true"}
    assert helm["clusterChecksRunner"]["envDict"] == operator["clusterChecksRunner"]


def test_the_region_of_the_secret_is_a_parameter_of_every_role():
    for name in ("kubernetes/irsa", "kubernetes/pod-identity", "ecs/service"):
        text = (DEPLOY / f"{name}.yaml").read_text(encoding="utf-8")
        assert "secretsmanager:${SecretRegion}:" in text
        pattern = re.search(r"SecretRegion:\n    Type: String\n    AllowedPattern: '(.+)'", text)[1]
        regions = ("us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1")
        assert [region for region in (*regions, "us-east", "") if not re.fullmatch(pattern, region)] == ["us-east", ""]
    assert PAGE.count("SecretRegion=us-east-1") == 3
    config = json.loads(kubernetes("values")["clusterChecksRunner"]["envDict"]["DD_SECRET_BACKEND_CONFIG"])
    assert config == {"aws_session": {"aws_region": "us-east-1"}}


def test_ecs_starts_no_second_task_to_balance_zones():
    assert "AvailabilityZoneRebalancing: DISABLED" in (DEPLOY / "ecs/service.yaml").read_text(encoding="utf-8")


def test_a_missing_configuration_is_an_error_and_not_an_empty_folder():
    compose = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text(encoding="utf-8"))
    (mount,) = (one for one in compose["services"]["datadog-agent"]["volumes"] if isinstance(one, dict))
    assert (mount["type"], mount["bind"]) == ("bind", {"create_host_path": False})


def test_an_image_is_made_of_one_wheel_and_one_version_of_the_agent():
    agent, version = (re.search(rf"^ARG {name}=(.+)$", DOCKERFILE, re.MULTILINE)[1] for name in ARGUMENTS)
    assert version == __version__
    assert re.fullmatch(r"7\.\d+\.\d+", agent)
    (copied,) = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied.replace("${VERSION}", version) == f"dist/datadog_optimizationjob-{version}-py3-none-any.whl"
    texts = [PAGE, *(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file())]
    tags = re.findall(r"agent-optimizationjob(?::|\n    # .+\n    tag: )(\S+)", "\n".join(texts))
    assert len(tags) > 5
    assert set(tags) == {f"{agent}-{version}"}


def test_the_examples_have_the_same_accounts_and_roles():
    allowed = {
        iam_policy.EXAMPLE_AGENT,
        *(f"arn:aws:iam::{account}:role/datadog-optimizationjob" for account in ("111111111111", "222222222222")),
        "arn:aws:iam::*:role/datadog-optimizationjob",
    }
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(path for path in DEPLOY.rglob("*") if path.is_file())]
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert set(re.findall(r"arn:aws:iam::[\d*]+:role/[\w-]+", "\n".join(texts))) - allowed == set()
