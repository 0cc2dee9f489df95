"""The settings of one instance, read once from a plain mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final

from optimizationjob.config import option_readers as read
from optimizationjob.config.proxy_option import Proxy
from optimizationjob.jobs.job import STATUSES
from optimizationjob.jobs.record_columns import COLUMN_NAMES

EVENT_STATUSES: Final = (*(status.value for status in STATUSES), "DELETED")
SHORTEST_SECRET: Final = 8
"""Masking a shorter secret would also mask unrelated words."""
_LEAST_STALE_AFTER: Final = timedelta(seconds=120)
_SECRET_OPTIONS: Final = frozenset(
    ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "external_id", "proxy")
)


class SettingsError(ValueError):
    """A wrong value in the configuration; its text names the option, the value and what is allowed, in one line.

    Attributes:
        key: The option's name.
        value: The value as it may be shown; a secret's is masked, a URL's has no user, password or query.
        allowed: What to do, such as "give a whole number of at least 1".
    """

    def __init__(self, key: str, value: object, allowed: str, *, is_item: bool = False) -> None:
        """Describe the error.

        Args:
            key: The option's name.
            value: The value at fault; None where it is missing.
            allowed: What to do, such as "give a whole number of at least 1".
            is_item: Whether the value is one element of the list that was given.
        """
        self.key = key
        self.value = "an empty item" if is_item and value is None else _shown(key, value)
        self.allowed = allowed
        super().__init__(f"`{key}` {'has' if is_item else 'is'} {self.value}: {allowed}")


def _shown(key: str, value: object) -> str:
    if value is not None and key in _SECRET_OPTIONS:
        return read.MASK
    return read.shown_url(value) if key == "endpoint_url" and value is not None else read.shown(value)


def _by(reader: read.Reader) -> dict[str, read.Reader]:
    return {"reader": reader}


_TEXT: Final = read.text()
_TEXTS: Final = read.items(_TEXT)
_TAG_PATTERNS: Final = read.items(read.text(r"[^:].*:.*", "`key:value`, where `*` stands for anything"))
_PLAIN_KEYS: Final = read.items(read.text(r"[^*]+", "a tag key without `*`"))
_EXPRESSIONS: Final = read.items(read.regular_expression)
_ROLE: Final = read.text(
    r"arn:[a-z]+(-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+", "the ARN of a role: arn:aws:iam::123456789012:role/name"
)
_SESSION_NAME: Final = read.text(r"[\w+=,.@-]{2,64}", "2 to 64 letters, digits or any of _+=,.@-")
_EXTERNAL_ID: Final = read.text(r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits or any of _+=,.@:/-")
_TIMEOUT: Final = read.seconds(most=read.A_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every option of an instance, under the name it has in the configuration, checked and typed.

    Attributes:
        regions: Names and patterns as given, see `optimizationjob.regions`; empty: the one boto3 resolves.
        aws_access_key_id: With `aws_secret_access_key` the credentials to use; None: boto3's own chain.
        aws_secret_access_key: The other half.
        aws_session_token: What makes them temporary credentials.
        profile_name: Profile of the AWS configuration files to take credentials from.
        assume_role: ARN of the role to take on.
        external_id: What the role's trust policy asks for.
        role_session_name: Name that CloudTrail shows for calls made in the role.
        endpoint_url: The one URL that is called in place of every AWS service.
        tls_ca_cert: File of the certificates to trust; None: those of the AWS library's own settings.
        use_fips_endpoint: Whether to call endpoints validated for FIPS 140.
        use_dualstack_endpoint: Whether to call endpoints that have IPv6, too.
        proxy: Proxies of this instance; None: those of the Agent.
        skip_proxy: Whether to go without any proxy, the Agent's included.
        connect_timeout: Seconds a connection may take to open.
        read_timeout: Seconds AWS may be silent within a call.
        max_attempts: Times one call is tried, the first included.
        api_rate_limit: Calls a second to one endpoint, account and region in the long run.
        api_burst: Calls that may go out at once after a rest.
        max_run_seconds: Seconds of a run after which no call starts.
        max_concurrency: Regions that are polled at the same time.
        lookback: Age up to which a job that has ended is watched.
        full_sweep_interval: Time between two complete readings.
        stale_after: Age from which a region's last picture counts as none.
        max_jobs: Jobs of a region that are watched, the newest.
        include_jobs: Expressions of which one must be found in a job's name; empty: all jobs.
        exclude_jobs: Expressions of which none may be found in it.
        include_job_tags: `key:value` patterns of which one must fit a tag of the job; empty: all jobs.
        exclude_job_tags: `key:value` patterns of which none may fit.
        collect_tags: Whether AWS tags are read.
        include_tag_keys: Patterns of tag keys to pass on; empty: all.
        exclude_tag_keys: Patterns of tag keys to leave out.
        group_by_tags: Keys of AWS tags that counts of jobs are split by.
        collect_job_metrics: Whether metrics of single jobs are sent.
        collect_events: Whether events are sent.
        event_statuses: Statuses whose beginning is an event, of `EVENT_STATUSES`.
        event_lookback: How far before the first run a job may have ended to be reported still.
        stuck_after: Time in STOPPING, or beyond a limit, after which a job is stuck.
        collect_resources: Whether resource records are sent.
        resource_ttl: Life of a resource record.
        exclude_columns: Top-level columns that records go without.
        environment_values: Whether values of environment variables are sent; what looks secret stays masked.
        tags: Tags on everything that is sent.
        service: Value of the `service` tag on everything that is sent.
        min_collection_interval: Seconds between two runs.
        disable_generic_tags: Whether tags such as `env` are renamed, so that they do not mix with others.
    """

    regions: tuple[str, ...] = field(default=(), metadata=_by(read.items(_TEXT, least=1)))
    aws_access_key_id: str | None = field(default=None, repr=False, metadata=_by(_TEXT))
    aws_secret_access_key: str | None = field(default=None, repr=False, metadata=_by(_TEXT))
    aws_session_token: str | None = field(default=None, repr=False, metadata=_by(_TEXT))
    profile_name: str | None = field(default=None, metadata=_by(_TEXT))
    assume_role: str | None = field(default=None, metadata=_by(_ROLE))
    external_id: str | None = field(default=None, repr=False, metadata=_by(_EXTERNAL_ID))
    role_session_name: str = field(default="datadog-optimizationjob", metadata=_by(_SESSION_NAME))
    endpoint_url: str | None = field(default=None, metadata=_by(read.endpoint))
    tls_ca_cert: str | None = field(default=None, metadata=_by(_TEXT))
    use_fips_endpoint: bool = field(default=False, metadata=_by(read.flag))
    use_dualstack_endpoint: bool = field(default=False, metadata=_by(read.flag))
    proxy: Proxy | None = field(default=None, repr=False, metadata=_by(Proxy.from_value))
    skip_proxy: bool = field(default=False, metadata=_by(read.flag))
    connect_timeout: float = field(default=3.0, metadata=_by(_TIMEOUT))
    read_timeout: float = field(default=10.0, metadata=_by(_TIMEOUT))
    max_attempts: int = field(default=3, metadata=_by(read.whole(1)))
    api_rate_limit: float = field(default=2.0, metadata=_by(read.number("calls a second")))
    api_burst: int = field(default=10, metadata=_by(read.whole(1)))
    max_run_seconds: float = field(default=20.0, metadata=_by(_TIMEOUT))
    max_concurrency: int = field(default=8, metadata=_by(read.whole(1)))
    lookback: timedelta = field(default=timedelta(hours=168), metadata=_by(read.duration("hours")))
    full_sweep_interval: timedelta = field(default=timedelta(hours=1), metadata=_by(read.duration()))
    stale_after: timedelta = field(default=_LEAST_STALE_AFTER, metadata=_by(read.duration()))
    max_jobs: int = field(default=100_000, metadata=_by(read.whole(1)))
    include_jobs: tuple[re.Pattern[str], ...] = field(default=(), metadata=_by(_EXPRESSIONS))
    exclude_jobs: tuple[re.Pattern[str], ...] = field(default=(), metadata=_by(_EXPRESSIONS))
    include_job_tags: tuple[str, ...] = field(default=(), metadata=_by(_TAG_PATTERNS))
    exclude_job_tags: tuple[str, ...] = field(default=(), metadata=_by(_TAG_PATTERNS))
    collect_tags: bool = field(default=True, metadata=_by(read.flag))
    include_tag_keys: tuple[str, ...] = field(default=(), metadata=_by(_TEXTS))
    exclude_tag_keys: tuple[str, ...] = field(default=("aws:*",), metadata=_by(_TEXTS))
    group_by_tags: tuple[str, ...] = field(default=(), metadata=_by(_PLAIN_KEYS))
    collect_job_metrics: bool = field(default=True, metadata=_by(read.flag))
    collect_events: bool = field(default=True, metadata=_by(read.flag))
    event_statuses: tuple[str, ...] = field(
        default=("FAILED", "STOPPED", "COMPLETED"), metadata=_by(read.items(read.one_of(EVENT_STATUSES)))
    )
    event_lookback: timedelta = field(default=timedelta(seconds=900), metadata=_by(read.duration(zero=True)))
    stuck_after: timedelta = field(default=timedelta(seconds=900), metadata=_by(read.duration()))
    collect_resources: bool = field(default=True, metadata=_by(read.flag))
    resource_ttl: timedelta = field(default=timedelta(days=1), metadata=_by(read.duration()))
    exclude_columns: tuple[str, ...] = field(default=(), metadata=_by(read.items(read.one_of(COLUMN_NAMES))))
    environment_values: bool = field(default=False, metadata=_by(read.flag))
    tags: tuple[str, ...] = field(default=(), metadata=_by(_TEXTS))
    service: str | None = field(default=None, metadata=_by(_TEXT))
    min_collection_interval: float = field(default=15.0, metadata=_by(read.seconds()))
    disable_generic_tags: bool = field(default=False, metadata=_by(read.flag))

    @classmethod
    def from_mapping(cls, instance: Mapping[str, object]) -> Settings:
        """Read an instance as the Agent hands it over; an option that is None has its default.

        Raises:
            SettingsError: At the first value that cannot be taken, or contradicts another.
        """
        values: dict[str, Any] = {}
        for option in fields(cls):
            given = instance.get(option.name)
            if given is None:
                continue
            try:
                values[option.name] = option.metadata["reader"](given)
            except read.OptionRefused as refusal:
                at_fault, allowed = refusal.item[0] if refusal.item else given, f"give {refusal.allowed}"
                raise SettingsError(option.name, at_fault, allowed, is_item=bool(refusal.item)) from None
        interval = timedelta(seconds=values.get("min_collection_interval", 0))
        values.setdefault("stale_after", max(2 * interval, _LEAST_STALE_AFTER))
        settings = cls(**values)
        _refuse_contradictions(settings)
        return settings


def secrets_of(given: Settings) -> tuple[str, ...]:
    """Return the secrets that are long enough to be masked wherever they stand, the longest first."""
    proxy = given.proxy
    users = (re.search(r"://(.*)@", url) for url in (proxy and proxy.http, proxy and proxy.https) if url)
    of_proxies = [part for found in users if found for part in (found[1], *found[1].split(":", 1))]
    own = (given.aws_access_key_id, given.aws_secret_access_key, given.aws_session_token, given.external_id)
    found = {one for one in (*own, *of_proxies) if one and len(one) >= SHORTEST_SECRET}
    return tuple(sorted(found, key=len, reverse=True))


def _refuse_contradictions(given: Settings) -> None:
    """Raise a SettingsError for the first option that another one contradicts."""
    key_id, secret, endpoint = given.aws_access_key_id, given.aws_secret_access_key, given.endpoint_url
    pair = "give both `aws_access_key_id` and `aws_secret_access_key`, or neither"
    tags_off = "leave it out, or give `collect_tags: true`, without which no tag is known"
    variant = "give false, or leave out `endpoint_url`: that URL is called as it is, and this option would do nothing"
    rules = (
        (secret and not key_id, "aws_access_key_id", pair),
        (key_id and not secret, "aws_secret_access_key", pair),
        (given.aws_session_token and not key_id, "aws_session_token", "give the key pair that it belongs to, too"),
        (given.profile_name and key_id, "profile_name", "give either it or the key pair: one source of credentials"),
        (given.external_id and not given.assume_role, "external_id", "give `assume_role`, too, or leave it out"),
        (given.use_fips_endpoint and endpoint, "use_fips_endpoint", variant),
        (given.use_dualstack_endpoint and endpoint, "use_dualstack_endpoint", variant),
        (given.include_job_tags and not given.collect_tags, "include_job_tags", tags_off),
        (given.exclude_job_tags and not given.collect_tags, "exclude_job_tags", tags_off),
        (given.group_by_tags and not given.collect_tags, "group_by_tags", tags_off),
    )
    for broken, key, allowed in rules:
        if broken:
            raise SettingsError(key, getattr(given, key), allowed)
