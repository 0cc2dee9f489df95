"""Request handling: signature, latency, rate limits, faults, request validation, operation, response validation."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import sagemaker_operations, sts_operations, tagging_operations, wire_protocols
from optimizationjob.simulator.call_log import Call, CallLog
from optimizationjob.simulator.callers import INVALID, Directory, SignedCaller, signed_by
from optimizationjob.simulator.error_answers import DIALECTS, ErrorAnswer, Service, error
from optimizationjob.simulator.faults import PAGED, Asked, Fault, FaultBoard, Scope, fault_error, unknown_operation
from optimizationjob.simulator.job_members import arn
from optimizationjob.simulator.latency_and_throttling import Brakes
from optimizationjob.simulator.operation_context import Body, Context, Habits, Operation
from optimizationjob.simulator.service_model import answer_problems, request_problems, wording
from optimizationjob.simulator.simulated_world import SimulatedWorld

if TYPE_CHECKING:
    from optimizationjob.clock import Clock

OPERATIONS: Mapping[Service, Mapping[str, Operation]] = {
    "sagemaker": sagemaker_operations.OPERATIONS,
    "sts": sts_operations.OPERATIONS,
    "tagging": tagging_operations.OPERATIONS,
}
Tamper = Callable[[str, Body], Body]
"""Modifies a successful response; the result is serialized without validation."""

PAGE = b"<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An HTTP response and the connection fault to apply, if any."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None


class Dispatcher:
    """Handles requests; `lock` guards all mutable state."""

    def __init__(self, clock: Clock, *, seed: int, habits: Habits, check_model: bool) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.world = SimulatedWorld(clock, check_model=check_model)
        self.directory = Directory(seed)
        self.board = FaultBoard()
        self.brakes = Brakes()
        self.tampers: list[tuple[Tamper, Scope]] = []
        self.habits = habits
        self.disabled_regions: set[tuple[str, str]] = set()
        """Accounts and the regions that they have not enabled."""
        self.breaches: list[str] = []
        self.calls = CallLog()
        self.stopped = threading.Event()
        self._check_model = check_model
        self._real = SystemClock()
        self._ids = (f"{seed & 0xFFFFFFFF:08x}-0000-4000-8000-{number:012x}" for number in itertools.count(1))

    def answer(self, request: wire_protocols.HttpRequest) -> HttpReply:
        """Handle one request; an internal error of the simulator becomes a 500 and a breach."""
        with self.lock:
            request_id = next(self._ids)
        called = wire_protocols.target(request)
        if called is None:
            failure = ErrorAnswer("UnknownOperationException", "The request does not name an operation.", 404)
            self._log("", signed_by(request.headers), failure.status, failure.code, None)
            called = wire_protocols.Target("sagemaker", "", "json")
            return self._reply(
                called, failure.status, wire_protocols.write_error(called, failure, request_id), request_id
            )
        asked: Asked | None = None
        fault: Fault | None = None
        try:
            body, caller = self._opened(called, request)
            asked = _asked(called, body, caller)
            if self.stopped.wait(self.brakes.seconds(asked)):
                return HttpReply(status=0, headers={}, body=b"", fault=Fault.RESET)
            fault = self._struck(asked)
            planted = None if fault is None else fault_error(fault, asked)
            if planted is not None:
                raise planted
            if fault in (Fault.HANG, Fault.RESET):
                self._log(called.operation, (caller.account, caller.region), None, None, fault)
                return HttpReply(status=0, headers={}, body=b"", fault=fault)
            answer = self._tampered(asked, self._result(called, body, caller, fault))
            written = wire_protocols.write(called, answer, request_id)
        except ErrorAnswer as failure:
            place = (asked.account, asked.region) if asked else signed_by(request.headers)
            self._log(called.operation, place, failure.status, failure.code, fault)
            return self._reply(
                called, failure.status, wire_protocols.write_error(called, failure, request_id), request_id
            )
        reply = self._faulty(fault, called, self._reply(called, 200, written, request_id))
        self._log(called.operation, (caller.account, caller.region), reply.status, None, fault)
        return reply

    def breach(self, text: str) -> None:
        """Record a violation of AWS's model."""
        with self.lock:
            self.breaches.append(text)

    def _opened(self, called: wire_protocols.Target, request: wire_protocols.HttpRequest) -> tuple[Body, SignedCaller]:
        """Return the request body and the caller."""
        with self.lock:
            caller = self.directory.caller(called.service, request.headers, self.world.now())
        if called.operation not in OPERATIONS[called.service]:
            raise unknown_operation(called.service, called.operation)
        try:
            return wire_protocols.read(called, request.body), caller
        except ErrorAnswer as failure:
            self.breach(f"{called.operation} request: {failure.message}")
            raise

    def _struck(self, asked: Asked) -> Fault | None:
        """Refuse a disabled region, apply the rate limits, then return the fault for this call, if any."""
        with self.lock:
            if (asked.account, asked.region) in self.disabled_regions:
                raise error(DIALECTS[asked.service].unrecognized, INVALID)
            if not self.brakes.allow(asked, self.clock, self._real):
                raise error(DIALECTS[asked.service].throttled, "Rate exceeded")
            return self.board.strike(asked)

    def _result(self, called: wire_protocols.Target, body: Body, caller: SignedCaller, fault: Fault | None) -> Body:
        """Validate the request, run the operation and validate the response."""
        self._check_request(called, body)
        context = Context(
            world=self.world,
            directory=self.directory,
            caller=caller,
            habits=self.habits,
            trick=fault,
        )
        try:
            with self.lock:
                answer = OPERATIONS[called.service][called.operation](context, body)
        except ErrorAnswer:
            raise
        except Exception as failure:
            self.breach(f"{called.operation}: the simulator failed: {failure!r}")
            raise error(DIALECTS[called.service].internal, repr(failure)) from failure
        problems = answer_problems(called.service, called.operation, answer) if self._check_model else []
        if problems:
            for problem in problems:
                self.breach(f"{called.operation} answer: {problem.text}")
            raise error(DIALECTS[called.service].internal, wording(problems))
        return answer

    def _tampered(self, asked: Asked, answer: Body) -> Body:
        """Return the response after all modifications; it is not validated again."""
        with self.lock:
            changes = [change for change, scope in self.tampers if asked.within(scope)]
        for change in changes:
            answer = change(asked.operation, answer)
        return answer

    def _check_request(self, called: wire_protocols.Target, body: Body) -> None:
        """Reject a request that the model does not allow; a wrong shape is also a breach."""
        problems = request_problems(called.service, called.operation, body)
        if not problems:
            return
        for problem in problems:
            if problem.kind != "value":
                self.breach(f"{called.operation} request: {problem.text}")
        dialect = DIALECTS[called.service]
        unreadable = [problem for problem in problems if problem.kind in ("type", "unknown")]
        if unreadable:
            raise error(dialect.malformed, "; ".join(problem.text for problem in unreadable))
        raise error(dialect.invalid, wording(problems))

    def _reply(self, called: wire_protocols.Target, status: int, body: bytes, request_id: str) -> HttpReply:
        headers = {
            "Date": format_datetime(self.clock.now(), usegmt=True),
            "x-amzn-RequestId": request_id,
            "Content-Type": wire_protocols.CONTENT_TYPES[called.protocol],
        }
        if called.protocol == "cbor":
            headers["smithy-protocol"] = "rpc-v2-cbor"
        return HttpReply(status=status, headers=headers, body=body)

    def _faulty(self, fault: Fault | None, called: wire_protocols.Target, good: HttpReply) -> HttpReply:
        """Return the response with the fault applied."""
        status, headers, body = good.status, dict(good.headers), good.body
        if fault in (Fault.HTML_OK, Fault.HTML_UNAVAILABLE):
            status = 200 if fault is Fault.HTML_OK else 503
            headers = {"Date": headers["Date"], "Content-Type": "text/html"}
            body = PAGE % ((b"Sign in",) * 2 if status == 200 else (b"503 Service Temporarily Unavailable",) * 2)
        elif fault is Fault.EMPTY_OBJECT:
            body = wire_protocols.empty(called)
        elif fault is Fault.CUT_JSON:
            body = body[: len(body) // 2]
        return HttpReply(status=status, headers=headers, body=body, fault=fault)

    def _log(
        self,
        operation: str,
        place: tuple[str | None, str | None],
        status: int | None,
        code: str | None,
        fault: Fault | None,
    ) -> None:
        account, region = place
        call = Call(
            operation=operation,
            account=account,
            region=region,
            status=status,
            code=code,
            fault=fault,
            at=self.clock.now(),
        )
        with self.lock:
            self.calls.append(call)


def _asked(called: wire_protocols.Target, body: Body, caller: SignedCaller) -> Asked:
    """Return the parts of a call that faults, limits and denials need."""
    name = body.get("OptimizationJobName")
    named = body.get("ResourceArn") or body.get("RoleArn")
    resource = named if isinstance(named, str) else None
    if called.service == "sagemaker" and resource is None:
        resource = arn(caller.account, caller.region, name if isinstance(name, str) else "*")
    if name is None and called.service == "sagemaker" and isinstance(named, str):
        name = named.rpartition("/")[2]
    return Asked(
        service=called.service,
        operation=called.operation,
        account=caller.account,
        region=caller.region,
        caller=caller.arn,
        job=name if isinstance(name, str) else None,
        resource=resource,
        has_token=bool(body.get("NextToken") or body.get("PaginationToken")),
        is_paged=called.operation in PAGED and "ResourceARNList" not in body,
    )
