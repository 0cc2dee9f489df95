"""Options of the configuration that do not exist, with the nearest name."""

from __future__ import annotations

import pytest

from datadog_checks.optimizationjob import OptimizationJobCheck, config_models
from optimizationjob.diagnosis import Options, Verdict, option_findings
from optimizationjob.diagnosis.option_findings import OF_INIT_CONFIG, OF_INSTANCES


@pytest.mark.parametrize(
    ("section", "name", "advice"),
    [
        ("instance", "colect_tags", "Did you mean `collect_tags`?"),
        ("instance", "Regions", "Did you mean `regions`?"),
        ("instance", "color", "Remove it: conf.yaml.example has all options."),
        ("init_config", "proxi", "Did you mean `proxy`?"),
        ("init_config", "regions", "Move it to `instances`."),
        ("instance", 3, "Remove it: conf.yaml.example has all options."),
    ],
)
def test_an_unknown_option_is_a_warning_with_the_nearest_name(section, name, advice):
    (finding,) = option_findings(Options(**{section: {name: True, "service": "ml"}}))
    assert (finding.name, finding.verdict, finding.remedy) == ("options", Verdict.WARNING, advice)
    assert str(name) in finding.text


def test_every_option_of_the_models_is_known():
    assert set(config_models.InstanceConfig.model_fields) - OF_INSTANCES == set()
    assert set(config_models.SharedConfig.model_fields) - OF_INIT_CONFIG == set()


def test_each_warning_of_the_agent_about_an_option_is_a_finding(caplog):
    instance = {"regions": ["us-east-1"], "colect_tags": False, "assume_rol": "x", "regoins": ["x"]}
    check = OptimizationJobCheck("optimizationjob", {}, [instance])
    check.load_configuration_models()
    logged = [record.getMessage() for record in caplog.records if "typo" in record.getMessage()]
    texts = [finding.text for finding in option_findings(Options(instance=instance))]
    assert len(logged) == len(texts) == 3
    assert all(any(f"`{name}`" in text for text in texts) for name in instance if name != "regions")
