"""The Agent check: reads the configuration and runs over the instance's regions."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar

from datadog_checks.base import AgentCheck, ConfigurationError, datadog_agent
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.config.yaml_forms import as_flag
from optimizationjob.jobs.safe_logs import SAFE_LINES
from optimizationjob.package_versions import installed
from optimizationjob.run.instance_run import InstanceRun, build_instance_run
from optimizationjob.run.record_pace import RecordPace
from optimizationjob.run.region_run import Observer, no_observer

from .agent_sink import AgentSink, takes_resources
from .missing_features import MissingFeatures
from .trusted_sources import bounded, is_trusted, refuse_untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optimizationjob.clock import Clock

SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "external_id")
SHORTEST_SECRET = 8
# What the identity of what is remembered depends on: neither a new tag nor a new region forgets anything.
MEMORY_OPTIONS = ("endpoint_url", "include_jobs", "exclude_jobs")


# The Agent has one forwarder for all instances, and one log.
RECORD_PACE = RecordPace()
MISSING_FEATURES = MissingFeatures()


class OptimizationJobCheck(AgentCheck):
    """Watches the SageMaker optimization jobs of one AWS account."""

    __NAMESPACE__ = "optimizationjob"

    clock: ClassVar[Clock] = SystemClock()

    def __init__(self, name: str, init_config: dict[str, Any], instances: Sequence[dict[str, Any]]) -> None:
        super().__init__(name, init_config, instances)
        self._sink = AgentSink(self)
        self.observer: Observer = no_observer
        self._runs: InstanceRun | None = None
        self._is_cancelled = False
        self.log.logger.addFilter(SAFE_LINES)
        for option in SECRETS:
            secret = (self.instance or {}).get(option)
            # The base class masks the characters wherever they stand, so a short word would blot out other words.
            if isinstance(secret, str) and len(secret) >= SHORTEST_SECRET:
                self.register_secret(secret)
        # Before the base class refuses the same with fewer words.
        self.check_initializations.appendleft(self._judge_source)
        # After the base class has validated the configuration and found its place in the persistent cache.
        self.check_initializations.append(self._prepare)
        self.diagnosis.register(self._diagnose)

    def persistent_cache_id(self) -> str:
        """Return what names this instance's memory in the Agent's persistent cache.

        One whose source is not trusted shares it with no other: it could make a trusted one forget or repeat ends.
        """
        if not is_trusted(self):
            whole = json.dumps([self.provider, self.instance], sort_keys=True, default=str)
            return f"untrusted_{hashlib.sha256(whole.encode()).hexdigest()[:16]}"
        identity = {option: (self.instance or {}).get(option) or None for option in MEMORY_OPTIONS}
        return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def _persistent_cache_id(self, key: str) -> str:
        """Return the whole name of a value in the cache: what base packages before 37.20 ask for.

        It is the name that newer ones make of `persistent_cache_id`, so an update of the Agent forgets nothing.
        """
        return f"{self.check_id.rpartition(':')[0]}:{self.persistent_cache_id()}_{key}"

    def check(self, _: object) -> None:
        """Poll all regions once and submit what was found."""
        if self._runs is None:
            self._prepare()
        if self._runs is not None and not self._is_cancelled:
            self._runs.run(self._sink, self.observer)

    def cancel(self) -> None:
        """Stop calling AWS: the Agent unschedules the check."""
        self._is_cancelled = True
        if self._runs is not None:
            self._runs.cancel()

    def settings(self) -> Settings:
        """Return the instance's settings, with what the Agent says for all instances.

        Raises:
            SettingsError: an option is wrong, or not for the source of the configuration to give.
        """
        refuse_untrusted(self, self.instance, self.init_config)
        settings = Settings.from_mapping(self._with_defaults(self.instance or {}))
        return settings if is_trusted(self) else bounded(settings)

    def _diagnose(self) -> None:
        # Not at the top: only a diagnosis needs it.
        from optimizationjob.diagnosis import Options  # noqa: PLC0415 - see above

        from .agent_diagnosis import diagnose  # noqa: PLC0415 - see above

        given = Options(init_config=self.init_config or {}, instance=self.instance or {})
        diagnose(self.diagnosis, self.settings, given, self.clock)

    def _judge_source(self) -> None:
        try:
            refuse_untrusted(self, self.instance, self.init_config)
        except SettingsError as error:
            raise ConfigurationError(str(error)) from None

    def _prepare(self) -> None:
        try:
            settings = self.settings()
            can_take = takes_resources()
            self._runs = build_instance_run(
                settings,
                cache=_Cache(self),
                clock=self.clock,
                takes_resources=can_take,
                pace=RECORD_PACE,
                budget_of="" if is_trusted(self) else self.persistent_cache_id(),
            )
        except SettingsError as error:
            raise ConfigurationError(str(error)) from None
        MISSING_FEATURES.log(self.log, installed(), are_records_missing=settings.collect_resources and not can_take)

    def _with_defaults(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in what the Agent's own options say for all instances: the interval and the proxy.

        As for the Agent's http options, the instance comes first, then init_config, then the Agent's configuration.
        """
        shared = self.init_config or {}
        given = {option: value for option, value in instance.items() if value is not None}
        for option in ("skip_proxy", "proxy", "min_collection_interval"):
            if shared.get(option) is not None:
                given.setdefault(option, shared[option])
        if "proxy" not in given and not as_flag(given.get("skip_proxy")):
            given["proxy"] = self._agent_proxy()
        return given

    def _agent_proxy(self) -> dict[str, Any] | None:
        """Return the Agent's proxy; botocore takes http and https proxies only, with their scheme."""
        proxy = {}
        for key, value in (datadog_agent.get_config("proxy") or {}).items():
            if key == "no_proxy" and value:
                proxy[key] = value
            elif key in ("http", "https") and value:
                url = value if "://" in str(value) else f"http://{value}"
                if isinstance(value, str) and url.startswith(("http://", "https://")):
                    proxy[key] = url
                else:
                    self.log.warning("The Agent's %s proxy is neither http nor https: AWS is called without it.", key)
        return proxy or None


class _Cache:
    """The persistent cache of one check."""

    def __init__(self, check: AgentCheck) -> None:
        self._check = check

    def read(self, key: str) -> str:
        return self._check.read_persistent_cache(key) or ""

    def write(self, key: str, value: str) -> None:
        self._check.write_persistent_cache(key, value)
