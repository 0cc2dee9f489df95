"""What an Agent reports of the jobs of `simulated_jobs.py`."""

from __future__ import annotations

from datadog_checks.base import AgentCheck
from tests.e2e.simulated_jobs import ACCOUNT, EVERY_SECONDS, REASON, REGION

PLACE = [f"region:{REGION}", f"aws_account:{ACCOUNT}"]
# A job lives for 20 seconds, so one that the first run sees has ended before the third.
RUNS, PAUSE_SECONDS = 3, EVERY_SECONDS + 1


def assert_reported(aggregator, events):
    """Metrics, events and the service check of an Agent that watched jobs end, some with a failure."""
    aggregator.assert_service_check("optimizationjob.can_connect", AgentCheck.OK, tags=PLACE)
    for name in ("api.up", "api.calls", "jobs", "job.finished", "poll.data_age_seconds"):
        aggregator.assert_metric(f"optimizationjob.{name}")
        aggregator.assert_metric_has_tags(f"optimizationjob.{name}", PLACE)
    for tag in ("team:search", "optimization_type:quantization"):
        aggregator.assert_metric_has_tag("optimizationjob.jobs", tag)
    ended = {event["alert_type"]: event for event in events}
    assert set(ended) == {"error", "success"}
    assert REASON in ended["error"]["msg_text"]
    assert ended["error"]["msg_title"].startswith("Optimization job job-")
    assert {*PLACE, "team:search", "optimization_job_status:failed"} <= {*ended["error"]["tags"]}
