"""Which certificates are trusted: those of the option, of the environment or of the profile, for every call."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest
import trustme

ACCOUNT, REGION = "111111111111", "us-east-1"
ROLE = "arn:aws:iam::222222222222:role/watch"
QUICK = {"max_attempts": 1, "connect_timeout": 5}


@pytest.fixture
def authority(tmp_path):
    """A company's own certificate authority, in a file."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.path = str(tmp_path / "ca.pem")
    return made


@pytest.fixture
def secure(simulator, authority):
    """The URL of the simulator, which shows a certificate of the company from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = simulator._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return simulator.url.replace("http://", "https://")


@pytest.mark.parametrize("role", [None, ROLE])
@pytest.mark.parametrize("place", ["option", "environment", "profile"])
def test_the_certificates_of_a_company_are_trusted(agent, put, simulator, authority, secure, monkeypatch, place, role):
    put("one", account="222222222222" if role else ACCOUNT)
    simulator.add_role(ROLE)
    keys = {}
    options = {"assume_role": role, "endpoint_url": secure, **QUICK}
    if place == "option":
        options["tls_ca_cert"] = authority.path
    elif place == "environment":
        monkeypatch.setenv("AWS_CA_BUNDLE", authority.path)
    else:
        keys = {"aws_access_key_id": None, "aws_secret_access_key": None, "profile_name": "corp"}
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(
            f"[profile corp]\naws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = simulated\n"
            f"ca_bundle = {authority.path}\n",
            encoding="utf-8",
        )
    reported = agent(**options, **keys).run()
    assert reported.service_check() == ("ok", "")
    assert reported.total("jobs") == 1


def test_the_option_comes_first(agent, put, authority, secure, tmp_path, monkeypatch):
    put("one")
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(other))
    assert agent(endpoint_url=secure, tls_ca_cert=authority.path, **QUICK).run().service_check() == ("ok", "")
    status, message = agent(endpoint_url=secure, **QUICK).run().service_check()
    assert (status, "certificate verify failed" in message) == ("critical", True)


def test_a_certificate_that_is_not_trusted_is_said_with_the_option(agent, secure):
    status, message = agent(endpoint_url=secure, **QUICK).run().service_check()
    assert status == "critical"
    assert "certificate verify failed" in message
    assert "`tls_ca_cert`" in message


@pytest.mark.parametrize("place", ["tls_ca_cert", "AWS_CA_BUNDLE", "ca_bundle"])
def test_a_file_that_does_not_exist_is_named(agent, monkeypatch, place):
    options = {}
    if place == "tls_ca_cert":
        options = {"tls_ca_cert": "/nonexistent/ca.pem"}
    elif place == "AWS_CA_BUNDLE":
        monkeypatch.setenv(place, "/nonexistent/ca.pem")
    else:
        Path(os.environ["AWS_CONFIG_FILE"]).write_text("[default]\nca_bundle = /nonexistent/ca.pem\n", encoding="utf-8")
    error = agent(**options).run().error
    assert f"`{place}` is '/nonexistent/ca.pem': give a file of certificates (PEM)" in error
