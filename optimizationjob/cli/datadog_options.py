"""The options of commands that call a Datadog account; its keys are in DD_API_KEY and DD_APP_KEY."""

from __future__ import annotations

from typing import Annotated

import typer

Site = Annotated[str, typer.Option("--site", metavar="SITE", envvar="DD_SITE", help="The account's Datadog site.")]
ApiUrl = Annotated[
    str | None,
    typer.Option("--api-url", metavar="URL", help="Call this for Datadog, such as a test server.", show_default=False),
]
