"""The Glue tables of feature groups that texts name: in a query, or as the value of an option for a table. Pure.

A training set is mostly the result of a query on such a table. SageMaker puts the tables into one database, and ends their
names with the time at which the group was created, unless somebody asks for others. Any other table is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

DATABASE: Final = "sagemaker_featurestore"
_CATALOG: Final = "AwsDataCatalog"
_APART = r"[\"'`\\]{0,4}\s{0,2}\.\s{0,2}[\"'`\\]{0,4}"
_QUERIED = re.compile(rf"(?<![\w-]){DATABASE}{_APART}(?P<table>[\w-]{{1,255}})", re.IGNORECASE)
_OPTION = re.compile(r"(?:.*(?:[^a-zA-Z]|[a-z](?=T)))?[tT](?i:ables?(?:[_-]?names?)?)")
_VALUE = re.compile(r"(?:(?P<database>[\w-]{1,255})\.)?(?P<table>[\w-]{1,240}[_-]1[0-9]{9})")


def feature_tables(text: str, option: str = "") -> Iterator[str]:
    """The URIs of the tables in a text, the value of an option if it is one."""
    if DATABASE in text.casefold():
        yield from (_uri(DATABASE, one["table"]) for one in _QUERIED.finditer(text))
    for value in text.strip("[] ").split(",") if names_table(option) else ():
        if named := _VALUE.fullmatch(value.strip(" \"'`")):
            yield _uri(named["database"] or DATABASE, named["table"])


def names_table(option: str) -> bool:
    """Whether the value of an option is the name of a table, or of several: `--table`, `sourceTable`, `TABLE_NAMES`."""
    return "able" in option.casefold() and bool(_OPTION.fullmatch(option))


def _uri(database: str, table: str) -> str:
    return f"athena://{_CATALOG}/{database}/{table}".lower()
