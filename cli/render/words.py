"""Words and cells that all answers share."""

from __future__ import annotations

import json
from typing import Any

import lineage


def is_any(kind: str, *traits: str) -> bool:
    """Whether a kind has one of some traits, as the table of kinds says."""
    return kind in lineage.KINDS and not set(traits).isdisjoint(lineage.KINDS[kind].traits)


def tsv(rows: list[list[Any]]) -> str:
    """Rows as tab-separated text with whole values; tabs and line ends inside a value become spaces."""
    return "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in rows)


def as_text(value: Any) -> str:
    """A value in a cell: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def plural(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
