"""A stand-in for Datadog's API: dashboards, SLOs, monitors and events in memory, to try `assets push` and `doctor`.

`python -m tools.datadog_api` serves it. It takes what Datadog takes and adds what Datadog adds, as a push sees it.
"""
