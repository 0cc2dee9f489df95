"""`optimizationjob assets push`: settings from the environment, progress, and the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import sleep

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from optimizationjob.assets.asset_files import Asset
from optimizationjob.assets.asset_push import Outcome, Push, PushResult
from optimizationjob.assets.datadog_account import DatadogAccount
from optimizationjob.assets.datadog_site import Keys, SettingError, api_url, given_url, keys, proxy_to, web_url
from optimizationjob.assets.push_plan import PushPlanner
from optimizationjob.assets.recipients import RecipientError, recipients
from optimizationjob.cli.assets.asset_tables import console, print_difference, print_results
from optimizationjob.cli.command_failure import PROGRAM, WRONG_USE, CommandFailed, Interrupted
from optimizationjob.cli.interrupts import PATIENCE_SECONDS, Background, noted

WELL = {Outcome.CREATED, Outcome.UPDATED, Outcome.SAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """The options of a push.

    Attributes:
        dry_run: whether to only show what would change.
        overwrite: whether to overwrite assets that were edited by hand.
        site: Datadog's site.
        api_url: URL of the API, if it is not the site's.
        notify: whom the monitors shall notify; empty to leave that as it is.
    """

    dry_run: bool
    overwrite: bool
    site: str
    api_url: str | None
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to push, and whom to notify."""

    url: str
    web: str
    secrets: Keys
    recipients: tuple[str, ...]


def run(assets: Sequence[Asset], library: Sequence[Asset], wanted: PushOptions) -> int:
    """Push assets, report the results, and return the exit status: 1 if something failed or was kept.

    Args:
        assets: what to push.
        library: all assets, which those may name.
        wanted: the options.

    Raises:
        CommandFailed: a setting is invalid.
        Interrupted: Ctrl-C was pressed; what was done is reported.
    """
    try:
        url = given_url(wanted.api_url) if wanted.api_url else api_url(wanted.site)
        account = Account(
            url=url, web=web_url(wanted.site), secrets=keys(os.environ), recipients=recipients(wanted.notify)
        )
        proxy_to(url)  # while a wrong one can be named
    except (SettingError, RecipientError) as failure:
        raise CommandFailed(str(failure), status=WRONG_USE) from failure
    found = {str(asset): PushResult(asset, Outcome.NOT_TRIED) for asset in assets}
    with noted() as ctrl_c:

        def push() -> None:
            for result in _results(assets, library, wanted, account):
                found[str(result.asset)] = result
                if ctrl_c.is_pressed:
                    return

        work = Background(push)
        # An answer that is on its way tells whether its asset was written.
        has_ended = work.ends_before(ctrl_c) or work.ends_within(PATIENCE_SECONDS)
    _report(list(found.values()), wanted)
    if has_ended:
        work.result()
    if ctrl_c.is_pressed:
        raise Interrupted("stopped")
    return 0 if all(result.outcome in WELL for result in found.values()) else 1


def _results(
    assets: Sequence[Asset], library: Sequence[Asset], wanted: PushOptions, account: Account
) -> Iterator[PushResult]:
    """Push assets and yield each result."""
    to_terminal = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, console=to_terminal, transient=True, disable=not to_terminal.is_terminal)

    def wait(seconds: float) -> None:
        to_terminal.print(f"Datadog limits calls; waiting {seconds:.0f} s", soft_wrap=True)
        sleep(seconds)

    with DatadogAccount(account.url, account.secrets, wait) as place, shown:
        task = shown.add_task("Comparing" if wanted.dry_run else "Pushing", total=len(assets))
        planner = PushPlanner(
            place=place,
            site=account.web,
            library=library,
            recipients=account.recipients,
            overwrite=wanted.overwrite,
        )
        for result in Push(planner, is_rehearsal=wanted.dry_run).results(assets):
            yield result
            shown.advance(task)


def _report(results: Sequence[PushResult], wanted: PushOptions) -> None:
    """Print differences and the table to standard output, and explanations to standard error."""
    if wanted.dry_run:
        for result in results:
            print_difference(result.difference)
    print_results(results, is_rehearsal=wanted.dry_run)
    sys.stdout.flush()
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.words:
            reasons.setdefault(result.words, []).append(str(result.asset))
    for words, names in reasons.items():
        sys.stderr.write(f"{PROGRAM}: {', '.join(names)}: {words}\n")
    outcomes = {result.outcome for result in results}
    if Outcome.KEPT in outcomes:
        sys.stderr.write(f"{PROGRAM}: {_hint(wanted)}\n")
    if outcomes & {Outcome.FAILED, Outcome.NOT_TRIED} and not wanted.dry_run:
        is_partial = outcomes & {Outcome.CREATED, Outcome.UPDATED}
        what = (
            "incomplete; run it again to do the rest" if is_partial else "nothing was written; run it again after that"
        )
        sys.stderr.write(f"{PROGRAM}: {what}\n")


def _hint(wanted: PushOptions) -> str:
    look = "" if wanted.dry_run else "--dry-run shows how it differs, "
    return f"what was edited by hand is kept; {look}--overwrite puts the file's content in its place"
