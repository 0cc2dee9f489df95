"""A stand-in for Datadog's API: dashboards, SLOs and monitors in memory, to try `optimizationjob assets push` on.

`python -m tools.datadog_api` serves it. It takes what Datadog takes and adds what Datadog adds, as a push sees it.
"""
