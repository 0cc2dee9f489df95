"""Each option in each form that YAML, environment variables and annotations give it."""

from dataclasses import fields

import pytest
import yaml

from optimizationjob.config.settings import Settings, SettingsError

KINDS = {
    "bool": "flag",
    "int": "whole",
    "float": "number",
    "timedelta": "number",
    "str": "text",
    "str | None": "text",
    "tuple[str, ...]": "texts",
    "tuple[re.Pattern[str], ...]": "texts",
    "Proxy | None": "proxy",
}
OPTIONS = {option.name: KINDS[option.type] for option in fields(Settings)}
SECRETS = {option.name for option in fields(Settings) if not option.repr}
NUMBERS = [name for name, kind in OPTIONS.items() if kind in ("whole", "number")]
FRACTIONS = [name for name, kind in OPTIONS.items() if kind == "number"]
FLAGS = [name for name, kind in OPTIONS.items() if kind == "flag"]
TEXT = [name for name, kind in OPTIONS.items() if kind == "text"]
TEXTS = [name for name, kind in OPTIONS.items() if kind == "texts"]
PROXY = {"http": "http://proxy:3128"}

# As written without quotes, and what YAML makes of it.
SCALARS = {
    "no": "a boolean",
    "True": "a boolean",
    "42": "a number",
    "0123": "a number",
    "222222222222": "a number",
    "1_000": "a number",
    "12:30": "a number",
    "1.10": "a number",
    ".inf": "a number",
    "2026-01-01": "a date",
    "2026-01-01 10:30:00": "a date",
}
REMEDIES = {written: f"; put it in quotes, since YAML reads {read} without them" for written, read in SCALARS.items()}
MAPPING = "; this is a mapping: put text with braces, or with a colon before a space, in quotes"
UNQUOTED = REMEDIES | {
    "team: ml": MAPPING,
    "{team}": MAPPING,
    "[a-z]": "; this is a list: put text that starts with a bracket in quotes",
}


def refusal(instance):
    with pytest.raises(SettingsError) as refused:
        Settings.from_mapping(instance)
    assert str(refused.value).isascii()
    return str(refused.value)


def test_each_kind_has_options():
    assert set(OPTIONS.values()) == set(KINDS.values())


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(("text", "number"), [("60", 60), ("1", 1), ("007", 7)])
def test_text_is_taken_as_the_number_that_it_spells(name, text, number):
    assert Settings.from_mapping({name: text}) == Settings.from_mapping({name: number})
    assert type(getattr(Settings.from_mapping({name: text}), name)) is type(getattr(Settings(), name))


@pytest.mark.parametrize("name", FRACTIONS)
@pytest.mark.parametrize(("text", "number"), [("0.5", 0.5), (".5", 0.5), ("2.", 2), ("60.0", 60)])
def test_fractions_may_be_text_too(name, text, number):
    assert Settings.from_mapping({name: text}) == Settings.from_mapping({name: number})


NO_NUMBERS = ["1e5", "nan", "inf", "60s", "", " ", " 60 ", "6 0", "60\n", "\uff11\uff12", "\u0663", "\u00b2", "0x10"]
NO_NUMBERS += ["1_000", "1,5", "+5", "-5", ".", "1.2.3", "9" * 5000, "true", True, False, [60], {"hours": 1}, [None]]


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_plain_number_is_refused(name):
    allowed = refusal({name: -1}).removeprefix(f"`{name}` is -1: ")
    assert allowed.startswith(("give a number of", "give a whole number"))
    for value in NO_NUMBERS:
        assert refusal({name: value}).endswith(f": {allowed}")


@pytest.mark.parametrize("name", [name for name in NUMBERS if name not in FRACTIONS])
@pytest.mark.parametrize("value", [2.0, "2.0", "2.5", ".5", "2."])
def test_a_whole_number_is_written_as_one(name, value):
    assert "give a whole number of at least 1" in refusal({name: value})


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(
    ("word", "flag"), [("true", True), ("yes", True), ("on", True), ("false", False), ("no", False), ("off", False)]
)
def test_a_word_is_taken_as_the_boolean_that_yaml_reads_in_it(name, word, flag):
    for text in (word, word.title(), word.upper()):
        assert yaml.safe_load(text) is flag
        assert getattr(Settings.from_mapping({name: text}), name) is flag


@pytest.mark.parametrize("name", FLAGS)
def test_what_is_no_boolean_is_refused(name):
    for value in (0, 1, 1.0, "1", "0", "y", "t", "", " true", "true\n", "maybe", [True], {"on": 1}):
        assert refusal({name: value}).endswith(": give true or false")


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("written", UNQUOTED)
def test_text_that_yaml_has_read_as_something_else_is_to_be_quoted(name, written):
    message = refusal({name: yaml.safe_load(written)})
    assert message.endswith(UNQUOTED[written])
    assert (f"`{name}` is ********: give " in message) == (name in SECRETS)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("written", UNQUOTED)
def test_text_in_a_list_is_to_be_quoted_too(name, written):
    message = refusal({name: [yaml.safe_load(written)]})
    assert message.startswith(f"`{name}` has ")
    assert message.endswith(UNQUOTED[written])


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("written", SCALARS)
def test_one_value_in_place_of_a_list_is_to_be_quoted_too(name, written):
    message = refusal({name: yaml.safe_load(written)})
    assert message.startswith(f"`{name}` is ")
    assert message.endswith(f": give a list, also for a single value: [value]{REMEDIES[written]}")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", ["a", "", {"a": "b"}, {"a"}, b"a"], ids=ascii)
def test_what_is_no_list_is_refused(name, value):
    assert refusal({name: value}).endswith(": give a list, also for a single value: [value]")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("written", ["[null]", "[~]", "- ", "- \n- ", "- null"])
def test_an_empty_item_is_refused_by_that_name(name, written):
    expected = f"`{name}` has an empty item: give a value in its place, or remove the item"
    assert refusal({name: yaml.safe_load(written)}) == expected


@pytest.mark.parametrize("key", ["http", "https"])
@pytest.mark.parametrize("written", UNQUOTED)
def test_the_url_of_a_proxy_is_to_be_quoted(key, written):
    message = refusal({"proxy": {key: yaml.safe_load(written)}})
    assert message.startswith("`proxy` is ********: give an http or https URL")
    assert message.endswith(UNQUOTED[written])


@pytest.mark.parametrize("written", UNQUOTED)
def test_hosts_without_a_proxy_are_to_be_quoted(written):
    value = yaml.safe_load(written)
    for hosts in ([value], ["localhost", value], *([value] if written in SCALARS else [])):
        message = refusal({"proxy": PROXY | {"no_proxy": hosts}})
        assert message.startswith("`proxy` is ********: give a list of hosts as `no_proxy`")
        assert message.endswith(UNQUOTED[written])


@pytest.mark.parametrize("hosts", [[None], ["localhost", None]])
def test_an_empty_host_is_refused_by_that_name(hosts):
    message = refusal({"proxy": PROXY | {"no_proxy": hosts}})
    assert message == "`proxy` is ********: give a list of hosts as `no_proxy` without an empty item"


@pytest.mark.parametrize("value", ["http://proxy:3128", "", 3128, True, ["http://proxy:3128"], [None], {3128: "a"}])
def test_a_proxy_is_a_mapping(value):
    assert refusal({"proxy": value}) == "`proxy` is ********: give a mapping with `http`, `https` and `no_proxy`"


@pytest.mark.parametrize("name", [name for name in TEXT + TEXTS if name not in SECRETS | {"endpoint_url"}])
def test_a_date_is_shown_as_it_is_written(name):
    value = yaml.safe_load("2026-01-01")
    assert "2026-01-01: give" in refusal({name: [value] if name in TEXTS else value})
