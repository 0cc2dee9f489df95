"""Whatever an instance says: the check runs or refuses it with a ConfigurationError, and nothing else."""

from __future__ import annotations

import logging

from hostile_world import initialize, numbers, shapes, texts, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datadog_checks.base import ConfigurationError
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck
from optimizationjob.config.settings import Settings

OPTIONS = sorted(Settings.__dataclass_fields__)
yaml_values = st.one_of(
    shapes,
    st.lists(texts | numbers, max_size=3),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=8),
    st.sampled_from(["us-*", "*", "(a+)+$", "x" * 100_000, "http://127.0.0.1:1", "ENC[x]", "yes", "0x10", "1e400"]),
    st.sampled_from([["us-*"], ["*"], ["(a+)+$"], ["["], ["a" * 100_000], [None], [[]], [{}]]),
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from(OPTIONS), yaml_values, min_size=1, max_size=3),
    st.dictionaries(
        st.sampled_from(["proxy", "skip_proxy", "service", "min_collection_interval"]), yaml_values, max_size=1
    ),
)
def test_any_value_is_taken_or_refused_by_name(options, init_config):
    agent_stub.reset()
    logging.disable()
    usual = {"regions": ["us-east-1"], "endpoint_url": world().simulator.url, "max_attempts": 1}
    check = OptimizationJobCheck("optimizationjob", init_config, [{**usual, **options}])
    check.check_id = "optimizationjob:hostile"
    check.clock = world().clock
    try:
        initialize(check)
    except ConfigurationError as refused:
        text = str(refused)
        assert any(f"`{name}`" in text or name in text for name in (*options, *init_config, "include_job_tags")), text
        assert len(text) < 2000
    else:
        assert check._runs is not None
    finally:
        logging.disable(logging.NOTSET)
