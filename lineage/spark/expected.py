"""The accounts and regions that a folder should hold: about one that it does not hold, no answer may say "no"."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from lineage.domain.regions import check_places
from lineage.errors import LineageError, MalformedName
from lineage.spark.subjects import read_list

Places = frozenset[tuple[str, str]]
Expected: TypeAlias = Iterable[tuple[str, str]] | Path
"""Pairs of account and region; or the path of a CSV file with the columns `account` and `regions`, separated by spaces."""
_COLUMNS = ("account", "regions")


def places_in(given: Expected) -> Places:
    """Each account with each of its regions. Raises `MalformedName` for what is neither, and `LineageError` for no account."""
    if not isinstance(given, Path):
        return frozenset(_checked(account, region) for account, region in given)
    if found := frozenset(_of_file(given)):
        return found
    raise LineageError(f"{given} names no account")


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    rows = csv.DictReader(read_list(path, "a CSV file of accounts").splitlines())
    if missing := [one for one in _COLUMNS if one not in (rows.fieldnames or ())]:
        raise LineageError(f"{path} has no column {missing[0]!r} (expected {' and '.join(_COLUMNS)})")
    for row in rows:
        account, regions = ((row[column] or "").strip() for column in _COLUMNS)
        if not regions:
            raise MalformedName(f"{path} line {rows.line_num}: account {account} has no region")
        try:
            yield from (_checked(account, region) for region in regions.split())
        except MalformedName as error:
            raise MalformedName(f"{path} line {rows.line_num}: {error}") from None


def _checked(account: str, region: str) -> tuple[str, str]:
    check_places([account], [region])
    return account, region
