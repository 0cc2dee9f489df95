"""The specification, the generated models and the domain say the same."""

import contextlib
import re
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from datadog_checks.base import AgentCheck, ConfigurationError
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import EVENT_STATUSES, Settings, SettingsError

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests/config"
MODELS = "datadog_checks.optimizationjob.config_models"
SPEC = yaml.safe_load((ROOT / "assets/configuration/spec.yaml").read_text())
EXAMPLE = (ROOT / "datadog_checks/optimizationjob/data/conf.yaml.example").read_text()
OPTIONS = {option.name for option in fields(Settings)}
DOMAIN_FREE = {"empty_default_hostname", "metric_patterns", "enable_legacy_tags_normalization"}
"""Options that the Agent itself acts on."""
TEMPLATES = {
    "instances/http.proxy": {"proxy"},
    "instances/http.skip_proxy": {"skip_proxy"},
    "instances/default": {"min_collection_interval", "tags", "service", "disable_generic_tags"} | DOMAIN_FREE,
}
COMPUTED = {"stale_after"}
(INSTANCE_OPTIONS,) = (section["options"] for section in SPEC["files"][0]["options"] if "instances" in section.values())
NAMED = {option["name"]: option for option in INSTANCE_OPTIONS if "name" in option}


def model(config, name="InstanceConfig"):
    loaded = AgentCheck.load_configuration_model(MODELS, name, config, {"configured_fields": frozenset(config)})
    assert loaded is not None
    return loaded


def read_settings(config):
    settings = Settings.from_mapping(config)
    if settings.regions:
        resolve_regions(settings.regions, None)


def as_configured(name, value):
    """Write a setting the way the configuration does."""
    if isinstance(value, timedelta):
        return value / timedelta(hours=1) if name == "lookback" else value.total_seconds()
    return None if value == () else value


def default_in_spec(value):
    if "display_default" in value:
        return value["display_default"]
    informative = isinstance(value.get("example"), bool | int | float | str) and "<" not in str(value["example"])
    return value["example"] if informative else None


def test_the_options_are_the_same_everywhere():
    templates = [option["template"] for option in INSTANCE_OPTIONS if "template" in option]
    in_spec = set(NAMED).union(*(TEMPLATES[template] for template in templates))
    in_example = set(re.findall(r"## @param (\w+)", EXAMPLE.split("\ninstances:")[1]))
    assert in_spec == OPTIONS | DOMAIN_FREE
    assert set(type(model({})).model_fields) == OPTIONS | DOMAIN_FREE
    assert in_example == OPTIONS | DOMAIN_FREE - {"enable_legacy_tags_normalization"}


@pytest.mark.parametrize("name", sorted(OPTIONS - COMPUTED))
def test_the_defaults_are_the_same_everywhere(name):
    default = as_configured(name, getattr(Settings(), name))
    assert getattr(model({}), name) == default
    if name in NAMED:
        in_spec = default_in_spec(NAMED[name]["value"])
        assert (tuple(in_spec) if isinstance(in_spec, list) else in_spec) == default


def test_a_computed_default_is_left_to_the_domain():
    assert all(getattr(model({}), name) is None for name in COMPUTED)


def test_closed_sets_are_the_same_everywhere():
    assert tuple(NAMED["event_statuses"]["value"]["items"]["enum"]) == EVENT_STATUSES


def test_what_may_not_be_shown_is_marked_secret():
    marked = {name for name, option in NAMED.items() if option.get("secret")}
    marked |= {"proxy"} if any(option.get("overrides", {}).get("secret") for option in INSTANCE_OPTIONS) else set()
    assert marked == {option.name for option in fields(Settings) if not option.repr}


def test_the_example_is_a_first_configuration():
    config = yaml.safe_load(EXAMPLE)
    (instance,) = config["instances"]
    assert instance == {"regions": ["us-east-1"], "min_collection_interval": 60, "empty_default_hostname": True}
    model(instance)
    model(config["init_config"] or {}, "SharedConfig")


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_value_shown_as_an_example_is_a_good_one(name):
    example = NAMED[name]["value"].get("example")
    if example is not None and "<" not in str(example):
        model({name: example})


@pytest.mark.parametrize("path", sorted((HERE / "ok").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_the_domain_takes_the_model_takes(path):
    model(yaml.safe_load(path.read_text()))


spelled = st.sampled_from(["60", "0.5", ".5", "2.", "007", "True", "off", "NO", "1e5", "60s", " 60", "y", "\uff11"])
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | spelled | st.text()
proxies = st.fixed_dictionaries({}, optional={"https": st.just("http://proxy:1") | plain, "no_proxy": plain})
typed = plain | st.lists(plain, max_size=2) | st.lists(st.text(min_size=1), max_size=2) | proxies


@run_with(deadline=None)  # the first example reads files of botocore
@given(st.dictionaries(st.sampled_from(sorted(OPTIONS)), typed, max_size=3))
def test_only_the_domain_refuses(config):
    assert_that_only_the_domain_refuses(config)


FORMS = [0, 1, -1, 2.5, "60", "0.5", ".5", "2.", "007", "9" * 20, "true", "Off", "nO", "y", "", " 60", "60\n", "\uff11"]
FORMS += ["1e5", "us-east-1", "a:b", True, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), time(10), b"a", {"a"}]
FORMS += [[], ["us-east-1"], ["a:b"], ["FAILED"], [None], [1], [True], [date(2026, 1, 1)], [["a"]], [{"a": "b"}]]
FORMS += [
    {},
    {"a": "b"},
    {"http": None},
    {"no_proxy": "a, b"},
    {"no_proxy": ""},
    {"no_proxy": ["a b"]},
    {"no_proxy": [None]},
]


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_only_the_domain_refuses_a_form(name):
    for value in FORMS:
        assert_that_only_the_domain_refuses({name: value})


NUMBERS_AND_FLAGS = [option.name for option in fields(Settings) if option.type in ("bool", "int", "float", "timedelta")]


@pytest.mark.parametrize("name", NUMBERS_AND_FLAGS)
def test_text_is_the_same_number_or_boolean_to_the_model(name):
    for text in ("60", "0.5", ".5", "2.", "007", "true", "Off", "nO"):
        with contextlib.suppress(SettingsError):
            expected = as_configured(name, getattr(Settings.from_mapping({name: text}), name))
            assert getattr(model({name: text}), name) == expected


def assert_that_only_the_domain_refuses(config):
    try:
        read_settings(config)
    except ValueError as refused:
        with pytest.raises(ConfigurationError, match=re.escape(str(refused))):
            model(config)
    else:
        model(config)


@pytest.mark.parametrize("path", sorted((HERE / "bad").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_agent_shows_the_words_of_the_domain(path):
    text = path.read_text()
    with pytest.raises(ConfigurationError) as refused:
        model(yaml.safe_load(text))
    assert str(refused.value).endswith(text.splitlines()[0].removeprefix("# "))
    assert "hunter2-secret" not in str(refused.value)


def test_a_wrong_proxy_for_all_instances_is_refused():
    with pytest.raises(ConfigurationError, match=r"`proxy` is \*{8}: give .* as `https`"):
        model({"proxy": {"https": "socks5://me:hunter2-secret@proxy:1080"}}, "SharedConfig")
    model({"proxy": {"https": "http://proxy:3128"}, "anything": 1}, "SharedConfig")


@pytest.mark.parametrize("section", ["SharedConfig", "InstanceConfig"])
def test_hosts_without_a_proxy_may_be_text(section):
    proxy = {"https": "http://proxy:3128", "no_proxy": "localhost, 10.0.0.0/8"}
    loaded = model({"proxy": proxy, "skip_proxy": "no"}, section)
    assert (loaded.proxy.no_proxy, loaded.skip_proxy) == (("localhost", "10.0.0.0/8"), False)
