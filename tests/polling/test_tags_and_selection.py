"""AWS tags in telemetry, and jobs chosen by name and tag."""

from __future__ import annotations

from tests.versions import TAKES_RECORDS


def test_tags_of_aws_are_renamed_where_they_clash(agent, put):
    tags = {"aws:cloudformation:stack": "s", "cost:center": "42", "region": "moon", "env": "prod", "owner": ""}
    put("one", tags=tags)
    reported = agent(exclude_tag_keys=[]).run()
    (found,) = [m["tags"] for m in reported.metrics if m["name"] == "optimizationjob.job.stuck"]
    assert found[6:] == ["aws_cloudformation_stack:s", "cost_center:42", "env:prod", "owner", "aws_tag_region:moon"]
    reported = agent(exclude_tag_keys=[], disable_generic_tags=True).run()
    assert "optimizationjob_env:prod" in next(
        m["tags"] for m in reported.metrics if m["name"] == "optimizationjob.job.stuck"
    )


def test_tags_are_collected_by_key_and_group_the_fleet(agent, put):
    put("one", tags={"team": "ml", "cost": "1", "aws:x": "y"})
    put("two", tags={"team": "ads"}, created=31)
    reported = agent(include_tag_keys=["team"], group_by_tags=["team"]).run()
    assert reported.value("jobs", "team:ml", "optimization_job_status:inprogress") == 1
    assert reported.value("jobs", "team:ads", "optimization_job_status:inprogress") == 1
    assert reported.value("job.stuck", "team:ml") == 0
    assert not [m for m in reported.metrics if "cost:1" in m["tags"]]
    assert [record["fields"]["tags"] for record in reported.records] == [["team:ml"], ["team:ads"]] * TAKES_RECORDS


def test_jobs_are_chosen_by_name_and_by_tag(agent, put):
    put("prod-llama", tags={"team": "ml"})
    put("prod-test", tags={"team": "ml"})
    put("prod-ads", tags={"team": "ads"})
    put("dev-llama", tags={"team": "ml"})
    one = agent(include_jobs=["^prod-"], exclude_jobs=["test$"], include_job_tags=["team:m*"])
    reported = one.run()
    assert [record["fields"]["optimization_job_name"] for record in reported.records] == ["prod-llama"] * TAKES_RECORDS
    assert reported.total("jobs") == 1
    assert reported.calls["DescribeOptimizationJob"] == 1
