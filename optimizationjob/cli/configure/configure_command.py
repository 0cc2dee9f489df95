"""`optimizationjob configure`: instances of the check for a list of accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizationjob.cli.atomic_files import refuse_existing, written
from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.configure.account_instances import USUAL_INTERVAL, AccountPlan, instances_for
from optimizationjob.cli.configure.account_list import HANDLE, read_accounts, refused_external_id
from optimizationjob.cli.configure.configuration_formats import Form, counted, written_as
from optimizationjob.cli.instance_options import Regions

MODE = 0o640
"""What is in a configuration is for its user and the Agent's group: who may be read, and by which role."""


def configure(  # noqa: PLR0913, PLR0917 - the command's options
    accounts: Annotated[
        str,
        typer.Argument(metavar="ACCOUNTS", help="A CSV, JSON or YAML file, or - for standard input."),
    ],
    regions: Regions = None,
    per_instance: Annotated[
        int | None,
        typer.Option(
            "--regions-per-instance", metavar="N", help="Divide regions into groups.", min=1, show_default=False
        ),
    ] = None,
    role_name: Annotated[
        str, typer.Option(metavar="NAME", help="The role to assume in each account.", show_default=False)
    ] = "",
    external_id: Annotated[
        str, typer.Option(metavar="HANDLE", help="Of the external id, such as ENC[...].", show_default=False)
    ] = "",
    own_account: Annotated[
        str, typer.Option(metavar="ACCOUNT", help="The Agent's own: no role in it.", show_default=False)
    ] = "",
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="A tag on everything; repeatable.", show_default=False),
    ] = None,
    interval: Annotated[
        int, typer.Option(metavar="SECONDS", help="Between two runs of an instance.", min=1)
    ] = USUAL_INTERVAL,
    form: Annotated[
        Form, typer.Option("--format", metavar="FORMAT", help="conf, helm, configmap or operator.")
    ] = "conf",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write here.", show_default=False)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write one instance of the check for each account of a list.

    Or for each of its groups of regions. The list may be the output of `aws organizations list-accounts`. Calls
    neither AWS nor Datadog. Validates every instance as the Agent does; at the first invalid one the command ends
    with status 2 and writes nothing.

    Example:
        optimizationjob configure accounts.csv --region 'us-*' --role-name watch
    """
    if output is not None:
        refuse_existing(output, overwrite=overwrite)
    if external_id and not HANDLE.fullmatch(external_id):
        raise refused_external_id("--external-id")
    plan = AccountPlan(
        regions=tuple(regions or ()),
        per_instance=per_instance,
        role=role_name,
        external_id=external_id,
        own_account=own_account,
        tags=tuple(tags or ()),
        interval=interval,
    )
    found = read_accounts(accounts)
    if own_account and own_account not in {account.id for account in found.accounts}:
        raise CommandFailed(f"--own-account {own_account} is not in the list of accounts", status=WRONG_USE)
    planned = [one for account in found.accounts for one in instances_for(account, plan)]
    text = written_as(form, planned)
    if output is None:
        typer.echo(text, nl=False)
    else:
        with written(output, mode=MODE) as draft:
            draft.write_text(text, encoding="utf-8")
    verb = "is" if found.closed == 1 else "are"
    left_out = f"; {counted(found.closed, 'account')} {verb} left out: not ACTIVE" if found.closed else ""
    typer.echo(f"{counted(len(planned), 'instance')} for {counted(len(found.accounts), 'account')}{left_out}", err=True)
