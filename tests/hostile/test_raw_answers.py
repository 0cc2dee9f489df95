"""Whatever bytes a transport sends for one region: the run ends, no failure passes for no jobs, the other is whole."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hostile_world import ACCOUNT, T0, valid, whole_runs
from hypothesis import example, given
from hypothesis import strategies as st

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
from optimizationjob.simulator import ManualClock, Simulator
from tools.hostile_deliveries import page
from tools.hostile_transport import HostileTransport

EAST, WEST = "us-east-1", "us-west-2"

odd_lines = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 407 Proxy Authentication Required",
        b"HTTP/1.1 500 Oops",
        b"HTTP/1.1 503 Slow Down",
        b"HTTP/1.1 999 ?",
        b"HTTP/1.1 -1 ?",
        b"HTTP/9.9 200 OK",
        b"ICY 200 OK",
        b"",
    ]
)
odd_headers = st.sampled_from(
    [
        b"Content-Length: 0",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999999999",
        b"Content-Length: 7, 7",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Encoding: gzip",
        b"Content-Encoding: br",
        b"Content-Type: application/x-amz-json-1.1; charset=utf-16",
        b"Content-Type: text/html",
        b"Date: Tue, 01 Jan 2199 00:00:00 GMT",
        b"Date: 0",
        b"Retry-After: 999999999",
        b"Location: http://169.254.169.254/",
        b"Connection: close",
        b"Set-Cookie: a=b",
        b"x-amzn-RequestId: @all %%%",
        b"x-amzn-errortype: ThrottlingException:http://x/",
        b"x-amzn-query-error: A;B;C",
        b"Smithy-Protocol: rpc-v2-cbor",
        b": nothing",
        b" folded",
        b"no colon",
        b"\xff\xfe: \x00",
    ]
)
odd_bodies = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            page(),
            page(NextToken="1"),
            page({}),
            b"{}",
            b"[]",
            b"null",
            b"\xef\xbb\xbf{}",
            b'{"OptimizationJobSummaries": null}',
            b'{"OptimizationJobSummaries": {"a": 1}}',
            b'{"OptimizationJobSummaries": [null, 1, "x", [[]]]}',
            b'{"__type": "com.amazon#AccessDeniedException", "message": "@all {{ %%% no"}',
            b'{"__type": 1, "message": {}}',
            b'{"OptimizationJobSummaries": [], "OptimizationJobSummaries": [1]}',
            b"NaN",
            b"1e999999",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"<html>sign in</html>",
            b"5\r\nhello\r\n0\r\n\r\n",
            b"FFFFFFFFFFFFFFFF\r\n",
            b"-5\r\nhello\r\n",
            b"5;" + b"x" * 70_000 + b"\r\nhello\r\n",
        ]
    ),
)
answers = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda line, headers, body: b"\r\n".join((line, *headers, b"", body)),
        st.one_of(odd_lines, st.binary(max_size=40)),
        st.lists(st.one_of(odd_headers, st.binary(max_size=40)), max_size=5),
        odd_bodies,
    ),
)


class RawWorld:
    """Two regions, one of which answers with bytes that a test sets."""

    def __init__(self) -> None:
        self.clock = ManualClock(T0)
        self.simulator = Simulator(clock=self.clock)
        self.simulator.start()
        for region in (EAST, WEST):
            self.simulator.put_job(ACCOUNT, region, "mine", status="INPROGRESS", created_at=T0)
        self.answer: bytes | None = None
        self.transport = HostileTransport(self.simulator.url, EAST, self.deliver)
        self.transport.__enter__()
        agent_stub.reset()
        instance = {
            "regions": [EAST, WEST],
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": "simulated-secret",
            "endpoint_url": self.transport.url,
            "api_rate_limit": 100_000,
            "api_burst": 100_000,
            "connect_timeout": 5,
            "read_timeout": 5,
            "collect_resources": False,
        }
        self.check = OptimizationJobCheck("optimizationjob", {}, [instance])
        self.check.check_id = "optimizationjob:raw"
        self.check.clock = self.clock

    def deliver(self):
        """Send the bytes, then close the connection."""
        yield self.answer


@cache
def raw_world() -> RawWorld:
    """Return the one world; the check goes on from example to example."""
    return RawWorld()


def statuses():
    found = stub.service_checks("optimizationjob.can_connect")
    return {tag.partition(":")[2]: one.status for one in found for tag in one.tags if tag.startswith("region:")}


@pytest.mark.slow
@whole_runs
@given(answers)
@example(b"")
@example(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000)
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" * 10_000)
@example(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n" + page())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + page())
@example(b"HTTP/1.1 200 OK\r\n\r\n" + page())
def test_any_bytes_cost_their_region_one_run(answer):
    here = raw_world()
    here.answer = answer
    stub.reset()
    here.clock.advance(60)
    begin = time.monotonic()
    error = here.check.run()
    assert time.monotonic() - begin < 60
    assert error == "", error
    valid()
    assert statuses()[WEST] == 0
    assert statuses()[EAST] != 0 or b"OptimizationJobSummaries" in answer
    counts = [m.value for m in stub.metrics("optimizationjob.jobs") if f"region:{WEST}" in m.tags]
    assert sum(counts) == 1
