"""The rows of the graph's tables, with places instead of their numbers: two joins of the same records give the same."""

# ruff: noqa: S608 - the statements are made of our own words

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lineage.snapshot.tables import OpenTables, Row


def _place(number: str) -> str:
    return f"(SELECT place FROM level AS one WHERE one.id = {number})"


def _reach(name: str) -> str:
    """The first and the last place of a range of numbers."""
    inside = f"FROM level AS one WHERE one.id BETWEEN here.{name}_from AND here.{name}_to ORDER BY one.id"
    return f"(SELECT place {inside} LIMIT 1), (SELECT place {inside} DESC LIMIT 1)"


_DETAILS = "(SELECT json_group_array(json_array(key, value)) FROM (SELECT key, value FROM json_each(details) ORDER BY key))"
_LISTING = "(SELECT json_array(place, view, etag, modified) FROM manifest WHERE manifest.id = listing)"
_EDGE = f"source, target, relation, role, usage, path, evidence, opens, closes, span, {_LISTING}, reader, settled, opaque"
_ABOVE = ", ".join(map(_place, ("here.last", "here.up_written", "here.up_read", "here.up_entry")))
_REACHES = ", ".join(map(_reach, ("covers", "gets", "surely")))
_COMPARED: Final = {
    "node": f"SELECT id, kind, name, account, region, arn, created, modified, status, observed, {_DETAILS} FROM node",
    "edge": f"SELECT {_EDGE} FROM edge",
    "left_out": f"SELECT {_EDGE} FROM left_out",
    "pin": "SELECT * FROM pin",
    "lies": "SELECT * FROM lies",
    "level": f"SELECT place, {_ABOVE}, written, read, {_REACHES}, wider, leads, fed FROM level AS here",
    "together": """SELECT (SELECT json_group_array(place) FROM (
        SELECT place FROM together AS one JOIN level ON level.id = one.level WHERE one.at = each.at ORDER BY place))
        FROM (SELECT DISTINCT at FROM together) AS each""",
    "lists": f"SELECT {_place('lists.level')}, {_place('lists.manifest')}, entry FROM lists",
    "unexplained": "SELECT id FROM unexplained",
    "silent": "SELECT id FROM silent",
    "counted": "SELECT * FROM counted",
}
COMPARED: Final = tuple(_COMPARED)


class ComparedTables(OpenTables):
    """The tables of the graph of an open file, to be compared with those of another one."""

    def compared(self, table: str) -> Iterator[Row]:
        """The rows of a table of the graph in an order that depends on nothing else."""
        sql = _COMPARED[table]
        columns = len(self._db.execute(f"SELECT * FROM ({sql}) LIMIT 0").description)
        return self._rows(f"{sql} ORDER BY {', '.join(map(str, range(1, columns + 1)))}")

    def joined_by(self) -> str:
        """The version of lineage that joined the graph; empty if a crawl has stored something since."""
        if self._one("SELECT 1 FROM unjoined LIMIT 1"):
            return ""
        return str(self._one("SELECT tool FROM joined") or "")
