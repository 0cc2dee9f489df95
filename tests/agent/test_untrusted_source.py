"""A configuration from where the Agent does not trust says neither who is called nor with whose credentials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
from datadog_checks.optimizationjob.trusted_sources import GUARDED
from optimizationjob.package_versions import SOURCE_RULE

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "assets/configuration/spec.yaml"
MODELS = ROOT / "datadog_checks/optimizationjob/config_models"
PLANTED = "hunter2-secret"
KEYS = ("aws_access_key_id", "aws_secret_access_key")
# What the fixture gives, taken away: so that each option is refused for itself.
NOTHING = dict.fromkeys(("endpoint_url", *KEYS))
VALUES = {
    "endpoint_url": "http://evil.example.com",
    "proxy": {"https": f"http://me:{PLANTED}@evil.example.com:3128"},
    "aws_access_key_id": PLANTED,
    "aws_secret_access_key": PLANTED,
    "aws_session_token": PLANTED,
    "profile_name": "admin",
    "assume_role": "arn:aws:iam::222222222222:role/admin",
    "external_id": PLANTED,
    "tls_ca_cert": "/etc/evil/ca.pem",
    "skip_proxy": True,
    "environment_values": True,
}


@pytest.fixture
def guarded():
    """Switch the Agent's rule on."""

    def set_rule(**more):
        agent_stub._config.update(
            {
                "integration_ignore_untrusted_file_params": True,
                "integration_trusted_providers": ["file", "remote-config"],
                "integration_file_paths_allowlist": [],
                "integration_security_excluded_checks": [],
                **more,
            }
        )

    set_rule()
    return set_rule


pytestmark = pytest.mark.skipif(not hasattr(AgentCheck, "security_config"), reason=str(SOURCE_RULE))


def test_every_guarded_option_has_a_case():
    assert set(VALUES) == set(GUARDED)


def test_the_specification_leaves_the_rule_to_the_check():
    # The models that are generated for it load on newer base packages only.
    assert "trusted_provider" not in SPEC.read_text()
    assert not [path for path in MODELS.glob("*.py") if "security" in path.read_text()]


@pytest.mark.parametrize("option", GUARDED)
def test_a_guarded_option_is_refused_by_name_and_nothing_is_called(agent, simulator, guarded, option):
    one = agent(**{**NOTHING, option: VALUES[option]})
    one.check.provider = "container"
    error = one.run().error
    assert "ConfigurationError" in error
    assert f"`{option}`" in error
    assert "the Agent does not trust the source of this configuration (container)" in error
    assert "integration_trusted_providers" in error
    assert PLANTED not in error
    diagnoses = one.check.get_diagnoses()
    assert f"`{option}`" in json.loads(diagnoses)[0]["diagnosis"]
    assert PLANTED not in diagnoses
    assert simulator.calls == []


@pytest.mark.parametrize(("option", "shown"), [("proxy", "********"), ("skip_proxy", "true")])
def test_an_option_for_all_instances_is_refused_too(agent, guarded, option, shown):
    one = agent({option: VALUES[option]}, **NOTHING)
    one.check.provider = "container"
    assert f"`{option}` is {shown}: the Agent does not trust" in one.run().error


@pytest.mark.parametrize("url", ["http://evil.example.com/../../../../../../../../etc/ssl/x", "http://127.0.0.1:1"])
def test_a_url_is_no_path_into_an_allowed_folder(agent, guarded, url):
    guarded(integration_file_paths_allowlist=["/etc/ssl", "/"])
    one = agent(**{**NOTHING, "endpoint_url": url})
    one.check.provider = "container"
    assert "`endpoint_url`" in one.run().error


def test_a_source_that_is_not_named_is_not_trusted(agent, guarded):
    one = agent()
    one.check.provider = ""
    assert "(not named)" in one.run().error


@pytest.mark.parametrize(
    ("provider", "rule"),
    [
        ("file", {}),
        ("remote-config", {}),
        ("container", {"integration_ignore_untrusted_file_params": False}),
        ("container", {"integration_trusted_providers": ["container"]}),
        ("container", {"integration_security_excluded_checks": ["optimizationjob"]}),
    ],
)
def test_a_trusted_source_or_a_rule_that_is_off_changes_nothing(agent, running, guarded, provider, rule):
    guarded(**rule)
    one = agent()
    one.check.provider = provider
    reported = one.run()
    assert reported.error == ""
    assert reported.service_check() == ("ok", "")


def test_an_untrusted_source_may_give_all_else(agent, guarded, monkeypatch, simulator):
    for name, value in {
        "AWS_ENDPOINT_URL": simulator.url,
        "AWS_ACCESS_KEY_ID": "AKIA111111111111",
        "AWS_SECRET_ACCESS_KEY": "simulated",
    }.items():
        monkeypatch.setenv(name, value)
    one = agent(**NOTHING, include_jobs=["^prod-"], tags=["team:ml"])
    one.check.provider = "container"
    reported = one.run()
    assert reported.error == ""
    assert reported.service_check() == ("ok", "")


def test_a_base_package_without_the_rule_works(agent, running, guarded, monkeypatch):
    monkeypatch.setattr(OptimizationJobCheck, "security_config", None)
    one = agent()
    one.check.provider = "container"
    assert one.run().service_check() == ("ok", "")
