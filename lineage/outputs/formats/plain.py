"""The graph with only texts, numbers and booleans, which networkx's own file writers take.

An attribute that always has one of these types stays as it is. Any other (a list, a map, a mix of types) becomes JSON text,
and is named in the graph's own `json`. None is left out. An edge's key becomes `e0`, `e1`, …, because file readers drop edges
with the same id; the old key is an attribute. XML can't hold control characters, so they become their visible pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from lineage.domain.text import visible
from lineage.graphs.excerpts import Graph
from lineage.graphs.nodes import Attributes
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped
from lineage.queries.flow.links import Link

SCHEMA = "lineage.graphml/1"
_PLAIN = frozenset({str, bool, int, float})
_Types = dict[str, type | None]  # the one type of each attribute, or None if it becomes JSON


def plain(graph: Graph, *, quoted: bool = False) -> Graph:
    """A graph that networkx's `write_graphml`, `write_gml` and `write_gexf` take, and `quoted` its `to_pydot`.

    The scope and the gaps stay, as JSON texts of the graph. `quoted` puts ids and texts between quotes, because pydot reads
    the text after the first colon of an ARN or URI as a port. It also leaves out the graph's own texts, and `name`, which
    pydot reserves; the id and the `label` contain it.
    """
    import networkx as nx

    made = plain_of(Chosen(graph))
    if not quoted:
        return made
    said: Any = nx.MultiDiGraph()
    for node, data in made.nodes(data=True):
        said.add_node(_quoted(node), **_all_quoted(data))
    for source, target, key, data in made.edges(keys=True, data=True):
        said.add_edges_from([(_quoted(source), _quoted(target), key, _all_quoted(data))])
    return cast("Graph", said)


def _all_quoted(data: Attributes) -> Attributes:
    return {name: _quoted(value) if isinstance(value, str) else value for name, value in data.items() if name != "name"}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def plain_of(chosen: Chosen) -> Graph:
    """What was chosen, as a plain graph. It is read twice, the first time for the types."""
    import networkx as nx

    types = {"node": _types(data for _, data in chosen.nodes()), "edge": _types(map(_with_key, chosen.edges()))}
    nested = [f"{of} {name}" for of, kinds in types.items() for name, kind in kinds.items() if not kind]
    made: Any = nx.MultiDiGraph()
    made.graph |= {name: visible(dumped(value)) for name, value in {"schema": SCHEMA, "json": nested, **chosen.about()}.items()}
    for node, data in chosen.nodes():
        made.add_node(visible(node), **_told(types["node"], data))
    for number, link in enumerate(chosen.edges()):
        data = _told(types["edge"], _with_key(link))
        made.add_edges_from([(visible(link.source), visible(link.target), f"e{number}", data)])  # because `key` is one of them
    return cast("Graph", made)


def _with_key(link: Link) -> Attributes:
    return {"key": link.key} | link.attributes()


def _types(rows: Iterable[Attributes]) -> _Types:
    found: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, set()).add(type(value))
    return {name: min(kinds, key=str) if len(kinds) == 1 and kinds <= _PLAIN else None for name, kinds in sorted(found.items())}


def _told(types: _Types, data: Attributes) -> Attributes:
    known = ((name, kind, data[name]) for name, kind in types.items() if data.get(name) is not None)
    return {
        name: visible(value if kind is str else dumped(value)) if kind in (str, None) else value for name, kind, value in known
    }
