"""Fixtures that connect the real boto3 to the simulator."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager
from functools import partial

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from optimizationjob.simulator import ManualClock, Simulator

ACCOUNT = "111111111111"
REGION = "us-east-1"


@pytest.fixture(scope="session")
def boto():
    """One session for all tests, because loading botocore's large models is slow."""
    return boto3.Session()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def simulator(clock):
    with Simulator(clock=clock) as simulator:
        yield simulator
        assert simulator.breaches == []


@pytest.fixture
def connect(boto, simulator):
    """Create a client without retries for a service, account and region."""
    clients = []

    def make(service, account=ACCOUNT, region=REGION, *, read_timeout=10, validate=True, **changes):
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=read_timeout,
            parameter_validation=validate,
        )
        client = boto.client(service, **{**simulator.connection(account, region), **changes}, config=config)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def sagemaker(connect):
    return connect("sagemaker")


@pytest.fixture
def sts(connect):
    return connect("sts")


@pytest.fixture
def tagging(connect):
    return connect("resourcegroupstaggingapi")


@pytest.fixture
def put(simulator):
    return partial(simulator.put_job, ACCOUNT, REGION)


@pytest.fixture
def add(simulator):
    return partial(simulator.add_job, ACCOUNT, REGION)


@pytest.fixture
def refused():
    """Expect a ClientError with this code and return its message."""

    @contextmanager
    def expect(code, status=400):
        answer = {}
        with pytest.raises(ClientError) as caught:
            yield answer
        answer["message"] = caught.value.response["Error"]["Message"]
        answer["response"] = caught.value.response
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status

    return expect


@pytest.fixture
def raw(simulator):
    """Send a signed request that boto3 would not send and return status, headers and body."""

    def send(path, headers, body, *, service="sagemaker", sign=True):
        request = AWSRequest("POST", simulator.url + path, headers=headers, data=body)
        if sign:
            SigV4Auth(Credentials(f"AKIA{ACCOUNT}", "secret"), service, REGION).add_auth(request)
        connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("POST", path, body, dict(request.headers))
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    return send


@pytest.fixture
def call(raw):
    """Send a SageMaker call with any body and return status and response."""

    def send(operation, body, **options):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, answer = raw("/", {"X-Amz-Target": f"SageMaker.{operation}"}, content, **options)
        return status, json.loads(answer)

    return send
