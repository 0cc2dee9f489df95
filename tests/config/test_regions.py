"""Which regions an instance polls."""

import contextlib

import botocore.session
import pytest
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from optimizationjob.config.region_patterns import partition_of, resolve_regions
from optimizationjob.config.settings import SettingsError


def known(partition):
    return botocore.session.Session().get_available_regions("sagemaker", partition_name=partition)


def test_names_are_taken_as_they_are_once_and_in_order():
    assert resolve_regions(["us-west-2", "us-east-1", "us-west-2"], None) == ("us-west-2", "us-east-1")


def test_a_region_newer_than_botocore_is_taken():
    assert resolve_regions(["us-north-9", "cn-south-7"][:1], None) == ("us-north-9",)
    assert partition_of("cn-south-7") == "aws-cn"


def test_the_default_serves_where_none_is_wanted():
    assert resolve_regions([], "eu-central-1") == ("eu-central-1",)
    assert resolve_regions(["us-east-1"], "eu-central-1") == ("us-east-1",)


def test_no_region_at_all_says_how_to_give_one():
    with pytest.raises(SettingsError, match=r"`regions` is not set: give .* AWS_REGION"):
        resolve_regions([], None)


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_the_lists_are_those_of_boto3(partition):
    pattern = {"aws": "*", "aws-us-gov": "us-gov-*", "aws-cn": "cn-*"}[partition]
    assert sorted(resolve_regions([pattern], None)) == known(partition)
    assert {partition_of(region) for region in known(partition)} == {partition}


def test_a_pattern_keeps_to_the_first_partition_in_which_it_matches():
    assert set(resolve_regions(["us-*"], None)) == {name for name in known("aws") if name.startswith("us-")}
    assert resolve_regions(["us-gov-????-1"], None) == ("us-gov-east-1", "us-gov-west-1")


def test_a_pattern_keeps_to_the_partition_of_the_names_beside_it():
    assert set(resolve_regions(["us-*", "us-gov-west-1"], None)) == set(known("aws-us-gov"))


def test_a_name_that_a_pattern_also_gives_is_there_once():
    regions = resolve_regions(["us-west-2", "us-*"], None)
    assert regions[0] == "us-west-2"
    assert len(regions) == len(set(regions))


@pytest.mark.parametrize("name", ["useast1", "US-EAST-1", "us_east_1", " us-east-1", "us-east-1\n", "", "aws-global"])
def test_what_is_no_region_is_refused(name):
    with pytest.raises(SettingsError) as refused:
        partition_of(name)
    assert refused.value.key == "regions"


def test_a_slip_is_answered_with_what_was_meant():
    with pytest.raises(SettingsError, match="close: us-east-1"):
        partition_of("us_east_1")


@pytest.mark.parametrize("wanted", [["us-east-1", "cn-north-1"], ["us-*", "us-gov-*"], ["us-gov-west-1", "eu-*"]])
def test_one_instance_has_one_partition(wanted):
    with pytest.raises(SettingsError, match="partition"):
        resolve_regions(wanted, None)


@run_with(deadline=None)  # the first example reads files of botocore
@given(st.lists(st.text() | st.text(alphabet="us-*?[]1"), min_size=1), st.none() | st.text())
def test_junk_is_taken_or_refused_and_never_breaks(wanted, default):
    with contextlib.suppress(SettingsError):
        assert len({partition_of(region) for region in resolve_regions(wanted, default)}) == 1


def test_a_profile_that_does_not_exist_does_not_matter(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "there-is-no-such-profile")
    resolve_regions.__globals__["_partitions"].cache_clear()
    assert resolve_regions(["us-east-?"], None) == ("us-east-1", "us-east-2")
