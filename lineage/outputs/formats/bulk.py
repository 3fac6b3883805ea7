"""Folders of files for the bulk loaders of graph databases: Amazon Neptune (Gremlin's CSV) and Neo4j.

Each follows the guide of its loader: one file of nodes and one of edges, with ids, labels and types in the header. Every text
is between quotes, and every record is on one line. No value is a guess: a missing one is an empty cell without quotes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from lineage.domain.text import visible
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped
from lineage.queries.flow.links import Link


class Sort(Enum):
    """What a column holds."""

    TEXT = auto()
    FLAG = auto()
    WHOLE = auto()
    REAL = auto()
    MOMENT = auto()
    TEXTS = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Loader:
    """What a loader wants: its columns for ids and labels, its words for types, and how it separates the texts of a list."""

    node_head: tuple[str, str]
    edge_head: tuple[str, ...]
    node_label: Callable[[str], str]
    edge_label: Callable[[str], str]
    words: dict[Sort, str]
    single: str  # how the header of a node's column says that it has one value
    separator: str
    escaped: str  # the separator within a text
    is_set: bool  # whether a list loses its order, and what is in it twice


NEPTUNE: Final = Loader(
    node_head=("~id", "~label"),
    edge_head=("~id", "~from", "~to", "~label"),
    node_label=str,
    edge_label=str,
    words={
        Sort.TEXT: "String", Sort.FLAG: "Bool", Sort.WHOLE: "Long", Sort.REAL: "Double", Sort.MOMENT: "DateTime",
        Sort.TEXTS: "String[]", Sort.JSON: "String",
    },
    single="(single)",
    separator=";",
    escaped="\\;",
    is_set=True,
)  # fmt: skip
NEO4J: Final = Loader(
    node_head=("id:ID", ":LABEL"),
    edge_head=("id", ":START_ID", ":END_ID", ":TYPE"),
    node_label=lambda kind: "".join(word.capitalize() for word in kind.split("-")),
    edge_label=lambda relation: relation.upper().replace("-", "_"),
    words={
        Sort.TEXT: "string", Sort.FLAG: "boolean", Sort.WHOLE: "long", Sort.REAL: "double", Sort.MOMENT: "datetime",
        Sort.TEXTS: "string[]", Sort.JSON: "string",
    },
    single="",
    separator="\x1f",  # its guide knows no escape for the separator, so it is a character that `visible` leaves in no text
    escaped="",
    is_set=False,
)  # fmt: skip
_NODE = ("kind", "name", "account", "region", "arn", "created", "modified", "status", "observed", "label")
_MOMENTS: Final = dict.fromkeys(("created", "modified", "opens", "closes", "settled"), Sort.MOMENT)
_EDGE = dict.fromkeys(("relation", "role", "usage", "path", "evidence", "time", "span", "reader"), Sort.TEXT) | {
    "listing": Sort.WHOLE,
    "opens": Sort.MOMENT,
    "closes": Sort.MOMENT,
    "settled": Sort.MOMENT,
}
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?)\d*Z")
_ENDS: Final = str.maketrans({"\t": "␉", "\n": "␊"})
_ID_LENGTH = 32  # hexadecimal digits, of a SHA-256: enough for an edge


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """An export of several files in one folder: the name of each file, and the function that writes it."""

    about: str
    files: dict[str, Callable[[Chosen], Iterator[str]]]


FOLDERS: Final[dict[str, FolderFormat]] = {
    "neptune-csv": FolderFormat(
        "files for Amazon Neptune's bulk loader, in Gremlin's format",
        {
            "nodes.csv": lambda chosen: write_bulk_nodes(chosen, NEPTUNE),
            "edges.csv": lambda chosen: write_bulk_edges(chosen, NEPTUNE),
        },
    ),
    "neo4j-csv": FolderFormat(
        "files for `neo4j-admin database import`",
        {
            "nodes.csv": lambda chosen: write_bulk_nodes(chosen, NEO4J),
            "relationships.csv": lambda chosen: write_bulk_edges(chosen, NEO4J),
        },
    ),
}


def write_bulk_nodes(chosen: Chosen, loader: Loader) -> Iterator[str]:
    """One node per line, with a column for each attribute of any kind. The nodes are read twice, first for the types."""
    types = _types((data for _, data in chosen.nodes()), loader)
    odd = [name for name, found in types.items() if _List.ODD in found and found <= {*_List} - {_List.OTHER}]
    chosen.notes += [f"{name} is JSON text: this loader cannot read each of its lists" for name in odd]
    return _node_lines(chosen, loader, {name: _sort(name, found) for name, found in types.items()})


def _node_lines(chosen: Chosen, loader: Loader, sorts: dict[str, Sort]) -> Iterator[str]:
    names = [f"{name}:{loader.words[sort]}{'' if sort is Sort.TEXTS else loader.single}" for name, sort in sorts.items()]
    yield _line([*loader.node_head, *names])
    for node, data in chosen.nodes():
        own = (_text(node), _text(loader.node_label(data["kind"])))
        yield _line([*own, *(_cell(data.get(name), sort, loader) for name, sort in sorts.items())])


def write_bulk_edges(chosen: Chosen, loader: Loader) -> Iterator[str]:
    """One edge per line. Its id is made of its ends and its key, so it is the same in each export."""
    yield _line([*loader.edge_head, *(f"{name}:{loader.words[sort]}" for name, sort in _EDGE.items())])
    for link in chosen.edges():
        opens, _, closes = (link.time or "").partition("/")
        data = link.attributes() | {"opens": opens, "closes": closes}
        own = (_edge_id(link), *map(_text, (link.source, link.target, loader.edge_label(link.relation))))
        yield _line([*own, *(_cell(data[name], sort, loader) for name, sort in _EDGE.items())])


def _edge_id(link: Link) -> str:
    return hashlib.sha256(dumped(link[:3]).encode()).hexdigest()[:_ID_LENGTH]


# --- types ------------------------------------------------------------------------------------------


class _List(Enum):
    """A list of texts that a loader gives back as it is, one that it does not, and one of something else."""

    FIT = auto()
    ODD = auto()
    OTHER = auto()


_Types = set[type | _List]
_SORTS: Final[dict[type | _List, Sort]] = {
    bool: Sort.FLAG, int: Sort.WHOLE, float: Sort.REAL, str: Sort.TEXT, _List.FIT: Sort.TEXTS,
}  # fmt: skip


def _types(rows: Iterable[dict[str, Any]], loader: Loader) -> dict[str, _Types]:
    """The types of each attribute: first those of all nodes, then the others by name."""
    types: dict[str, _Types] = {name: set() for name in _NODE}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                types.setdefault(name, set()).add(_of_list(value, loader) if isinstance(value, list) else type(value))
    return {name: types[name] for name in (*_NODE, *sorted(types.keys() - {*_NODE}))}


def _of_list(value: list[Any], loader: Loader) -> _List:
    if not all(isinstance(one, str) for one in value):
        return _List.OTHER
    lost = loader.is_set and (len(set(value)) < len(value) or any(one.endswith("\\") or "\\;" in one for one in value))
    return _List.ODD if lost or not all(value) else _List.FIT


def _sort(name: str, types: _Types) -> Sort:
    if len(types) > 1:
        return Sort.JSON
    return _MOMENTS.get(name) or _SORTS.get(next(iter(types), str), Sort.JSON)


# --- cells ------------------------------------------------------------------------------------------


def _cell(value: Any, sort: Sort, loader: Loader) -> str:
    if value is None:
        return ""
    if sort is Sort.MOMENT:
        return _moment(value)
    if sort is Sort.TEXTS:
        return _quoted(loader.separator.join(_bare(one).replace(loader.separator, loader.escaped) for one in value))
    if sort is Sort.TEXT:
        return _text(value)
    return _text(dumped(value)) if sort is Sort.JSON else dumped(value)


def _moment(text: str) -> str:
    """A time to the millisecond; nothing if it is unknown."""
    found = _MOMENT.fullmatch(text)
    return f"{found[1]}Z" if found else ""


def _bare(text: str) -> str:
    """A text on one line, with pictures in place of characters that no document should contain."""
    return visible(text).translate(_ENDS)


def _text(text: str) -> str:
    return _quoted(_bare(text))


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _line(cells: Iterable[str]) -> str:
    return ",".join(cells) + "\n"
