"""Builds and validates check instances, one per account and group of regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.configure.account_list import ListedAccount
from optimizationjob.config.option_readers import shown
from optimizationjob.config.region_patterns import partition_of, resolve_regions
from optimizationjob.config.settings import Settings, SettingsError

USUAL_INTERVAL: Final = 60
TEMPLATE_VARIABLE: Final = "%%"
"""Begins and ends a variable that the Agent fills in, such as `%%host%%`."""
_FILLED_IN: Final = "filled-in-by-the-agent"
"""Replaces a secret handle during validation, since the handle is not a valid external ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """Options shared by all instances.

    Attributes:
        regions: Names and patterns for accounts without regions.
        per_instance: Maximum number of regions per instance; None for no limit.
        role: Name or ARN of the role for accounts without one.
        external_id: The handle `ENC[...]` for accounts without one.
        own_account: The account of the Agent's own credentials, which needs no role.
        tags: Tags of every instance.
        interval: Seconds between two runs.
    """

    regions: tuple[str, ...] = ()
    per_instance: int | None = None
    role: str = ""
    external_id: str = ""
    own_account: str = ""
    tags: tuple[str, ...] = ()
    interval: int = USUAL_INTERVAL


@dataclass(frozen=True, slots=True)
class Planned:
    """One instance.

    Attributes:
        name: The account ID, with a number if its regions are in several groups; unique.
        instance: The instance options as in `conf.yaml`.
    """

    name: str
    instance: dict[str, Any]


def instances_for(account: ListedAccount, plan: AccountPlan) -> Iterator[Planned]:
    """Yield the instances of an account.

    Raises:
        CommandFailed: the check would reject an instance, or the account has no region or no role.
    """
    wanted = account.regions or plan.regions
    if not wanted:
        raise _refused(account, f"account {account.id} has no region: give some in the list, or --region")
    try:
        groups = _groups(wanted, plan.per_instance)
        access = _access(account, plan, partition_of(resolve_regions(groups[0], None)[0]))
        for number, regions in enumerate(groups, 1):
            instance = {
                "regions": regions,
                **access,
                "min_collection_interval": plan.interval,
                # A job does not belong to the host that monitors it.
                "empty_default_hostname": True,
                "tags": [*([f"account_name:{account.name}"] if account.name else []), *plan.tags],
            }
            instance = {option: value for option, value in instance.items() if value != []}
            _refuse_template_variables(instance, account)
            secret = {"external_id": _FILLED_IN} if "external_id" in instance else {}
            Settings.from_mapping({**instance, **secret})
            yield Planned(account.id if len(groups) == 1 else f"{account.id}-{number}", instance)
    except SettingsError as failure:
        raise _refused(account, str(failure)) from failure


def _refuse_template_variables(instance: Mapping[str, object], account: ListedAccount) -> None:
    """Refuse what the Agent would replace in a configuration: `%%env_DD_API_KEY%%` in a name would become its key.

    Raises:
        CommandFailed: a value has two percent signs in a row.
    """
    for option, value in instance.items():
        for text in value if isinstance(value, list) else (value,):
            if TEMPLATE_VARIABLE in str(text):
                raise _refused(account, f"{shown(text)} in `{option}` has %%, which the Agent would replace: rename it")


def _groups(wanted: tuple[str, ...], per_instance: int | None) -> list[list[str]]:
    """Return the regions of each instance; patterns are expanded only to split regions into groups."""
    regions = resolve_regions(wanted, None)
    if per_instance is None:
        return [list(dict.fromkeys(wanted))]
    return [list(regions[start : start + per_instance]) for start in range(0, len(regions), per_instance)]


def _access(account: ListedAccount, plan: AccountPlan, partition: str) -> dict[str, str]:
    """Return the options for access to an account."""
    if account.id == plan.own_account:
        if account.role or account.external_id:
            raise _refused(
                account, "--own-account names it, so no role is assumed in it: remove its role and external id"
            )
        return {}
    role = account.role or plan.role
    if not role:
        raise _refused(account, f"account {account.id} has no role: give one, --role-name, or --own-account")
    start = f"arn:{partition}:iam::{account.id}:role/"
    arn = role if role.startswith("arn:") else start + role
    if not arn.startswith(start):
        raise _refused(account, f"the role {arn} is not one of account {account.id} in partition {partition}")
    external_id = account.external_id or plan.external_id
    return {"assume_role": arn, **({"external_id": external_id} if external_id else {})}


def _refused(account: ListedAccount, words: str) -> CommandFailed:
    return CommandFailed(f"{account.place}: {words}", status=WRONG_USE)
