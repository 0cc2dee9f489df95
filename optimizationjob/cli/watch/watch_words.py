"""All texts of the watch: titles, hints, help and advice. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from optimizationjob.aws.errors import AwsError, CredentialsError, Unreachable

# The top line: the state of the watch itself.
TITLE: Final = "optimizationjob watch"
FIRST_POLL: Final = "first poll under way ..."
POLL_FAILED: Final = "the last poll failed"
STILL_READING: Final = "reading ..."
NO_DATA: Final = "no data of some regions"
REGIONS_OK: Final = "regions ok"
CALLS_PER_MINUTE: Final = "calls/min"
MORE_REGIONS: Final = "more regions"

# The line of filters.
NAME_PROMPT: Final = "Name: "
STATUS: Final = "status"
NAME: Final = "name"
ORDER: Final = "order"
ALL_JOBS: Final = "all"
PAUSED: Final = "PAUSED"
ORDER_WORDS: Final[Mapping[str, str]] = {"limit": "nearest to a limit", "age": "oldest", "name": "name"}

# The lists.
ACTIVE_JOBS: Final = "Active jobs"
ENDED_JOBS: Final = "Ended"
REGION_TITLE: Final = "Region"
STATUS_TITLE: Final = "Status"
TECHNIQUE_TITLES: Final = ("Tech", "Technique")
INSTANCE_TITLE: Final = "Instance"
AGE_TITLE: Final = "Age"
PENDING_TITLE: Final = "Pending"
RUNTIME_TITLE: Final = "Runtime"
STUCK: Final = "stuck"
NOTHING_YET: Final = "..."
NO_JOB: Final = "none"
NO_MATCH: Final = "no match"
SHORT_TECHNIQUES: Final[Mapping[str, str]] = {
    "quantization": "quant",
    "compilation": "comp",
    "sharding": "shard",
    "speculativedecoding": "spec",
}

# The line at the bottom.
KEYS: Final = "s status  / name  o order  p pause  ? help  q quit"
FOOT: Final = f"Enter detail  {KEYS}"
FOOT_OF_DETAIL: Final = f"Enter, Esc back  {KEYS}"

# The detail of a job.
UNKNOWN: Final = "unknown"
NO_LIMIT: Final = "no limit known"
NOT_DESCRIBED: Final = "Not described yet: limits, model and output follow."
NO_TAGS: Final = "none"
TAGS_NOT_READ: Final = "not read yet"
REASON_UNREADABLE: Final = "its reason cannot be read"

HELP: Final = (
    ("Up Down j k", "select a job; PgUp PgDn Home End move further"),
    ("Enter", "show the detail of the job; Enter or Esc returns to the list"),
    ("s", "filter by status; each press selects the next one"),
    ("/", "filter by name (a regular expression):"),
    ("", "Enter applies it, Esc cancels it, / Enter shows all"),
    ("o", "order of the active jobs: nearest to a limit, oldest, name"),
    ("p", "pause: stop calling AWS until p is pressed again"),
    ("? ", "this help"),
    ("q Ctrl-C", "quit"),
    ("", ""),
    ("Bars", "time used of MaxPendingTimeInSeconds and MaxRuntimeInSeconds:"),
    ("", "green, yellow from 80 %, red from 90 %; dim once the job has started"),
    ("Age", "time since creation, in these colors against MaxWaitTimeInSeconds"),
    ("stuck", "stopping, or past a limit, for longer than 15 minutes"),
    ("-", "not counted yet: the jobs of the last days are still being read"),
)

# Regions that cannot be read.
NOT_READ: Final = "cannot be read"
PARTLY_READ: Final = "not read in full"
NO_CAUSE: Final = "the cause is unknown"
ADVICE: Final[Mapping[type[AwsError], str]] = {
    CredentialsError: (
        "Give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in again."
    ),
    Unreachable: "Check the network, the proxy and --endpoint-url.",
}
"""Replaces the advice for an Agent, which does not apply in a terminal."""

# The plain table, for output that is not a terminal.
PLAIN_HEAD: Final = ("NAME", "REGION", "STATUS", "TECHNIQUE", "INSTANCE", "AGE", "PENDING", "RUNTIME", "WHY")
