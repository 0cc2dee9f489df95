from __future__ import annotations

import json

import botocore.model
import cbor2
import pytest

from optimizationjob.simulator import Fault

ACCOUNT, REGION = "111111111111", "us-east-1"
TARGET = "ResourceGroupsTaggingAPI_20170126"


@pytest.fixture(params=["json", "cbor"])
def tagging(request, boto, connect, monkeypatch):
    """A client of the tagging API for each of the two protocols that botocore versions use."""
    protocol = {"json": "json", "cbor": "smithy-rpc-v2-cbor"}[request.param]
    if protocol == "json" and not hasattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS"):
        return connect("resourcegroupstaggingapi")  # all that this botocore speaks
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol, "query"), raising=False)
    if protocol not in boto._session.get_service_model("resourcegroupstaggingapi").metadata.get("protocols", []):
        pytest.skip(f"this botocore's model does not offer {protocol}")
    client = connect("resourcegroupstaggingapi")
    assert client.meta.service_model.resolved_protocol == protocol
    return client


@pytest.fixture
def arns(put):
    put("plain", tags=None)
    tagged = [put(f"job-{index}", tags={"team": team}) for index, team in enumerate(("search", "search", "research"))]
    return [*tagged, put("emptied", tags={})]


def mapping(answer):
    return {
        row["ResourceARN"].rpartition("/")[2]: {tag["Key"]: tag["Value"] for tag in row["Tags"]}
        for row in answer["ResourceTagMappingList"]
    }


def test_named_resources_are_returned_with_tags_and_others_omitted(tagging, put, arns):
    elsewhere = arns[0].replace(ACCOUNT, "222222222222")
    bucket = "arn:aws:s3:::some-bucket"
    wanted = [*arns, put("untagged"), f"{arns[0]}-absent", elsewhere, bucket, arns[0]]
    answer = tagging.get_resources(ResourceARNList=wanted)
    assert mapping(answer) == {
        "job-0": {"team": "search"},
        "job-1": {"team": "search"},
        "job-2": {"team": "research"},
        "emptied": {},
    }
    assert answer["PaginationToken"] == ""


def test_deleted_job_is_not_a_resource(simulator, tagging, add, arns, clock):
    simulator.delete_job(ACCOUNT, REGION, "job-0")
    short_lived = add("deleted", story="deleted-running", tags={"team": "search"})
    clock.advance(26 * 60)
    assert set(mapping(tagging.get_resources())) == {"job-1", "job-2", "emptied"}
    assert mapping(tagging.get_resources(ResourceARNList=[arns[0], short_lived])) == {}


@pytest.mark.usefixtures("arns")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"job-0", "job-1", "job-2", "emptied"}),
        ({"ResourceTypeFilters": ["sagemaker:optimization-job"]}, {"job-0", "job-1", "job-2", "emptied"}),
        ({"ResourceTypeFilters": ["sagemaker"]}, {"job-0", "job-1", "job-2", "emptied"}),
        ({"ResourceTypeFilters": ["ec2:instance"]}, set()),
        ({"TagFilters": [{"Key": "team"}]}, {"job-0", "job-1", "job-2"}),
        ({"TagFilters": [{"Key": "team", "Values": ["search", "other"]}]}, {"job-0", "job-1"}),
        ({"TagFilters": [{"Key": "team"}, {"Key": "env"}]}, set()),
    ],
)
def test_filters_select_resources(tagging, filters, expected):
    assert set(mapping(tagging.get_resources(**filters))) == expected


def test_resources_are_paginated(simulator, tagging, put):
    for index in range(205):
        put(f"job-{index:03}", tags={"team": "search"})
    pages = list(tagging.get_paginator("get_resources").paginate())
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [100, 100, 5]
    pages = list(tagging.get_paginator("get_resources").paginate(ResourcesPerPage=90))
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [90, 90, 25]
    simulator.fault(Fault.EMPTY_PAGES, operation="GetResources", times=2)
    pages = list(tagging.get_paginator("get_resources").paginate())
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [0, 0, 100, 100, 5]


@pytest.mark.parametrize(
    "beside",
    [
        {"TagFilters": [{"Key": "team"}]},
        {"ResourceTypeFilters": ["sagemaker:optimization-job"]},
        {"ResourcesPerPage": 50},
        {"TagsPerPage": 100},
        {"PaginationToken": "some"},
    ],
    ids=lambda beside: next(iter(beside)),
)
def test_named_resources_cannot_be_combined_with_other_parameters(tagging, arns, refused, beside):
    with refused("InvalidParameterException") as answer:
        tagging.get_resources(ResourceARNList=arns, **beside)
    assert next(iter(beside)) in answer["message"]


@pytest.mark.parametrize(
    "options",
    [
        {"ResourceARNList": [f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:optimization-job/j{n}" for n in range(101)]},
        {"ResourceARNList": ["no-arn"]},
        {"ResourcesPerPage": 101},
        {"ResourcesPerPage": 0},
        {"TagsPerPage": 150},
    ],
)
def test_parameters_out_of_range_are_rejected(connect, refused, options):
    tagging = connect("resourcegroupstaggingapi", validate=False)
    with refused("InvalidParameterException"):
        tagging.get_resources(**options)


def test_a_hundred_resources_may_be_named(tagging, put):
    arns = [put(f"job-{index}", tags={"n": str(index)}) for index in range(100)]
    assert len(mapping(tagging.get_resources(ResourceARNList=arns))) == 100


def test_invalid_token_is_reported_as_expired(tagging, refused):
    with refused("PaginationTokenExpiredException"):
        tagging.get_resources(PaginationToken="nonsense")


def test_a_denial_names_no_resource(simulator, tagging, refused):
    simulator.fault(Fault.DENIED, operation="GetResources")
    with refused("AccessDeniedException") as answer:
        tagging.get_resources()
    words = "to perform: tag:GetResources because no identity-based policy allows the tag:GetResources action"
    assert answer["message"].endswith(words)


def test_throttling_uses_the_tagging_api_error_code(simulator, tagging, refused):
    simulator.fault(Fault.THROTTLED, times=1)
    with refused("ThrottledException") as answer:
        tagging.get_resources()
    assert answer["message"] == "Rate exceeded"


@pytest.mark.usefixtures("arns")
def test_both_protocols_answer_raw_requests_alike(raw):
    status, headers, body = raw("/", {"X-Amz-Target": f"{TARGET}.GetResources"}, b"{}", service="tagging")
    assert (status, headers["Content-Type"]) == (200, "application/x-amz-json-1.1")
    path, smithy = f"/service/{TARGET}/operation/GetResources", {"smithy-protocol": "rpc-v2-cbor"}
    status, headers, packed = raw(path, smithy, cbor2.dumps({}), service="tagging")
    assert (status, headers["Content-Type"], headers["smithy-protocol"]) == (200, "application/cbor", "rpc-v2-cbor")
    assert cbor2.loads(packed) == cbor2.loads(cbor2.dumps(json.loads(body)))


def test_tags_are_added_changed_and_removed(sagemaker, put):
    arn = put("job")
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
    added = [{"Key": "team", "Value": "search"}, {"Key": "cost center", "Value": "\u00e4 1"}]
    assert sagemaker.add_tags(ResourceArn=arn, Tags=added)["Tags"] == added
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "research"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["cost center", "absent"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "research"}]


def test_more_than_50_tags_are_paginated(simulator, sagemaker, put, refused):
    arn = put("job", tags={f"aws:system:{index:02}": "x" for index in range(60)})
    pages = list(sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
    assert [len(page["Tags"]) for page in pages] == [50, 10]
    simulator.fault(Fault.EMPTY_PAGES, operation="ListTags", times=1)
    pages = list(sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
    assert [len(page["Tags"]) for page in pages] == [0, 50, 10]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{index}", "Value": ""} for index in range(50)])
    with refused("ResourceLimitExceeded"):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "one-more", "Value": ""}])


def test_tags_of_a_missing_job_are_not_found(sagemaker, refused):
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:optimization-job/nobody"
    for operation, options in (
        ("list_tags", {}),
        ("add_tags", {"Tags": []}),
        ("delete_tags", {"TagKeys": ["team"]}),
    ):
        with refused("ValidationException") as answer:
            getattr(sagemaker, operation)(ResourceArn=arn, **options)
        assert "not found" in answer["message"]
