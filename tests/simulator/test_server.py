from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout

import boto3
import pytest
import typer
from botocore.exceptions import BotoCoreError

from optimizationjob.cli import simulate_command as command
from optimizationjob.simulator import Fault, ManualClock, PortInUseError, Simulator, SimulatorError

ACCOUNT, REGION = "111111111111", "us-east-1"


def test_port_in_use_is_one_line():
    with Simulator() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(PortInUseError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: [^\n]+$") as caught:
            Simulator(port=port)
    assert isinstance(caught.value, SimulatorError)
    assert isinstance(caught.value, OSError)


def test_a_port_is_free_again_when_its_simulator_stops():
    with Simulator() as first:
        port = int(first.url.rpartition(":")[2])
    with Simulator(port=port) as second:
        assert second.url == f"http://127.0.0.1:{port}"


def test_start_and_stop_are_idempotent():
    Simulator().stop()
    simulator = Simulator()
    simulator.start()
    simulator.start()
    simulator.stop()
    simulator.stop()


def test_stops_promptly_despite_hanging_and_open_connections(boto):
    with ThreadPoolExecutor(2) as pool, Simulator(clock=ManualClock()) as simulator:
        clients = [boto.client("sagemaker", **simulator.connection()) for _ in range(3)]
        clients[0].list_optimization_jobs()
        simulator.fault(Fault.HANG, times=1)
        simulator.latency(3600, operation="DescribeOptimizationJob")
        hanging = pool.submit(clients[1].list_optimization_jobs)
        slow = pool.submit(clients[2].describe_optimization_job, OptimizationJobName="nobody")
        while simulator.count() < 2:
            threading.Event().wait(0.005)
        simulator.stop()
        for call in (hanging, slow):
            with pytest.raises(BotoCoreError):
                call.result(timeout=30)
        for client in clients:
            client.close()


def test_a_connection_stays_open_between_calls(simulator):
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/")
    first = connection.getresponse()
    assert first.status == 200
    assert b"endpoint_url" in first.read()
    opened = connection.sock
    connection.request("POST", "/", b"{}")
    assert connection.getresponse().status == 404
    assert connection.sock is opened
    connection.close()


def test_concurrent_clients_are_all_served(simulator, boto):
    def work(number):
        client = boto.client("sagemaker", **simulator.connection(region=f"us-east-{number % 2 + 1}"))
        for index in range(5):
            simulator.put_job(ACCOUNT, client.meta.region_name, f"job-{number}-{index}")
            client.describe_optimization_job(OptimizationJobName=f"job-{number}-{index}")
            client.list_optimization_jobs()
        client.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert simulator.count(code=None) == 80
    assert all(call.succeeded for call in simulator.calls)


def test_page_cost_does_not_depend_on_the_number_of_jobs(boto):
    """Compare the CPU time of a page in a small and a large region; the indexes must keep it similar."""
    with Simulator(clock=ManualClock(), check_model=False) as simulator:
        for index in range(6_000):
            simulator.put_job(ACCOUNT, REGION if index % 55 else "eu-west-1", f"job-{index}", status="COMPLETED")
        times = {}
        for region in ("eu-west-1", REGION):
            client = boto.client("sagemaker", **simulator.connection(region=region))
            client.list_optimization_jobs(MaxResults=100)
            spent = []
            for _ in range(15):
                before = time.process_time()
                client.list_optimization_jobs(MaxResults=100, SortOrder="Descending", StatusEquals="COMPLETED")
                spent.append(time.process_time() - before)
            times[region] = min(spent)
            client.close()
    assert times[REGION] < 3 * times["eu-west-1"]


def test_the_command_serves_a_fleet_until_it_is_interrupted(monkeypatch):
    found = {}

    def interrupted(simulator, *_, **__):
        client = boto3.client("sagemaker", **simulator.connection("222222222222", "eu-west-1"))
        found["rows"] = client.list_optimization_jobs()["OptimizationJobSummaries"]
        client.close()
        sts = boto3.client("sts", **simulator.connection())
        assert sts.assume_role(RoleArn=command.ROLE, RoleSessionName="me", ExternalId=command.EXTERNAL_ID)
        sts.close()

    monkeypatch.setattr(command, "_keep_arriving", interrupted)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        command.simulate(port=0, speed=60.0, jobs=40, seed=1)
    assert found["rows"]
    assert out.getvalue().startswith("http://127.0.0.1:")
    assert out.getvalue().count("\n") == 1
    assert "AKIA111111111111" in err.getvalue()
    assert err.getvalue().endswith("stopped\n")


def test_command_reports_a_port_in_use_in_one_line():
    err = io.StringIO()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with redirect_stderr(err), pytest.raises(typer.Exit) as caught:
            command.simulate(port=taken.getsockname()[1])
    assert caught.value.exit_code == 1
    assert err.getvalue().startswith("optimizationjob: cannot listen on 127.0.0.1:")
    assert err.getvalue().count("\n") == 1
