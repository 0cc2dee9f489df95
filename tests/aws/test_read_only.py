"""Nothing but the listed operations can be called, and none of them changes anything."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import UnknownClientMethodError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from optimizationjob.aws.aws_actions import ASSUME_ROLE, OPERATIONS, OPERATIONS_OF_BOTOCORE, UnlistedOperation
from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Caller, Request
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import examine
from optimizationjob.simulator.error_answers import DIALECTS
from optimizationjob.simulator.request_dispatch import OPERATIONS as SIMULATED

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "111111111111", "us-east-1"
ROLE = "arn:aws:iam::222222222222:role/datadog-optimizationjob"
SERVICES = ("resourcegroupstaggingapi", "sagemaker", "sts")
READING = ("Describe", "Get", "List")
# What of a client leads around its methods, and what else goes by a method's name: of `re`, and an option.
AROUND = {"_make_api_call", "generate_presigned_url", "get_paginator", "get_waiter"}
FALSE_FRIENDS = {"search", "assume_role"}


@pytest.fixture(scope="module")
def models():
    loader = Loader()
    return {name: ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES}


@pytest.fixture
def settings(simulator):
    simulator.add_role(ROLE, external_id="planted-external-id")
    options = {
        "regions": [REGION],
        "aws_access_key_id": f"AKIA{ACCOUNT}",
        "aws_secret_access_key": "planted-secret-key",
        "endpoint_url": simulator.url,
        "assume_role": ROLE,
        "external_id": "planted-external-id",
    }
    return Settings.from_mapping(options)


@pytest.fixture
def session(simulator, clock, settings):
    caller = Caller(
        clock=clock, max_attempts=1, attempt_seconds=10, endpoint=simulator.url, rate_limit=RateLimit(10, 100)
    )
    return AwsSession(settings, clock=clock, caller=caller)


@pytest.mark.parametrize("action", OPERATIONS)
def test_each_operation_reads(action):
    assert OPERATIONS[action].name.startswith(READING) or action == ASSUME_ROLE


@pytest.mark.parametrize("action", OPERATIONS)
def test_each_operation_is_one_of_aws(action, models):
    operation = OPERATIONS[action]
    model = models[operation.service]
    assert operation.name in model.operation_names
    prefix = {"tagging": "tag"}.get(model.signing_name, model.signing_name)
    assert action == f"{prefix}:{operation.name}"


@pytest.mark.parametrize("action", OPERATIONS)
def test_the_simulator_knows_each_operation_and_its_permission(action):
    prefix, _, name = action.partition(":")
    (service,) = [service for service, dialect in DIALECTS.items() if dialect.action_prefix == prefix]
    assert name in SIMULATED[service]


def test_an_examination_calls_each_operation_and_no_other(simulator, clock, settings):
    examine(settings, clock)
    assert {call.operation for call in simulator.calls} == {operation.name for operation in OPERATIONS.values()}


def test_a_session_asks_nothing_that_is_not_listed(simulator, session):
    with pytest.raises(UnlistedOperation, match="DeleteOptimizationJob is not in the list"):
        session.ask(Request("sagemaker:DeleteOptimizationJob", REGION), OptimizationJobName="x")
    assert list(simulator.calls) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_has_no_method_but_the_listed_operations(simulator, session, models, service):
    client = session._credentials.clients.get(service, REGION)
    listed = {operation.name for operation in OPERATIONS.values() if operation.service == service}
    others = {*OPERATIONS_OF_BOTOCORE.get(service, ())}
    assert {*client.meta.service_model.operation_names} == listed | others
    unlisted = {*models[service].operation_names} - listed - others
    assert len(unlisted) >= 5, "or nothing is shown"
    for name in map(xform_name, unlisted):
        assert not hasattr(client, name)
        with pytest.raises(UnknownClientMethodError):
            client.generate_presigned_url(name)
    assert list(simulator.calls) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_listed_operation_is_as_aws_has_it(session, models, service):
    client = session._credentials.clients.get(service, REGION)
    for name in client.meta.service_model.operation_names:
        ours, theirs = client.meta.service_model.operation_model(name), models[service].operation_model(name)
        assert written_out(ours.input_shape) == written_out(theirs.input_shape)
        assert written_out(ours.output_shape) == written_out(theirs.output_shape)
        assert [shape.name for shape in ours.error_shapes] == [shape.name for shape in theirs.error_shapes]


def written_out(shape):
    """A shape with all that it consists of."""
    if shape.type_name == "structure":
        return shape.name, {name: written_out(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return shape.name, written_out(shape.member)
    if shape.type_name == "map":
        return shape.name, written_out(shape.key), written_out(shape.value)
    return shape.name, shape.type_name, shape.metadata


def test_a_listed_operation_passes_the_same_client(simulator, session):
    assert (
        session._credentials.clients.get("sagemaker", REGION).list_optimization_jobs()["OptimizationJobSummaries"] == []
    )
    assert [call.operation for call in simulator.calls] == ["AssumeRole", "ListOptimizationJobs"]


@cache
def trees():
    """Every module of the check and its domain but for the simulator, by its path."""
    found = [path for folder in ("optimizationjob", "datadog_checks") for path in (ROOT / folder).rglob("*.py")]
    return {
        path.relative_to(ROOT).as_posix(): [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        for path in found
        if "simulator" not in path.parts
    }


def naming(names):
    """Where an attribute is named so, called or not."""
    return [
        (where, node.attr)
        for where, nodes in trees().items()
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in names
    ]


def test_no_code_names_a_method_of_a_client(models):
    methods = AROUND | {xform_name(name) for model in models.values() for name in model.operation_names}
    assert methods > FALSE_FRIENDS | {"list_optimization_jobs", "delete_optimization_job"}
    assert naming(methods - FALSE_FRIENDS) == []


def test_clients_are_made_in_one_place_which_keeps_them():
    # Lint keeps all others from its private attributes (SLF001). The second is the method that the first calls.
    assert naming({"client", "create_client"}) == [
        ("optimizationjob/aws/clients.py", "create_client"),
        ("optimizationjob/aws/bounded_http.py", "create_client"),
    ]
    public = [name for name in vars(AwsSession) if not name.startswith("_")]
    assert public == [
        "ask",
        "look_up_credentials",
        "end_run",
        "credentials_from",
        "route",
        "sts_regions",
        "known_account_id",
        "account_id",
        "confirm_credentials",
        "judged",
        "learn_account_id",
    ]


def test_operations_are_written_down_once():
    spelled = {
        (where, node.value)
        for where, nodes in trees().items()
        for node in nodes
        if isinstance(node, ast.Constant) and node.value in OPERATIONS
    }
    assert spelled == {("optimizationjob/aws/aws_actions.py", action) for action in OPERATIONS}
