"""AWS wire protocols: JSON 1.1, Smithy RPC v2 CBOR, and the query protocol with XML responses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

import cbor2

from optimizationjob.simulator.error_answers import DIALECTS, ErrorAnswer, Service, error
from optimizationjob.simulator.service_model import service_model

if TYPE_CHECKING:
    from collections.abc import Mapping

Protocol = Literal["json", "cbor", "query"]

TARGETS: dict[str, Service] = {"SageMaker": "sagemaker", "ResourceGroupsTaggingAPI_20170126": "tagging"}
CONTENT_TYPES: dict[Protocol, str] = {
    "json": "application/x-amz-json-1.1",
    "cbor": "application/cbor",
    "query": "text/xml",
}
DEEPEST = 50
"""Levels of a request; AWS's have fewer than ten."""
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """The service and operation that a request calls, and its protocol."""

    service: Service
    operation: str
    protocol: Protocol


def target(request: HttpRequest) -> Target | None:
    """Return the target of the request, or None if its service or protocol is not supported."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        match request.path.strip("/").split("/"):
            case ["service", service, "operation", operation] if service in TARGETS:
                return Target(TARGETS[service], operation, "cbor")
        return None
    prefix, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if prefix in TARGETS:
        return Target(TARGETS[prefix], operation, "json")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("Action")
        return Target("sts", action, "query") if action else None
    return None


def read(call: Target, body: bytes) -> dict[str, Any]:
    """Return the request parameters.

    Raises:
        ErrorAnswer: the body is not valid in the protocol.
    """
    try:
        if call.protocol == "json":
            parameters = json.loads(body or b"{}")
        elif call.protocol == "cbor":
            parameters = cbor2.loads(body) if body else {}
        else:
            parameters = _read_query(call, body.decode())
        _refuse_deep(parameters)
    except (ValueError, RecursionError, cbor2.CBORDecodeError) as failure:
        raise error(DIALECTS[call.service].malformed, f"The body cannot be read: {failure}") from failure
    if not isinstance(parameters, dict):
        raise error(DIALECTS[call.service].malformed, "The body is not a structure.")
    return parameters


def write(call: Target, answer: Mapping[str, Any], request_id: str) -> bytes:
    """Return the serialized body of a response."""
    if call.protocol == "json":
        return json.dumps(answer, default=_seconds, separators=(",", ":")).encode()
    if call.protocol == "cbor":
        return cbor2.dumps(dict(answer), datetime_as_timestamp=True)
    inner = "".join(_element(name, value) for name, value in answer.items())
    operation = call.operation
    return (
        f'<{operation}Response xmlns="{STS_NAMESPACE}"><{operation}Result>{inner}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def write_error(call: Target, failure: ErrorAnswer, request_id: str) -> bytes:
    """Return the serialized body of an error."""
    if call.protocol == "query":
        side = "Receiver" if failure.status >= 500 else "Sender"
        return (
            f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Type>{side}</Type><Code>{failure.code}</Code>'
            f"<Message>{escape(failure.message, quote=False)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()
    model = service_model(call.service)
    # Errors in the model have a Message; those of the gateway in front of the service have a message.
    member = "Message" if failure.code in model.shape_names else "message"
    body = {"__type": failure.code, member: failure.message}
    return json.dumps(body).encode() if call.protocol == "json" else cbor2.dumps(body)


def empty(call: Target) -> bytes:
    """Return the serialized body of an empty response."""
    if call.protocol == "query":
        return f'<{call.operation}Response xmlns="{STS_NAMESPACE}"/>'.encode()
    return b"{}" if call.protocol == "json" else cbor2.dumps({})


def _refuse_deep(value: object) -> None:
    """Raise a ValueError for what is nested more deeply than any request."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list | tuple) else ())
        ]
        if not level:
            return
    raise ValueError(f"it has more than {DEEPEST} levels")


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} cannot be put into JSON")


def _element(name: str, value: object) -> str:
    """Return one XML element; the responses of the supported STS operations contain no lists."""
    if isinstance(value, dict):
        inner = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, datetime):
        inner = value.strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        inner = escape(str(value), quote=False)
    return f"<{name}>{inner}</{name}>"


def _read_query(call: Target, text: str) -> dict[str, Any]:
    """Parse parameters with names such as `Tags.member.1.Key`; those of unknown operations stay untyped."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=True):
        if name in ("Action", "Version"):
            continue
        *parents, leaf = name.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
            if not isinstance(branch, dict):
                raise ValueError(f"{name} is below a value")  # noqa: TRY004 - of a body
        branch[leaf] = value
    model = service_model(call.service)
    if call.operation not in model.operation_names:
        return tree
    return dict(_typed(tree, model.operation_model(call.operation).input_shape))


def _typed(value: Any, shape: Any) -> Any:  # noqa: ANN401 - botocore has no types
    """Convert a query value to the type of its shape; a value that does not convert stays text and fails validation."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _typed(item, shape.members.get(key)) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, dict) and list(value) == ["member"]:
        items = value["member"]
        return [_typed(items[index], shape.member) for index in sorted(items, key=int)]
    if shape.type_name in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if shape.type_name == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
