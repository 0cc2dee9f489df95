"""What `ddev env start` begins: a simulated AWS in a container, and the instance that an Agent next to it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

COMPOSE_FILE = Path(__file__).with_name("compose.yaml")


def instance(port):
    return {
        "regions": ["us-east-1"],
        "aws_access_key_id": "AKIA111111111111",
        "aws_secret_access_key": "simulated",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "group_by_tags": ["team"],
        "min_collection_interval": 15,
    }


@pytest.fixture(scope="session")
def dd_environment():
    # Not at the top: it takes its time to load, and only `ddev env` needs it.
    from datadog_checks.dev import docker_run  # noqa: PLC0415 - see above
    from datadog_checks.dev.utils import find_free_port  # noqa: PLC0415 - see above

    port = find_free_port("127.0.0.1")
    served = {
        "compose_file": str(COMPOSE_FILE),
        "build": True,
        "env_vars": {"SIMULATOR_PORT": str(port)},
        "log_patterns": ["simulated AWS at"],
    }
    with docker_run(**served):
        yield instance(port)
