"""Resource records: every column, their life, and what can be left out."""

from __future__ import annotations

from datetime import timedelta

from optimizationjob.jobs.record_columns import COLUMN_NAMES, COLUMNS, RESOURCE_TYPE, violations
from tests.versions import known_members, needs_records

pytestmark = needs_records

ACCOUNT = "111111111111"
EAST = "us-east-1"


def minutes(number):
    return timedelta(minutes=number)


def test_a_full_record_carries_every_column(agent, simulator, clock):
    techniques = ("Quantization", "Compilation", "Sharding", "SpeculativeDecoding")
    simulator.put_job(
        ACCOUNT,
        EAST,
        "full",
        status="FAILED",
        fill="everything",
        techniques=techniques,
        created_at=clock.now() - minutes(30),
        started_at=clock.now() - minutes(20),
        ended_at=clock.now() - minutes(1),
        failure_reason="AlgorithmError: it did not work",
        tags={"team": "ml"},
    )
    (record,) = agent().run().records
    assert record["type"] == RESOURCE_TYPE
    unread = {column.name for column in COLUMNS if column.beyond and column.provider_name not in known_members()}
    assert set(record["fields"]) == set(COLUMN_NAMES) - unread
    assert violations(record["fields"]) == []
    configs = {name for config in record["fields"]["optimization_configs"] for name in config}
    assert configs == {
        "model_quantization_config",
        "model_compilation_config",
        "model_sharding_config",
        *(["model_speculative_decoding_config"] if "ModelSpeculativeDecodingConfig" in known_members() else []),
    }
    assert record["fields"]["creation_time"] == "2026-11-02T11:30:00Z"
    environment = record["fields"]["optimization_environment"]
    assert environment
    assert set(environment.values()) == {"********"}


def test_a_bare_record_is_valid(agent, simulator, clock):
    simulator.put_job(ACCOUNT, EAST, "bare", status="STARTING", fill="bare", created_at=clock.now() - minutes(5))
    reported = agent().run()
    (record,) = reported.records
    assert record["fields"]["optimization_job_status"] == "STARTING"
    assert reported.value("resource.submitted") == 1
    assert reported.value("job.pending_seconds") == 300
    assert reported.values("job.pending_utilization") == []


def test_records_are_sent_on_change_at_half_life_and_once_after_the_end(agent, put, simulator, clock):
    put("one")
    one = agent(resource_ttl=600)
    now = int(clock.now().timestamp())
    (record,) = one.run().records
    assert (record["seen_at"], record["expire_at"]) == (now, now + 600)
    assert one.run(after=60).records == []
    assert len(one.run(after=240).records) == 1
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=clock.now())
    reported = one.run(after=60)
    (record,) = reported.records
    assert record["expire_at"] == now - 30 * 60 + 168 * 3600
    assert one.run(after=600).records == []


def test_columns_can_be_left_out(agent, put):
    put("one", tags={"team": "ml"})
    (record,) = agent(exclude_columns=["tags", "role_arn"]).run().records
    assert not {"tags", "role_arn"} & set(record["fields"])
