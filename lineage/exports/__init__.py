"""A graph told in other formats: one file a format, one dict. An export is a function from a graph to text."""

from collections.abc import Callable
from typing import Final

from lineage.exports.node_link import node_link
from lineage.graphs import Graph

FORMATS: Final[dict[str, Callable[[Graph], str]]] = {"json": node_link}
