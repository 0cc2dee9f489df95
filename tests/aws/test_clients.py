"""What a client sends is what boto3 sends, though it has fewer models and handlers; and it keeps no connection."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from http.client import LineTooLong
from threading import Semaphore, Thread

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

from optimizationjob.aws.aws_actions import OPERATIONS
from optimizationjob.aws.botocore_setup import botocore_session
from optimizationjob.aws.bounded_http import LONGEST_LINE, _HttpConnection, _HttpsConnection
from optimizationjob.aws.clients import Clients
from optimizationjob.config.settings import Settings

ACCOUNT, REGION = "111111111111", "us-east-1"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:optimization-job/one"
PARAMETERS = {
    "ListOptimizationJobs": {"MaxResults": 100, "CreationTimeBefore": datetime(2026, 11, 2, tzinfo=UTC)},
    "DescribeOptimizationJob": {"OptimizationJobName": "one"},
    "ListTags": {"ResourceArn": ARN, "MaxResults": 100},
    "GetResources": {"ResourceARNList": [ARN]},
    "AssumeRole": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/watch", "RoleSessionName": "watch"},
}
# Of the moment, of the single request, or of who sends it.
OF_ONE_REQUEST = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id", "amz-sdk-request", "User-Agent"}


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret-key")
    # What an older boto3 does only when it is asked to; tests/aws/test_endpoints.py is about that.
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "regional")


def sent(client, operation):
    """What a client would send, and to where."""
    caught = []

    def catch(request, **_):
        caught.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", catch)
    with pytest.raises(InterruptedError):
        getattr(client, xform_name(operation))(**PARAMETERS.get(operation, {}))
    (request,) = caught
    headers = {name: value for name, value in request.headers.items() if name not in OF_ONE_REQUEST}
    return request.method, request.url, request.body, headers


@pytest.mark.parametrize("region", ["us-east-1", "eu-south-2", "cn-north-1", "us-gov-west-1"])
@pytest.mark.parametrize("action", OPERATIONS)
def test_a_request_is_that_of_boto3(keys, action, region):
    operation = OPERATIONS[action]
    settings = Settings.from_mapping({"regions": [region]})
    ours = Clients(botocore_session(settings), settings).get(operation.service, region)
    theirs = boto3.client(operation.service, region_name=region, config=Config(retries={"mode": "standard"}))
    assert sent(ours, operation.name) == sent(theirs, operation.name)


def test_handlers_of_other_services_are_left_out():
    settings = Settings.from_mapping({"regions": [REGION]})
    ours, theirs = written(botocore_session(settings)), written(Session())
    assert 8 * len(ours) < len(theirs)
    assert ("request-created", "add_retry_headers") in ours <= theirs


def written(session):
    """The names of the handlers that a session has registered, by event."""
    events = session.get_component("event_emitter")
    return {
        (event, handler.__name__)
        for event, handler, *_ in BUILTIN_HANDLERS
        if hasattr(handler, "__name__") and handler in events._emitter._handlers.prefix_search(event)
    }


def test_connections_are_used_for_all_requests_of_a_run_and_closed_after_it(agent, put, simulator, monkeypatch):
    for number in range(5):
        put(f"job-{number}", tags={"team": "ml"})
    opened, closed = [], Semaphore(0)
    register, unregister = simulator._server.opened, simulator._server.closed
    monkeypatch.setattr(simulator._server, "opened", lambda one: opened.append(one) or register(one))
    monkeypatch.setattr(simulator._server, "closed", lambda one: unregister(one) or closed.release())
    watcher = agent(max_concurrency=1)
    for connections in (3, 1, 1):
        opened.clear()
        calls = watcher.run(after=60).calls
        assert len(opened) == connections, f"one for each service: {calls}"
        assert all(closed.acquire(timeout=30) for _ in opened)


@pytest.mark.parametrize("kind", [_HttpConnection, _HttpsConnection])
def test_a_line_of_a_body_has_a_bound_with_every_urllib3(kind):
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ours, theirs:
        response = kind.response_class(ours)
        theirs.sendall(b"5\r\n")
        assert (response.fp.readline(1), response.fp.readline()) == (b"5", b"\r\n")
        sender = Thread(target=theirs.sendall, args=(b"x" * (LONGEST_LINE + 1),))
        sender.start()
        with pytest.raises(LineTooLong):
            response.fp.readline()
        sender.join()
        response.close()
