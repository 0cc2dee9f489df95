"""AWS that cannot be reached: said as such, whatever lies between."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint_url": "http://127.0.0.1:{port}"},
        {"endpoint_url": "https://127.0.0.1:{port}"},
        {"endpoint_url": "http://name.invalid"},
        {"proxy": {"http": "http://127.0.0.1:{port}"}},
    ],
    ids=str,
)
def test_what_cannot_be_reached_is_a_matter_of_the_network_path(agent, closed_port, options):
    def filled(value):
        return {k: filled(v) for k, v in value.items()} if isinstance(value, dict) else value.format(port=closed_port)

    reported = agent(max_attempts=1, **filled(options)).run()
    status, message = reported.service_check()
    assert (reported.error, status) == ("", "critical")
    assert "Check the network path" in message
    assert reported.total("api.calls", "outcome:error") == 2, "the list and STS"


def test_tls_to_something_else_is_said_so(agent, simulator):
    reported = agent(endpoint_url=simulator.url.replace("http:", "https:"), max_attempts=1).run()
    assert "Check the network path" in reported.service_check()[1]
