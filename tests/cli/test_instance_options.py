"""The instances of a command: from options, a file, or both."""

from __future__ import annotations

import pytest

from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.instance_options import instances_of

CONF = """
init_config:
  skip_proxy: true
instances:
  - regions: [us-east-1]
    tags: [account_name:research]
  - regions: [eu-west-1]
    aws_access_key_id: AKIAIOSFODNN7EXAMPLE
"""


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "conf.yaml"
    path.write_text(CONF)
    return path


def test_options_alone_make_one_instance():
    found = instances_of(regions=["us-*"], endpoint_url="http://127.0.0.1:1")
    assert found.instances == ({"regions": ["us-*"], "endpoint_url": "http://127.0.0.1:1"},)
    assert instances_of().instances == ({},), "boto3 finds the region"


def test_file_gives_its_first_instance_by_default(conf):
    assert [one["regions"] for one in instances_of(config=conf).instances] == [["us-east-1"]]
    assert [one["regions"] for one in instances_of(config=conf, number=2).instances] == [["eu-west-1"]]
    assert len(instances_of(config=conf, number=None).instances) == 2


def test_options_override_the_file(conf):
    found = instances_of(config=conf, regions=["us-west-2"], profile="audit")
    assert found.instances == ({"regions": ["us-west-2"], "tags": ["account_name:research"], "profile_name": "audit"},)
    (settings,) = found.settings()
    assert (settings.regions, settings.skip_proxy) == (("us-west-2",), True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[" * 100_000, "is not YAML", id="deep"),
        ("instances: 2026-13-45", "is not YAML"),
        ("instances: [", "is not YAML, line 1"),
        ("instances:\n  - aws_secret_access_key: 'wJalrXUt\n", "is not YAML"),
        ("- a", "needs `init_config` and `instances`"),
        ("init_config:", "has no `instances`"),
        ("instances: []", "has no `instances`"),
        ("instances: [7]", "has no `instances`"),
        ("init_config: 3\ninstances: [{}]", "is not a mapping"),
    ],
)
def test_invalid_configuration_file_is_reported_in_one_line(tmp_path, text, words):
    path = tmp_path / "conf.yaml"
    path.write_text(text)
    with pytest.raises(CommandFailed) as told:
        instances_of(config=path)
    assert told.value.status == 2
    assert words in str(told.value)
    assert "wJalrXUt" not in str(told.value)
    assert "\n" not in str(told.value)


def test_missing_file_and_missing_instance_are_rejected(conf, tmp_path):
    with pytest.raises(CommandFailed, match="cannot be read"):
        instances_of(config=tmp_path / "none.yaml")
    with pytest.raises(CommandFailed, match="2 instances, but no number 3"):
        instances_of(config=conf, number=3)


def test_invalid_option_is_reported_in_one_line(conf):
    conf.write_text("instances: [{regions: [us-east-1], lookback: -1}]")
    with pytest.raises(CommandFailed, match="lookback"):
        instances_of(config=conf).settings()


@pytest.mark.parametrize("option", ["external_id", "aws_secret_access_key"])
def test_handle_of_a_secret_backend_is_refused_by_name(tmp_path, option):
    config = tmp_path / "conf.yaml"
    config.write_text(f"instances:\n- regions: [us-east-1]\n  {option}: ENC[watcher]\n", encoding="utf-8")
    with pytest.raises(CommandFailed, match=f"`{option}` of .* only the Agent fills in"):
        instances_of(config=config, number=None)
