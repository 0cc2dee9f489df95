from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from botocore.exceptions import PaginationError

from optimizationjob.simulator import Fault, Habits

TECHNIQUES = ("Quantization", "Compilation", "Sharding", "SpeculativeDecoding")
SORTS = ("CreationTime", "Name", "Status")
STATES = ("COMPLETED", "FAILED", "INPROGRESS")


@pytest.fixture
def twelve(put, clock):
    """Jobs created a minute apart, starting with job-00, each modified ten minutes after its creation."""
    start = clock.now() - timedelta(hours=1)
    for index in range(12):
        born = start + timedelta(minutes=index)
        put(
            f"job-{index:02}",
            status=STATES[index % 3],
            created_at=born,
            modified_at=born + timedelta(minutes=10),
            techniques=(TECHNIQUES[index % 4],),
        )
    return start


def names(client, **options):
    return [row["OptimizationJobName"] for row in client.list_optimization_jobs(**options)["OptimizationJobSummaries"]]


def numbers(client, **options):
    return [int(name.removeprefix("job-")) for name in names(client, **options)]


def pages(client, **options):
    found = []
    while True:
        page = client.list_optimization_jobs(**options)
        found.append([row["OptimizationJobName"] for row in page["OptimizationJobSummaries"]])
        if "NextToken" not in page:
            return found
        options["NextToken"] = page["NextToken"]


@pytest.mark.usefixtures("twelve")
def test_default_order_is_ascending_by_creation(sagemaker):
    assert numbers(sagemaker) == list(range(12))
    assert numbers(sagemaker, SortOrder="Descending") == list(range(11, -1, -1))
    assert numbers(sagemaker, SortBy="CreationTime", SortOrder="Descending", MaxResults=2) == [11, 10]


def test_rows_can_be_sorted_by_name(sagemaker, put):
    for name in ("b", "C", "a"):
        put(name)
    assert names(sagemaker, SortBy="Name") == ["C", "a", "b"]
    assert names(sagemaker, SortBy="Name", SortOrder="Descending") == ["b", "a", "C"]


@pytest.mark.usefixtures("twelve")
def test_rows_can_be_sorted_by_status_and_then_by_creation(sagemaker):
    assert numbers(sagemaker, SortBy="Status") == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    assert numbers(sagemaker, SortBy="Status", SortOrder="Descending", MaxResults=3) == [11, 8, 5]


@pytest.mark.usefixtures("twelve")
@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_any_size_contain_every_row_once(sagemaker, sort):
    for order, size in product(("Ascending", "Descending"), (1, 5, 12)):
        whole = names(sagemaker, SortBy=sort, SortOrder=order)
        found = pages(sagemaker, SortBy=sort, SortOrder=order, MaxResults=size)
        assert [name for page in found for name in page] == whole
        assert {len(page) for page in found[:-1]} <= {size}


def test_page_size_defaults_to_50_and_is_at_most_100(sagemaker, put):
    for index in range(120):
        put(f"job-{index:03}")
    assert [len(page) for page in pages(sagemaker)] == [50, 50, 20]
    assert [len(page) for page in pages(sagemaker, MaxResults=100)] == [100, 20]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"CreationTimeAfter": 8}, [9, 10, 11]),
        ({"CreationTimeBefore": 2}, [0, 1]),
        ({"CreationTimeAfter": 3, "CreationTimeBefore": 6}, [4, 5]),
        ({"LastModifiedTimeAfter": 18}, [9, 10, 11]),
        ({"LastModifiedTimeBefore": 12}, [0, 1]),
        ({"CreationTimeAfter": 3, "LastModifiedTimeBefore": 16}, [4, 5]),
    ],
)
def test_time_filters_exclude_their_bounds(sagemaker, twelve, options, expected):
    bounds = {name: twelve + timedelta(minutes=minutes) for name, minutes in options.items()}
    for sort in SORTS:
        assert sorted(numbers(sagemaker, SortBy=sort, **bounds)) == expected


def test_time_filters_can_include_their_bounds(simulator, sagemaker, twelve):
    simulator.habits = Habits(inclusive_times=True)
    fourth, sixth = twelve + timedelta(minutes=4), twelve + timedelta(minutes=6)
    for sort in SORTS:
        found = numbers(sagemaker, SortBy=sort, CreationTimeAfter=fourth, CreationTimeBefore=sixth)
        assert sorted(found) == [4, 5, 6]


@pytest.mark.usefixtures("twelve")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"StatusEquals": "FAILED"}, [1, 4, 7, 10]),
        ({"StatusEquals": "STOPPED"}, []),
        ({"NameContains": "b-0"}, list(range(10))),
        ({"OptimizationContains": "Quantization"}, [0, 4, 8]),
        ({"OptimizationContains": "ing"}, [2, 3, 6, 7, 10, 11]),
        ({"StatusEquals": "FAILED", "NameContains": "1", "OptimizationContains": "Compilation"}, [1]),
    ],
)
def test_filters_select_rows(sagemaker, options, expected):
    for sort in SORTS:
        assert sorted(numbers(sagemaker, SortBy=sort, **options)) == expected


@pytest.mark.usefixtures("twelve")
def test_filters_before_pagination_give_full_pages(sagemaker):
    found = pages(sagemaker, StatusEquals="FAILED", MaxResults=3)
    assert found == [["job-01", "job-04", "job-07"], ["job-10"]]


def test_filters_after_pagination_give_short_and_empty_pages_with_tokens(simulator, sagemaker, twelve):
    simulator.habits = Habits(filters_after_cut=True)
    found = pages(sagemaker, StatusEquals="FAILED", MaxResults=1)
    assert len(found) == 12
    assert [page for page in found if page] == [["job-01"], ["job-04"], ["job-07"], ["job-10"]]
    late = pages(sagemaker, LastModifiedTimeAfter=twelve + timedelta(minutes=20), MaxResults=4)
    assert late == [[], [], ["job-11"]]
    assert pages(sagemaker, CreationTimeAfter=twelve + timedelta(minutes=10), MaxResults=4) == [["job-11"]]


@pytest.mark.usefixtures("twelve")
def test_token_continues_after_its_row_despite_changes(simulator, sagemaker, put, clock):
    first = sagemaker.list_optimization_jobs(MaxResults=3, SortOrder="Descending")
    put("newest", created_at=clock.now())
    simulator.delete_job("111111111111", "us-east-1", "job-09")
    simulator.delete_job("111111111111", "us-east-1", "job-08")
    assert numbers(sagemaker, MaxResults=2, SortOrder="Descending", NextToken=first["NextToken"]) == [7, 6]


@pytest.mark.usefixtures("twelve")
def test_token_of_another_query_or_invalid_token_is_rejected(sagemaker, refused):
    token = sagemaker.list_optimization_jobs(MaxResults=3)["NextToken"]
    with refused("ValidationException"):
        sagemaker.list_optimization_jobs(MaxResults=3, NextToken=token, StatusEquals="FAILED")
    for made_up in ("nonsense", "bm9uc2Vuc2U=", "eyJxIjogMX0="):
        with refused("ValidationException"):
            sagemaker.list_optimization_jobs(NextToken=made_up)
    assert len(names(sagemaker, MaxResults=5, NextToken=token)) == 5


@pytest.mark.usefixtures("twelve")
def test_paginator_reads_all_pages(sagemaker):
    paginator = sagemaker.get_paginator("list_optimization_jobs")
    found = [
        row["OptimizationJobName"]
        for page in paginator.paginate(MaxResults=5)
        for row in page["OptimizationJobSummaries"]
    ]
    assert found == [f"job-{index:02}" for index in range(12)]


@pytest.mark.usefixtures("twelve")
def test_paginator_continues_after_empty_pages(simulator, sagemaker):
    simulator.fault(Fault.EMPTY_PAGES, operation="ListOptimizationJobs", after=1, times=3)
    paginator = sagemaker.get_paginator("list_optimization_jobs")
    sizes = [len(page["OptimizationJobSummaries"]) for page in paginator.paginate(MaxResults=5)]
    assert sizes == [5, 0, 0, 0, 5, 2]


@pytest.mark.usefixtures("twelve")
def test_paginator_fails_on_a_repeated_token(simulator, sagemaker):
    simulator.fault(Fault.REPEATED_TOKEN, operation="ListOptimizationJobs")
    with pytest.raises(PaginationError):
        list(sagemaker.get_paginator("list_optimization_jobs").paginate(MaxResults=5))
    assert simulator.count("ListOptimizationJobs") == 2


def test_future_job_is_not_listed_yet(sagemaker, add, clock):
    add("later", created_at=clock.now() + timedelta(seconds=60))
    assert names(sagemaker) == []
    clock.advance(60)
    assert names(sagemaker) == ["later"]
    clock.set(clock.now() - timedelta(seconds=1))
    assert names(sagemaker) == []
