"""Run the check as the Agent does, from the installed wheel: `python -I agent.py ENDPOINT_URL`."""

from __future__ import annotations

import sys
import sysconfig

from datadog_checks.base import AgentCheck
from datadog_checks.base.stubs import aggregator
from datadog_checks.optimizationjob import OptimizationJobCheck, __version__

# What the console script needs; an Agent has none of it.
UNWANTED = ("typer", "rich", "textual", "cbor2", "datadog_api_client")
UNWANTED += tuple(f"optimizationjob.{name}" for name in ("simulator", "cli", "assets"))


def assert_lean() -> None:
    loaded = [name for name in sys.modules if any(name == root or name.startswith(f"{root}.") for root in UNWANTED)]
    assert not loaded, f"the check loads {loaded}"


def assert_assets() -> None:
    """Dashboards and monitors are found where the wheel has them, with nothing that an Agent lacks."""
    from optimizationjob.assets import asset_files  # noqa: PLC0415 - the check itself is not to load it

    assert asset_files.folder() == asset_files.PACKAGED
    assert {asset.kind for asset in asset_files.load(asset_files.folder())} == {*asset_files.FOLDERS.values()}


def run(endpoint_url: str) -> str:
    assert_lean()
    site = sysconfig.get_path("purelib")
    assert all(
        sys.modules[name].__file__.startswith(site) for name in ("optimizationjob", OptimizationJobCheck.__module__)
    )
    instance = {
        "regions": ["us-east-1"],
        "aws_access_key_id": "AKIA111111111111",
        "aws_secret_access_key": "simulated",
        "endpoint_url": endpoint_url,
    }
    check = OptimizationJobCheck("optimizationjob", {}, [instance])
    error = check.run()
    assert not error, error
    assert_lean()
    tags = ["region:us-east-1", "aws_account:111111111111"]
    aggregator.assert_service_check("optimizationjob.can_connect", AgentCheck.OK, tags=tags, count=1)
    aggregator.assert_metric("optimizationjob.api.up", 1, tags=tags)
    jobs = sum(metric.value for metric in aggregator.metrics("optimizationjob.jobs"))
    records = len(aggregator.get_event_platform_events("genresources", parse_json=False))
    assert jobs > 0
    assert bool(records) is hasattr(AgentCheck, "submit_generic_resource"), "an older base package takes none"
    # The simulated AWS is newer than some Agents: what theirs cannot read keeps its name, or is not there.
    left = repr([*(vars(aggregator)[name] for name in ("_metrics", "_events", "_service_checks"))])
    assert "optimization_type:speculativedecoding" in left
    assert "sdk_unknown_member" not in left.lower()
    assert_assets()
    return (
        f"optimizationjob {__version__} ran: {jobs:.0f} jobs, {records} record, {len(aggregator.metric_names)} metrics"
    )


if __name__ == "__main__":
    sys.stdout.write(run(sys.argv[1]) + "\n")
