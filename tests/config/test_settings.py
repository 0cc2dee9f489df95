"""What an instance may say, what is made of it, and what a user is told who got it wrong."""

import re
from dataclasses import FrozenInstanceError, fields
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from optimizationjob.config.proxy_option import Proxy
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import Settings, SettingsError

HERE = Path(__file__).parent
OK = sorted((HERE / "ok").glob("*.yaml"))
BAD = sorted((HERE / "bad").glob("*.yaml"))
OPTIONS = [option.name for option in fields(Settings)]
SECRET_OPTIONS = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "external_id", "proxy"]
PLANTED = "hunter2-secret"
ROLE = "arn:aws:iam::123456789012:role/datadog"


def read(instance):
    settings = Settings.from_mapping(instance)
    if settings.regions:
        resolve_regions(settings.regions, None)
    return settings


def stem(path):
    return path.stem


@pytest.mark.parametrize("path", OK, ids=stem)
def test_a_good_instance_is_taken(path):
    assert PLANTED not in repr(read(yaml.safe_load(path.read_text())))


@pytest.mark.parametrize("path", BAD, ids=stem)
def test_a_bad_instance_is_refused_with_the_words_in_its_first_line(path):
    text = path.read_text()
    with pytest.raises(SettingsError) as refused:
        read(yaml.safe_load(text))
    assert f"# {refused.value}" == text.splitlines()[0]
    assert f"`{refused.value.key}`" in str(refused.value)
    assert str(refused.value.value) in str(refused.value)
    assert refused.value.allowed in str(refused.value)
    assert PLANTED not in f"{refused.value!r} {vars(refused.value)}"


def test_an_empty_instance_has_the_defaults():
    assert Settings.from_mapping({}) == Settings()
    assert Settings.from_mapping(dict.fromkeys(OPTIONS)) == Settings()


def test_options_of_others_are_left_alone():
    assert Settings.from_mapping({"empty_default_hostname": 3, "__anything": object(), 7: 8}) == Settings()


def test_values_are_typed():
    settings = Settings.from_mapping(
        {
            "regions": ["us-east-1", "us-*", "us-east-1"],
            "lookback": 1,
            "resource_ttl": 90.5,
            "connect_timeout": 2,
            "include_jobs": ["^prod-"],
            "event_statuses": ["DELETED", "FAILED", "DELETED"],
            "exclude_tag_keys": [],
            "proxy": {"https": "http://proxy:3128", "no_proxy": ["localhost"]},
        },
    )
    assert settings.regions == ("us-east-1", "us-*")
    assert settings.lookback == timedelta(hours=1)
    assert settings.resource_ttl == timedelta(seconds=90.5)
    assert type(settings.connect_timeout) is float
    assert settings.include_jobs == (re.compile("^prod-"),)
    assert settings.event_statuses == ("DELETED", "FAILED")
    assert settings.exclude_tag_keys == ()
    assert settings.proxy == Proxy(https="http://proxy:3128", no_proxy=("localhost",))


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Settings().max_jobs = 1


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        ({}, 120),
        ({"min_collection_interval": 60}, 120),
        ({"min_collection_interval": 300}, 600),
        ({"min_collection_interval": 300, "stale_after": 30}, 30),
    ],
)
def test_a_picture_is_stale_after_two_intervals_but_not_sooner_than_two_minutes(instance, expected):
    assert Settings.from_mapping(instance).stale_after == timedelta(seconds=expected)


def test_a_long_value_is_cut_short_and_stays_on_one_line():
    with pytest.raises(SettingsError) as refused:
        Settings.from_mapping({"max_jobs": "x\n\u2028\u00fc" * 1000})
    assert len(str(refused.value)) < 250
    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()


def test_values_that_only_code_can_give_are_refused_too():
    endless = []
    endless.append(endless)
    for junk in (10**5000, endless, object(), {1, "a"}, b"\xff", float("nan")):
        with pytest.raises(SettingsError):
            Settings.from_mapping({"max_jobs": junk} if junk != 10**5000 else {"read_timeout": junk})


words = st.text() | st.text(alphabet="htps:/@[]?#%.*({^\\a1") | st.from_regex(r"https?://[a-z:@.\d/?#\[\]]*")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.binary() | st.just(date(2026, 1, 1))
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.sampled_from(["http", "no_proxy"]), inner),
    max_leaves=6,
)
instances = st.dictionaries(st.sampled_from(OPTIONS), junk, max_size=6)


@run_with(deadline=None)  # the first example reads files of botocore
@given(instances)
def test_junk_is_taken_or_refused_and_never_breaks(instance):
    try:
        settings = read(instance)
    except SettingsError as refused:
        message = str(refused)
        assert message.isascii()
        assert message.isprintable()
    else:
        assert settings.stale_after > timedelta(0)


secrets = words.map(lambda more: PLANTED + more)
hidden = st.one_of(
    secrets,
    secrets.map(lambda secret: [secret]),
    secrets.map(lambda secret: f"https://me:{secret}@proxy:3128"),
    st.builds(lambda key, secret: {key: f"http://me:{secret}@proxy:1"}, st.sampled_from(["http", "https"]), secrets),
    secrets.map(lambda secret: {"no_proxy": secret, secret: secret}),
    secrets.map(lambda secret: {"no_proxy": [secret]}),
)
leaking_urls = st.one_of(
    st.builds(lambda secret, host: f"http://me:{secret}@{host}", secrets, words),
    st.builds(
        lambda mark, more: f"http://gateway/aws{mark}{more}{PLANTED}", st.sampled_from("?#"), words | st.just("@")
    ),
    secrets.map(lambda secret: f"me:{secret}@gateway"),
    secrets.map(lambda secret: f"http://me:{secret}"),
    secrets.map(lambda secret: [f"http://me:{secret}@gateway"]),
)


@given(
    st.dictionaries(st.sampled_from(SECRET_OPTIONS), hidden, min_size=1),
    st.fixed_dictionaries({}, optional={"endpoint_url": leaking_urls, "assume_role": st.just(ROLE), "max_jobs": junk}),
)
def test_no_secret_is_ever_shown(secret_values, others):
    try:
        shown = repr(Settings.from_mapping(others | secret_values))
    except SettingsError as refused:
        shown = f"{refused} {refused!r} {vars(refused)}"
    assert PLANTED not in shown


def test_what_is_secret_is_used_all_the_same():
    settings = Settings.from_mapping(
        {
            "aws_access_key_id": "AKIAEXAMPLE",
            "aws_secret_access_key": PLANTED,
            "assume_role": ROLE,
            "external_id": PLANTED,
            "proxy": {"https": f"http://me:{PLANTED}@proxy:3128"},
        },
    )
    assert (settings.aws_secret_access_key, settings.external_id) == (PLANTED, PLANTED)
    assert settings.proxy.https == f"http://me:{PLANTED}@proxy:3128"
    assert PLANTED not in f"{settings!r} {settings} {settings.proxy!r}"
