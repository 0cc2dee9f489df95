"""Reads lists of AWS accounts: CSV, JSON or YAML files, or the output of `aws organizations list-accounts`."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.config.option_readers import MASK, shown

COLUMNS: Final = ("account_id", "name", "regions", "role", "external_id")
STANDARD_INPUT: Final = "-"
LARGEST_LIST: Final = 2**24
"""Bytes of a list: some 100 for each of the 10,000 accounts of a large organization."""
HANDLE: Final = re.compile(r"ENC\[[^\[\]]+\]")
"""A handle that the Agent's secret backend resolves."""

_ID: Final = re.compile(r"\d{12}", re.ASCII)
_FORMS: Final = {".csv": "csv", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """One account of a list.

    Attributes:
        id: The 12-digit account ID.
        place: Position in the list for messages, such as "accounts.csv, line 3".
        name: Account name; empty if the list has none.
        regions: Names and patterns; empty if the list has none.
        role: Name or ARN of the role to assume; empty if the list has none.
        external_id: The handle `ENC[...]` of the external ID; empty if the list has none.
    """

    id: str
    place: str
    name: str = ""
    regions: tuple[str, ...] = ()
    role: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountList:
    """The accounts of a list.

    Attributes:
        accounts: At least one account, sorted by ID, without duplicates.
        closed: Number of accounts skipped because they are not ACTIVE.
    """

    accounts: tuple[ListedAccount, ...]
    closed: int = 0


def read_accounts(source: str) -> AccountList:
    """Read a list.

    Args:
        source: Path of a CSV, JSON or YAML file, or "-" for CSV or JSON on standard input.

    Raises:
        CommandFailed: the list cannot be read, or has an invalid or duplicate account.
    """
    name = "standard input" if source == STANDARD_INPUT else source
    text = _text(source, name)
    form = _form(source, text)
    if form == "csv":
        found = AccountList(tuple(_of_csv(text, name)))
    else:
        found = _of_document(_document(text, name, form), name)
    if not found.accounts:
        raise _refused(name, "has no account" + (" that is ACTIVE" if found.closed else ""))
    return AccountList(_in_order(found.accounts), found.closed)


def refused_external_id(place: str) -> CommandFailed:
    """Return the error for an external ID in clear text, without the ID."""
    return _refused(
        place, f"`external_id` is {MASK}: give a handle such as ENC[external_id], which the Agent's secrets fill in"
    )


def _refused(place: str, words: str) -> CommandFailed:
    return CommandFailed(f"{place}: {words}", status=WRONG_USE)


def _text(source: str, name: str) -> str:
    try:
        with nullcontext(sys.stdin.buffer) if source == STANDARD_INPUT else Path(source).open("rb") as file:
            # A device has no end.
            raw = file.read(LARGEST_LIST + 1)
        if len(raw) > LARGEST_LIST:
            raise _refused(name, f"has more than {LARGEST_LIST // 2**20} MB: give a list of accounts")
        return raw.decode("utf-8-sig")
    except OSError as failure:
        raise _refused(name, f"cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise _refused(name, "is not text in UTF-8: save it in that encoding") from failure


def _form(source: str, text: str) -> str:
    if source == STANDARD_INPUT:
        return "json" if text.lstrip()[:1] in ("{", "[") else "csv"
    form = _FORMS.get(Path(source).suffix.lower())
    if form is None:
        raise _refused(source, f"give a file whose name ends in {', '.join(_FORMS)}, or - for standard input")
    return form


def _of_csv(text: str, name: str) -> Iterable[ListedAccount]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        columns = list(reader.fieldnames or ())
        twice = [column for column in columns if columns.count(column) > 1]
        unknown = twice or [column for column in columns if column not in COLUMNS]
        if unknown or "account_id" not in (reader.fieldnames or ()):
            wrong = (
                f"has the column {shown(unknown[0])}{' twice' if twice else ''}"
                if unknown
                else "has no column `account_id`"
            )
            raise _refused(name, f"{wrong}: its first line names columns, of {', '.join(COLUMNS)}")
        for row in reader:
            place = f"{name}, line {reader.line_num}"
            # The reader puts extra values under None, and None for missing values.
            if None in row or None in row.values():
                raise _refused(place, "does not have as many values as the first line has columns")
            given = {column: value.strip() for column, value in row.items()}
            regions = re.split(r"[\s;]+", given.pop("regions", "").strip(";"))
            yield _account({**given, "regions": [region for region in regions if region]}, place)
    except csv.Error as failure:
        raise _refused(f"{name}, line {reader.line_num}", f"is not CSV: {failure}") from failure


def _document(text: str, name: str, form: str) -> Any:  # noqa: ANN401 - any document
    try:
        if form == "json":
            return json.loads(text)
        # Load strings only: YAML reads an account ID with a leading 0 and digits 0 to 7 as an octal number.
        return yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - creates no objects
    except json.JSONDecodeError as failure:
        raise _refused(f"{name}, line {failure.lineno}", f"is not JSON: {failure.msg}") from failure
    except (yaml.YAMLError, RecursionError, ValueError) as failure:
        mark = getattr(failure, "problem_mark", None)
        place = f"{name}, line {mark.line + 1}" if mark else name
        raise _refused(place, f"is not {form.upper()}: fix it and try again") from failure


def _of_document(document: object, name: str) -> AccountList:
    if isinstance(document, Mapping) and "Accounts" in document:
        return _of_organizations(document, name)
    rows = document.get("accounts") if isinstance(document, Mapping) else document
    if not isinstance(rows, list):
        raise _refused(name, "give a list of accounts, `accounts:` with one, or what list-accounts prints")
    return AccountList(tuple(_account(row, f"{name}, account {number}") for number, row in enumerate(rows, 1)))


def _of_organizations(document: Mapping[str, object], name: str) -> AccountList:
    """Return the ACTIVE accounts in a response of AWS Organizations."""
    if document.get("NextToken"):
        raise _refused(name, "is not the whole list, it has a NextToken: list the accounts without a limit")
    rows = document["Accounts"]
    if not isinstance(rows, list):
        raise _refused(name, "`Accounts` is not a list")
    accounts = []
    for number, row in enumerate(rows, 1):
        place = f"{name}, account {number}"
        # Status is the older name of State.
        state = (row.get("State") or row.get("Status")) if isinstance(row, Mapping) else None
        if state is None:
            raise _refused(place, "has no `State`: give what `aws organizations list-accounts --output json` prints")
        if state == "ACTIVE":
            accounts.append(_account({"account_id": row.get("Id"), "name": row.get("Name") or ""}, place))
    return AccountList(tuple(accounts), len(rows) - len(accounts))


def _account(row: object, place: str) -> ListedAccount:
    if not isinstance(row, Mapping):
        raise _refused(place, f"is {shown(row)}: give a mapping with `account_id`")
    unknown = [key for key in row if key not in COLUMNS]
    if unknown:
        raise _refused(place, f"has {shown(unknown[0])}: give any of {', '.join(COLUMNS)}")
    account_id = row.get("account_id")
    if not isinstance(account_id, str) or not _ID.fullmatch(account_id):
        hint = "" if isinstance(account_id, str) else " in quotes"
        raise _refused(
            place, f"`account_id` is {shown(account_id)}: give 12 digits{hint}; spreadsheets drop leading zeros"
        )
    regions = row.get("regions") or []
    if not isinstance(regions, list) or not all(isinstance(region, str) for region in regions):
        raise _refused(place, f"`regions` is {shown(regions)}: give a list of names")
    texts = {key: row.get(key) or "" for key in ("name", "role", "external_id")}
    external_id = texts["external_id"]
    if external_id and not (isinstance(external_id, str) and HANDLE.fullmatch(external_id)):
        raise refused_external_id(place)
    for key, value in texts.items():
        if not isinstance(value, str):
            raise _refused(place, f"`{key}` is {shown(value)}: give text")
    return ListedAccount(id=account_id, place=place, regions=tuple(regions), **texts)


def _in_order(accounts: Iterable[ListedAccount]) -> tuple[ListedAccount, ...]:
    """Sort accounts by ID, since AWS returns them in no stable order.

    Raises:
        CommandFailed: an account is listed twice.
    """
    by_id: dict[str, ListedAccount] = {}
    for account in accounts:
        first = by_id.setdefault(account.id, account)
        if first is not account:
            raise _refused(account.place, f"account {account.id} is there already, see {first.place}")
    return tuple(account for _, account in sorted(by_id.items()))
