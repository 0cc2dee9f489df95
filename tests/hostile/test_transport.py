"""What arrives instead of a response costs its region one run's data, and neither time, memory nor another region."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

import pytest

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator
from tests.conftest import ACCOUNT, Agent
from tools.hostile_deliveries import DELIVERIES
from tools.hostile_transport import HostileTransport

EAST, WEST = "us-east-1", "us-west-2"
RUN, CONNECT, READ = 3.0, 0.5, 2.5
SPARE = 5.0
"""Seconds that a busy machine may take besides."""
STATUS = {
    "the date of 2199": "warning",
    "a name of 7 MB": "warning",
    "a job of a 7 MB instance type": "ok",
    "a job of 100,000 techniques": "ok",
}
"""Of what is a page all the same; the region of all else is CRITICAL."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world():
    clock = SystemClock()
    with Simulator(clock=clock) as simulator:
        for region in (EAST, WEST):
            simulator.put_job(ACCOUNT, region, "mine", status="INPROGRESS", created_at=clock.now() - timedelta(hours=1))
        yield simulator


def watching(world, url, **options):
    instance = {
        "regions": [EAST, WEST],
        "aws_access_key_id": f"AKIA{ACCOUNT}",
        "aws_secret_access_key": "simulated",
        "endpoint_url": url,
        "max_run_seconds": RUN,
        "connect_timeout": CONNECT,
        "read_timeout": READ,
        "empty_default_hostname": True,
        **options,
    }
    return Agent(world, SystemClock(), instance, {})


class NoAdvance(SystemClock):
    """The machine's clock, which a test cannot move."""

    def advance(self, _):
        """Leave the time as it is."""


@pytest.fixture
def requests_under_way():
    """The threads of requests, but for those that an earlier test has left hanging."""
    before = set(threading.enumerate())
    return lambda: {one for one in threading.enumerate() if one.name == "optimizationjob-request"} - before


def soon(is_so):
    until = time.monotonic() + CONNECT + READ + SPARE
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)
    return is_so()


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_run_ends_and_the_other_region_is_whole(world, requests_under_way, name):
    with HostileTransport(world.url, EAST, DELIVERIES[name]) as transport:
        one = watching(world, transport.url)
        one.clock = NoAdvance()
        for _ in range(2):
            begin = time.monotonic()
            reported = one.run()
            took = time.monotonic() - begin
            assert reported.error == ""
            assert took < RUN + CONNECT + READ + SPARE
            assert reported.service_check(WEST) == ("ok", "")
            assert reported.total("jobs", f"region:{WEST}") == 1
            status, message = reported.service_check(EAST)
            assert status == STATUS.get(name, "critical"), message
            assert status == "ok" or EAST in message or "could not be read" in message, message
            assert len(message) <= 1000
        assert soon(lambda: not requests_under_way()), "no thread is left"
        assert soon(lambda: transport.open == 0), "the connection is closed"


def test_a_run_that_is_cancelled_is_cut(world, requests_under_way):
    with HostileTransport(world.url, EAST, DELIVERIES["a body, a byte now and then"]) as transport:
        one = watching(world, transport.url, max_run_seconds=60, read_timeout=60)
        run = threading.Thread(target=one.check.run)
        run.start()
        assert soon(lambda: transport.open)
        one.check.cancel()
        run.join(SPARE)
        assert not run.is_alive()
        assert soon(lambda: not requests_under_way() and transport.open == 0)


@pytest.fixture
def silent_addresses():
    """Addresses on loopback that answer no attempt to connect: their queues are full."""
    listeners, waiting = [], []
    for last in range(2, 7):
        listener = socket.socket()
        listener.bind((f"127.0.0.{last}", 0 if not listeners else listeners[0].getsockname()[1]))
        listener.listen(0)
        listeners.append(listener)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            waiting.append(filler)
    yield [listener.getsockname() for listener in listeners]
    for one in (*waiting, *listeners):
        one.close()


@pytest.mark.parametrize("hangs", ["the name", "the addresses", "TLS"])
def test_what_never_connects_ends_in_time_and_leaves_one_thread(
    world, requests_under_way, silent_addresses, monkeypatch, hangs
):
    looked_up, release = socket.getaddrinfo, threading.Event()

    def look_up(host, port, *args, **options):
        if host != "silent.example":
            return looked_up(host, port, *args, **options)
        if hangs == "the name":
            release.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in silent_addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"https://127.0.0.1:{port}" if hangs == "TLS" else "http://silent.example"
    one = watching(world, url, connect_timeout=1.0, read_timeout=1.0)
    before = threading.active_count()
    for _ in range(3):
        begin = time.monotonic()
        one.clock = NoAdvance()
        reported = one.run()
        assert time.monotonic() - begin < RUN + 2.0 + SPARE
        for region in (EAST, WEST):
            status, message = reported.service_check(region)
            assert status == "critical"
            assert region in message
    assert threading.active_count() - before <= 4, "of SageMaker and STS, of two regions"
    release.set()
    assert soon(lambda: not requests_under_way())
    listener.close()
