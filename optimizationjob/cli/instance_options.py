"""The instances of a command: those of a conf.yaml, or one built from the command's options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.completions import complete_profile, complete_region
from optimizationjob.config.settings import Settings, SettingsError

HANDLE: Final = re.compile(r"\bENC\[[^\]]*\]")

Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="A region or pattern such as us-*; repeatable.",
        show_default=False,
        autocompletion=complete_region,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="A profile of the AWS configuration files.",
        show_default=False,
        autocompletion=complete_profile,
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option("--endpoint-url", metavar="URL", help="Call this instead of AWS.", show_default=False),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="A conf.yaml of the Agent.", show_default=False),
]
Number = Annotated[
    int | None,
    typer.Option("--instance", metavar="N", help="Only instance N of --config, from 1.", min=1, show_default=False),
]


def refuse_number_alone(number: int | None, config: Path | None) -> None:
    """Reject an instance number without a file.

    Raises:
        CommandFailed: a number is given without a file.
    """
    if number is not None and config is None:
        raise CommandFailed("--instance selects an instance of a file: add --config", status=WRONG_USE)


@dataclass(frozen=True, slots=True)
class Instances:
    """The configuration of the check.

    Attributes:
        init_config: options shared by all instances.
        instances: at least one.
    """

    init_config: Mapping[str, Any]
    instances: tuple[Mapping[str, Any], ...]

    def settings(self) -> tuple[Settings, ...]:
        """Return the settings of each instance.

        Raises:
            CommandFailed: an option is invalid.
        """
        shared = {key: value for key, value in self.init_config.items() if key in ("proxy", "skip_proxy")}
        try:
            return tuple(Settings.from_mapping({**shared, **instance}) for instance in self.instances)
        except SettingsError as failure:
            raise CommandFailed(str(failure), status=WRONG_USE) from failure


def instances_of(
    *,
    regions: list[str] | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    config: Path | None = None,
    number: int | None = 1,
) -> Instances:
    """Return the instances selected by the options of a command.

    Args:
        regions: override the file's regions.
        profile: overrides the file's profile.
        endpoint_url: overrides the file's endpoint.
        config: the file; without one, a single instance is built from the options.
        number: the number of the instance in the file, starting at 1; None for all.

    Raises:
        CommandFailed: the file cannot be read, is not a configuration, or has no such instance.
    """
    options = {"regions": regions, "profile_name": profile, "endpoint_url": endpoint_url}
    given = {name: value for name, value in options.items() if value}
    if config is None:
        return Instances({}, (given,))
    init_config, instances = _read(config)
    if number is not None:
        if not 1 <= number <= len(instances):
            raise CommandFailed(f"{config} has {len(instances)} instances, but no number {number}", status=WRONG_USE)
        instances = instances[number - 1 : number]
    chosen = tuple({**instance, **given} for instance in instances)
    _refuse_handles({**init_config, **{name: value for instance in chosen for name, value in instance.items()}}, config)
    return Instances(init_config, chosen)


def _refuse_handles(options: Mapping[str, Any], config: Path) -> None:
    """Refuse a value that the Agent would replace with a secret.

    Raises:
        CommandFailed: an option has such a handle.
    """
    for name, value in options.items():
        if HANDLE.search(str(value)):
            raise CommandFailed(
                f"`{name}` of {config} is an ENC[] handle, which only the Agent fills in: write the value itself into "
                "a private copy of the file, choose an instance without a handle with --instance, or use "
                "`datadog-agent check optimizationjob`",
                status=WRONG_USE,
            )


def _read(config: Path) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Return the init_config and the instances of a file."""
    try:
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
    except OSError as failure:
        raise CommandFailed(f"{config} cannot be read: {failure.strerror}", status=WRONG_USE) from failure
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        # The parser's message may quote a line that contains a secret, so report only the line number.
        mark = getattr(failure, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise CommandFailed(f"{config} is not YAML{place}: fix it and try again", status=WRONG_USE) from failure
    if not isinstance(document, Mapping):
        raise CommandFailed(
            f"{config} is not a configuration: it needs `init_config` and `instances`", status=WRONG_USE
        )
    instances = document.get("instances")
    if not isinstance(instances, list) or not instances or not all(isinstance(one, Mapping) for one in instances):
        raise CommandFailed(f"{config} has no `instances`: it needs a list with at least one", status=WRONG_USE)
    init_config = document.get("init_config") or {}
    if not isinstance(init_config, Mapping):
        raise CommandFailed(f"`init_config` of {config} is not a mapping", status=WRONG_USE)
    return init_config, instances
