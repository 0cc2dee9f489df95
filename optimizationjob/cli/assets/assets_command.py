"""`optimizationjob assets`: lists, checks, exports and pushes the dashboards and monitors of the check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from optimizationjob.assets import asset_files
from optimizationjob.assets.asset_files import Asset, AssetError, UnknownNameError
from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.completions import complete_asset
from optimizationjob.cli.datadog_options import ApiUrl, Site
from optimizationjob.cli.terminal_output import json_text

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help="Only those of these names.", show_default=False, autocompletion=complete_asset
    ),
]

assets = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=False)


@assets.callback(invoke_without_command=True)
def _about(context: typer.Context) -> None:
    """List, check, export and push the dashboards and monitors.

    Example:
        optimizationjob assets push --dry-run
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@assets.command("list")
def list_assets(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the dashboards and monitors.

    Example:
        optimizationjob assets list --json
    """
    from optimizationjob.cli.assets import asset_tables  # noqa: PLC0415 - rich takes its time to load

    rows = [asset_tables.row(asset) for asset in _load()]
    if as_json:
        typer.echo(json_text(rows))
    else:
        asset_tables.print_list(rows)


@assets.command()
def check() -> None:
    """Validate the dashboards and monitors.

    Each is validated against the models of Datadog's own client and the rules of this project. The exit status is 1 if
    there is a problem.

    Example:
        optimizationjob assets check
    """
    # Datadog's models take their time to load.
    from optimizationjob.assets.asset_validation import problems  # noqa: PLC0415 - see above

    root = asset_files.folder()
    count = faulty = 0
    for kind, path in asset_files.paths(root):
        count += 1
        try:
            found = problems(asset_files.read(kind, path))
        except AssetError as failure:
            found = [str(failure)]
        faulty += bool(found)
        typer.echo(f"{kind} {path.stem}: {'ok' if not found else ''}".rstrip())
        for problem in found:
            typer.echo(f"  {problem}")
    if not count:
        raise CommandFailed(f"there are no dashboards or monitors in {root}")
    if faulty:
        raise CommandFailed(f"{faulty} of {count} have problems; fix the problems listed above")


@assets.command()
def export(
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Write here; made if missing.", show_default=False)],
    names: Names = None,
    form: Annotated[
        Literal["json", "terraform"],
        typer.Option("--format", metavar="FORMAT", help="json for Datadog's API, or terraform."),
    ] = "json",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Write the dashboards and monitors to files.

    The files are bodies for Datadog's API, or a document for Terraform.

    Example:
        optimizationjob assets export --output datadog --format terraform
    """
    from optimizationjob.cli.assets import asset_export  # noqa: PLC0415 - the same

    for path in asset_export.export(_load(names), output, form=form, overwrite=overwrite):
        typer.echo(path)


@assets.command()
def push(  # noqa: PLR0913, PLR0917 - the command's options
    names: Names = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what was edited by hand in Datadog.")] = False,
    site: Site = "datadoghq.com",
    api_url: ApiUrl = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(metavar="RECIPIENT", help="All monitors notify it, such as @slack-ml.", show_default=False),
    ] = None,
) -> None:
    """Create or update the dashboards, SLOs and monitors in an account.

    The keys are in DD_API_KEY and DD_APP_KEY. Datadog validates all monitors before the first is written. Assets that
    are up to date or edited by hand are left alone. The exit status is 1 if one was edited by hand or failed; running
    the command again completes the rest.

    Example:
        optimizationjob assets push --site datadoghq.eu --notify @slack-ml
    """
    from optimizationjob.cli.assets import push_command  # noqa: PLC0415 - Datadog's client takes its time to load

    wanted = push_command.PushOptions(
        dry_run=dry_run, overwrite=overwrite, site=site, api_url=api_url, notify=tuple(notify or ())
    )
    raise typer.Exit(push_command.run(_load(names), _load(), wanted))


def _load(names: list[str] | None = None) -> tuple[Asset, ...]:
    try:
        return asset_files.load(asset_files.folder(), tuple(names or ()))
    except UnknownNameError as failure:
        raise CommandFailed(str(failure), status=WRONG_USE) from failure
    except AssetError as failure:
        raise CommandFailed(str(failure)) from failure
